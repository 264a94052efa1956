"""A camera whose source is read by a thread of its own, always, so that no old picture piles up.

Every kind of camera is a :class:`Source` inside a :class:`DrainedCamera`. The thread owns the
source: it opens, reads and closes it, so nothing is ever closed under a reading thread; a source
that hangs is left to its thread, which closes it when it wakes. ``read`` gives each picture once
and never one that is older than the newest. Knows no device.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from devices.cameras.errors import CameraSilent, CameraUnplugged
from devices.errors import ConnectFailed, DeviceError, NotConnected
from recordings.types import U8, CameraSpec, Frame

SILENT_S = 2.0  # no picture for longer: an error, so that it is opened again; stale is it before
CLOSE_WAIT_S = 1.0  # a source that hangs for longer is left to its thread
_NS = 1e9


@dataclass(frozen=True, slots=True)
class Grab:
    """One picture as the source gave it."""

    image: U8  # (h, w, 3) RGB
    t_ns: int  # when it was captured, as well as the source knows
    seq: int = -1  # the source's own counter, -1 when it has none


class Source(Protocol):
    """Where pictures come from; used by one thread only."""

    def open(self) -> None:
        """Open and agree on the format.

        Raises:
            DeviceError: it does not.
        """
        ...

    def grab(self) -> Grab | None:
        """The next picture; None when none came for a moment (call again).

        Raises:
            DeviceError: there will be none any more.
        """
        ...

    def close(self) -> None: ...


class DrainedCamera:
    """The ``Camera`` protocol around a source. CLOSED ⇄ CONNECTED."""

    def __init__(
        self,
        spec: CameraSpec,
        make_source: Callable[[], Source],
        *,
        node: Path | None = None,
        open_timeout_s: float = 5.0,
    ) -> None:
        """A closed camera.

        Args:
            spec: role, size and rate.
            make_source: a fresh source for every ``connect``.
            node: a device node that vanishes when the camera is unplugged, where there is one: a
                driver that waits for a picture does not tell.
            open_timeout_s: how long opening may take.
        """
        self._spec = spec
        self._make_source = make_source
        self._node = node
        self._open_timeout_s = open_timeout_s
        self._drain: _Drain | None = None
        self._given = -1

    @property
    def spec(self) -> CameraSpec:
        return self._spec

    @property
    def source(self) -> Source | None:
        """The open source, None when closed."""
        return None if self._drain is None else self._drain.source

    def connect(self) -> None:
        """Open the source.

        Raises:
            DeviceError: it does not open, or not in time.
        """
        if self._drain is not None:
            return
        drain = _Drain(self._spec.name, self._make_source())
        drain.start(self._open_timeout_s)
        self._drain, self._given = drain, -1

    def read(self, timeout_s: float) -> Frame | None:
        """The newest picture not given before, or None when none came in time.

        Raises:
            NotConnected: before ``connect``.
            CameraUnplugged, CameraSilent: the source is lost; ``close`` and ``connect`` again.
        """
        if self._drain is None:
            raise NotConnected(f"Camera {self._spec.name!r}")
        found = self._drain.next(self._given, timeout_s=timeout_s)
        if found is None:
            self._check_plugged()
            return None
        self._given, grab = found
        return Frame(self._spec.name, grab.image, grab.t_ns, self._given, grab.seq)

    def _check_plugged(self) -> None:
        if self._node is not None and not self._node.exists():
            raise CameraUnplugged(self._spec.name, address=str(self._node))

    def close(self) -> None:
        """Let go of the source; may be called twice."""
        drain, self._drain = self._drain, None
        if drain is not None:
            drain.stop()


class _Drain:
    """The thread and the newest picture."""

    def __init__(self, camera: str, source: Source) -> None:
        self._camera = camera
        self.source = source
        self._changed = threading.Condition()
        self._opened = False
        self._stopping = False
        self._problem: DeviceError | None = None
        self._newest: Grab | None = None
        self._index = -1
        self._alive_ns = 0  # when the newest picture (or the opening) was
        self._thread = threading.Thread(target=self._run, name=f"drain-{camera}", daemon=True)

    def start(self, timeout_s: float) -> None:
        self._thread.start()
        with self._changed:
            self._changed.wait_for(lambda: self._opened or self._problem is not None, timeout_s)
            opened, problem = self._opened, self._problem
        if not opened:
            self.stop()
            reason = f"it did not open within {timeout_s:.0f} s"
            raise problem or ConnectFailed(f"Camera {self._camera!r}", reason=reason)

    def next(self, after: int, *, timeout_s: float) -> tuple[int, Grab] | None:
        with self._changed:
            self._changed.wait_for(
                lambda: self._index > after or self._problem is not None, timeout_s
            )
            if self._index > after and self._newest is not None:
                return self._index, self._newest
            if self._problem is not None:
                raise self._problem
            silent_s = (time.monotonic_ns() - self._alive_ns) / _NS
        if silent_s > SILENT_S:
            reason = f"it is connected but sent no picture for {silent_s:.1f} s"
            raise CameraSilent(self._camera, reason=reason)
        return None

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
        self._thread.join(CLOSE_WAIT_S)

    def _run(self) -> None:
        try:
            self.source.open()
            self._announce_open()
            while not self._stopping:
                grab = self.source.grab()
                if grab is not None:
                    self._put(grab)
        except DeviceError as error:
            self._fail(error)
        finally:
            self.source.close()

    def _announce_open(self) -> None:
        with self._changed:
            self._opened = True
            self._alive_ns = time.monotonic_ns()
            self._changed.notify_all()

    def _put(self, grab: Grab) -> None:
        grab.image.flags.writeable = False
        with self._changed:
            self._newest = grab
            self._index += 1
            self._alive_ns = time.monotonic_ns()
            self._changed.notify_all()

    def _fail(self, error: DeviceError) -> None:
        with self._changed:
            self._problem = error
            self._changed.notify_all()
