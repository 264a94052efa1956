"""Cameras of this machine, through OpenCV, named by a path that survives unplugging.

Knows the driver's habits: ``isOpened`` stays true after unplugging, ``read`` may wait for seconds,
and its time stamp is when the picture was taken. Used by the draining thread only.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")  # s; 10 would hold the thread

import cv2

from devices.cameras.controls import PictureControls, apply_controls, lock_controls
from devices.cameras.drained import Grab
from devices.cameras.errors import (
    CameraBusy,
    CameraForbidden,
    CameraMissing,
    CameraSilent,
    CameraUnplugged,
)
from devices.cameras.mode import Mode
from devices.cameras.negotiating import VideoCapture, negotiate
from recordings.types import CameraSpec

SETTLE_S = 1.0  # the automatic exposure needs some pictures before it can be frozen
FAILED_READS = 10  # in a row
RETRY_S = 0.02  # after a failed read, which may return at once
OLDEST_STAMP_S = 2.0  # an older driver stamp is of another clock
_NS = 1_000_000_000


def open_v4l(path: str) -> VideoCapture:
    """An OpenCV capture of a device node."""
    return cv2.VideoCapture(path, cv2.CAP_V4L2)


class DeviceStream:
    """Source for a device node such as ``/dev/v4l/by-id/…``."""

    def __init__(
        self,
        spec: CameraSpec,
        path: Path,
        *,
        fourcc: str = "",
        controls: PictureControls | None = None,
        open_capture: Callable[[str], VideoCapture] = open_v4l,
    ) -> None:
        """A closed device.

        Args:
            spec: size and rate it must deliver.
            path: a link that names this camera for good.
            fourcc: format it must deliver; "" for compressed where it can.
            controls: exposure and the like; None leaves all to the camera.
            open_capture: how OpenCV opens it.
        """
        self._spec = spec
        self._path = path
        self._fourcc = fourcc
        self.controls = controls or PictureControls()
        """As asked for; with ``lock`` the values that were frozen, once they are."""
        self._open_capture = open_capture
        self._capture: VideoCapture | None = None
        self._pause = threading.Event()  # never set: a wait that ends early with nothing
        self._failed = 0
        self._lock_at_s = float("inf")
        self.mode: Mode | None = None
        """What was agreed, once open."""

    def open(self) -> None:
        """Open and agree on the mode.

        Raises:
            CameraMissing, CameraForbidden, CameraBusy: it cannot be opened.
            ModeRefused, ControlRefused: it cannot do what it must.
        """
        _check_access(self._spec.name, self._path)
        self._capture = self._open_capture(str(self._path))
        if not self._capture.isOpened():
            raise CameraBusy(self._spec.name, address=str(self._path))
        self.mode = negotiate(self._capture, self._spec, fourcc=self._fourcc)
        apply_controls(self._capture, self._spec.name, self.controls)
        self._failed = 0
        if self.controls.lock:
            self._lock_at_s = time.monotonic() + SETTLE_S

    def grab(self) -> Grab | None:
        """The next picture; None when the driver gave none.

        Raises:
            CameraUnplugged, CameraSilent: it gives none any more.
            ControlRefused: its automatic cannot be frozen.
        """
        if self._capture is None:
            return None
        came, bgr = self._capture.read()
        now_ns = time.monotonic_ns()
        if not came:
            self._count_failed()
            return None
        self._failed = 0
        if time.monotonic() > self._lock_at_s:
            self._lock_at_s = float("inf")
            self.controls = lock_controls(self._capture, self._spec.name, self.controls)
        image = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        t_ns = taken_ns(self._capture.get(cv2.CAP_PROP_POS_MSEC), now_ns)
        return Grab(image, t_ns)  # pyright: ignore[reportArgumentType]

    def close(self) -> None:
        """May be called twice."""
        capture, self._capture = self._capture, None
        if capture is not None:
            capture.release()

    def _count_failed(self) -> None:
        if not self._path.exists():
            raise CameraUnplugged(self._spec.name, address=str(self._path))
        self._failed += 1
        if self._failed >= FAILED_READS:
            reason = f"{self._failed} reads in a row gave no picture"
            raise CameraSilent(self._spec.name, reason=reason)
        self._pause.wait(RETRY_S)


def taken_ns(stamp_ms: float, now_ns: int) -> int:
    """When a picture was taken: the driver's stamp if it is of our clock, else now.

    V4L2 stamps pictures with CLOCK_MONOTONIC, the clock of ``time.monotonic_ns``.
    """
    stamp_ns = round(stamp_ms * 1e6)
    return stamp_ns if 0 <= now_ns - stamp_ns < OLDEST_STAMP_S * _NS else now_ns


def _check_access(camera: str, path: Path) -> None:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM):
            raise CameraForbidden(camera, address=str(path)) from error
        if error.errno == errno.EBUSY:
            raise CameraBusy(camera, address=str(path)) from error
        raise CameraMissing(camera, address=str(path), present=_neighbours(path)) from error


def _neighbours(path: Path) -> tuple[str, ...]:
    return tuple(sorted(str(p) for p in path.parent.glob("*video-index0")))
