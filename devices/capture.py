"""One thread per camera: every new picture goes into the live ring, and its rate is known.

A slow or lost camera never delays the control tick: the tick only looks at what is there. Knows no
authority; whether an old picture is good enough is decided by who uses it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque

from devices.base import Camera
from devices.clock import Clock
from devices.errors import DeviceError, ReadFailed
from devices.sight import Sight
from recordings.errors import RecordingError
from recordings.live import FrameRing
from recordings.rig_status import CameraHealth
from recordings.types import Fault, Frame

log = logging.getLogger(__name__)

READ_TIMEOUT_S = 0.2  # how soon a closing thread notices
RECONNECT_S = 1.0
RATE_FRAMES = 30  # behind the published rate
_NS = 1e9


class Capture:
    """A camera, its thread, and the newest picture."""

    def __init__(self, camera: Camera, ring: FrameRing, *, clock: Clock) -> None:
        self._camera = camera
        self._ring = ring
        self._clock = clock
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._newest: Frame | None = None
        self._times: deque[int] = deque(maxlen=RATE_FRAMES)
        self._last_seen = -1
        self._missed = 0
        self._sight = Sight()
        self._faults: deque[Fault] = deque(maxlen=8)

    @property
    def name(self) -> str:
        return self._camera.spec.name

    @property
    def newest(self) -> Frame | None:
        """The newest picture; its index is the one of the live ring."""
        return self._newest

    def connect(self) -> None:
        """Open the camera and start the thread.

        Raises:
            DeviceError: when it does not open.
        """
        self._camera.connect()
        self._closing.clear()
        self._thread = threading.Thread(target=self._run, name=f"camera-{self.name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread and close the camera; may be called twice."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(timeout=2 * READ_TIMEOUT_S + RECONNECT_S)
            self._thread = None
        self._camera.close()

    def age_s(self, now_ns: int) -> float:
        """Age of the newest picture; infinite before the first."""
        frame = self._newest
        return float("inf") if frame is None else (now_ns - frame.t_ns) / _NS

    def sees_nothing_s(self, now_ns: int) -> float:
        """How long its pictures have shown the same tone everywhere; 0 while they do not."""
        return self._sight.nothing_for_s(now_ns)

    def health(self, now_ns: int) -> CameraHealth:
        """Rate over the last pictures, age, and how many are known to be lost."""
        times = list(self._times)
        span_s = (times[-1] - times[0]) / _NS if len(times) > 1 else 0.0
        age_ms = min(1000 * self.age_s(now_ns), 1e6)
        fps = (len(times) - 1) / span_s if span_s > 0 else 0.0
        stalled = age_ms > 1000.0
        return CameraHealth(self.name, 0.0 if stalled else fps, age_ms, self._missed)

    def drain_faults(self) -> list[Fault]:
        """Faults since the last call."""
        faults = []
        while self._faults:
            faults.append(self._faults.popleft())
        return faults

    # ── the thread ─────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                frame = self._camera.read(READ_TIMEOUT_S)
                if frame is not None:
                    self._take(frame)
            except (DeviceError, RecordingError) as error:
                self._report(error)
                self._reopen()
            except Exception as error:  # top of this thread: a lost camera is told, not hidden
                log.exception("camera %s", self.name)
                self._report(error)
                return

    def _take(self, frame: Frame) -> None:
        index = self._ring.write(frame.image, frame.t_ns, seq=frame.index)
        if self._last_seen >= 0:
            self._missed += max(0, frame.index - self._last_seen - 1)
        self._last_seen = frame.index
        self._times.append(frame.t_ns)
        self._sight.look(frame.image, frame.t_ns)
        self._newest = Frame(frame.camera, frame.image, frame.t_ns, index)

    def _reopen(self) -> None:
        """Try until the camera is back or the rig closes."""
        self._camera.close()
        while not self._closing.wait(RECONNECT_S):
            try:
                self._camera.connect()
            except DeviceError as error:
                log.debug("camera %s stays away: %s", self.name, error)
            else:
                self._last_seen = -1
                self._sight.forget()
                return

    def _report(self, error: Exception) -> None:
        lost = error if isinstance(error, DeviceError) else ReadFailed(self.name, reason=str(error))
        self._faults.append(lost.to_fault(t_ns=self._clock.now_ns()))
