"""RealSense cameras by serial number: colour as the picture, depth aligned to it beside.

``pyrealsense2`` is optional and imported when a camera opens. A recording of the vendor's viewer
(``.bag``, ``.db3``) can stand in for the device. Used by the draining thread, except ``depth``.
"""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from devices.cameras.drained import DrainedCamera, Grab
from devices.cameras.errors import (
    CameraBusy,
    CameraMissing,
    CameraUnplugged,
    DriverMissing,
    ModeRefused,
)
from recordings.types import F32, CameraSpec, frozen_f32

LIBRARY = "pyrealsense2"
PATIENCE_MS = 200


@dataclass(frozen=True, slots=True)
class DepthPicture:
    """Distances seen together with one colour picture."""

    metres: F32  # (h, w) m along the viewing axis, 0 where the camera saw none
    t_ns: int
    seq: int  # of the colour picture


class RealSenseStream:
    """Source for ``realsense:<serial>``."""

    def __init__(
        self, spec: CameraSpec, serial: str, *, depth: bool = True, recording: Path | None = None
    ) -> None:
        """A closed camera.

        Args:
            spec: size and rate of colour (and depth).
            serial: on the label of the camera and in its listing.
            depth: deliver depth too.
            recording: play this file instead of opening a device.
        """
        self._spec = spec
        self._serial = serial
        self._with_depth = depth
        self._recording = recording
        self._pipeline: Any = None
        self._align: Any = None
        self._lock = threading.Lock()
        self._depth: DepthPicture | None = None

    @property
    def depth(self) -> DepthPicture | None:
        """The newest depth; callable from any thread."""
        with self._lock:
            return self._depth

    def open(self) -> None:
        """Start the streams.

        Raises:
            DriverMissing: the library is not installed.
            CameraMissing: no camera of that serial number is plugged in.
            ModeRefused: it does not have the size or rate, or hangs on a slow USB port.
            CameraBusy: another program uses it.
        """
        rs = load_library(self._spec.name)
        config = self._config(rs)
        pipeline = rs.pipeline()
        try:
            pipeline.start(config)
        except RuntimeError as error:
            raise self._refusal(rs, error) from error
        self._pipeline = pipeline
        self._align = rs.align(rs.stream.color) if self._with_depth else None

    def grab(self) -> Grab | None:
        """The next colour picture, None when none came for 0.2 s.

        Raises:
            CameraUnplugged: the device is gone.
        """
        try:
            came, frames = self._pipeline.try_wait_for_frames(PATIENCE_MS)
            if not came:
                return None
            t_ns = time.monotonic_ns()
            frames = self._align.process(frames) if self._align is not None else frames
        except RuntimeError as error:
            raise CameraUnplugged(self._spec.name, address=self._address) from error
        colour = frames.get_color_frame()
        if not colour:
            return None
        seq = int(colour.get_frame_number())
        if self._with_depth:
            self._keep_depth(frames.get_depth_frame(), t_ns, seq)
        return Grab(np.array(colour.get_data(), np.uint8), t_ns, seq)

    def close(self) -> None:
        pipeline, self._pipeline = self._pipeline, None
        if pipeline is not None:
            pipeline.stop()

    @property
    def _address(self) -> str:
        return str(self._recording) if self._recording else f"realsense:{self._serial}"

    def _config(self, rs: ModuleType) -> Any:  # noqa: ANN401 - of an untyped library
        spec, config = self._spec, rs.config()
        if self._recording is None:
            present = serials(rs)
            if self._serial not in present:
                known = tuple(f"realsense:{serial}" for serial in present)
                raise CameraMissing(spec.name, address=self._address, present=known)
            config.enable_device(self._serial)
        elif self._recording.is_file():
            config.enable_device_from_file(str(self._recording), repeat_playback=True)
        else:
            raise CameraMissing(spec.name, address=self._address)
        shape = (spec.width, spec.height)
        config.enable_stream(rs.stream.color, *shape, rs.format.rgb8, round(spec.fps))
        if self._with_depth:
            config.enable_stream(rs.stream.depth, *shape, rs.format.z16, round(spec.fps))
        return config

    def _refusal(self, rs: ModuleType, error: RuntimeError) -> CameraBusy | ModeRefused:
        busy = "busy" in str(error).lower()
        if busy:
            return CameraBusy(self._spec.name, address=self._address)
        asked = f"{self._spec.width}×{self._spec.height} at {self._spec.fps:g} Hz"
        hint = (
            "Choose a mode the camera has; behind a USB 2 cable or hub it has only small ones: "
            "use a USB 3 port and the cable that came with it."
        )
        return ModeRefused(self._spec.name, asked=asked, got=f"nothing ({error})", hint=hint)

    def _keep_depth(self, frame: Any, t_ns: int, seq: int) -> None:  # noqa: ANN401
        if not frame:
            return
        metres = np.asarray(frame.get_data(), np.float32) * np.float32(frame.get_units())
        with self._lock:
            self._depth = DepthPicture(frozen_f32(metres), t_ns, seq)


class DepthCamera(DrainedCamera):
    """A RealSense camera that also tells distances."""

    @property
    def depth(self) -> DepthPicture | None:
        """The newest, callable from any thread; None before the first or when closed."""
        return self.source.depth if isinstance(self.source, RealSenseStream) else None


def load_library(camera: str) -> ModuleType:
    """The vendor's library.

    Raises:
        DriverMissing: it is not installed, with the command that installs it.
    """
    try:
        return importlib.import_module(LIBRARY)
    except ImportError as error:
        raise DriverMissing(
            f"Camera {camera!r}", library=LIBRARY, extra="realsense", reason=str(error)
        ) from error


def serials(rs: ModuleType) -> Sequence[str]:
    """Serial numbers of the RealSense cameras that are plugged in."""
    return [d.get_info(rs.camera_info.serial_number) for d in rs.context().query_devices()]
