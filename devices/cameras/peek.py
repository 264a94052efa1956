"""Small live pictures of cameras that no bench uses yet, so that a person can tell them apart.

One thread per camera opens it, shrinks what it sees, and tries again while it is not there. Nothing
is recorded. Knows no role.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection

import cv2
import numpy as np

from devices.cameras.described import CameraEntry
from devices.cameras.glance import WIDTH_PX, Glance
from devices.errors import DeviceError
from recordings.types import U8

PERIOD_S = 0.1  # between two small pictures of one camera
RETRY_S = 2.0  # after it did not open, or was lost
READ_S = 0.5


class Peek:
    """The cameras that are looked at. Call :meth:`close`; their threads own them."""

    def __init__(self) -> None:
        self._looks: dict[str, _Look] = {}

    def look_at(self, cameras: Collection[CameraEntry]) -> None:
        """Look at these from now on, and let go of all others; waits until those are let go."""
        wanted = {camera.address: camera for camera in cameras}
        gone = [a for a, look in self._looks.items() if wanted.get(a) != look.camera]
        self._end([self._looks.pop(address) for address in gone])
        for address, camera in wanted.items():
            if address not in self._looks:
                self._looks[address] = _Look(camera)

    def news(self) -> list[Glance]:
        """What is new since the last call, at most one of each camera; never waits."""
        taken = [look.take() for look in self._looks.values()]
        return [glance for glance in taken if glance is not None]

    def close(self) -> None:
        """Let go of all cameras; may be called twice."""
        self.look_at(())

    def _end(self, looks: Collection[_Look]) -> None:
        for look in looks:
            look.ended.set()
        for look in looks:
            look.thread.join()


class _Look:
    """One camera and its thread."""

    def __init__(self, camera: CameraEntry) -> None:
        self.camera = camera
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._news: Glance | None = None
        self.thread = threading.Thread(target=self._run, name=f"peek {camera.address}", daemon=True)
        self.thread.start()

    def take(self) -> Glance | None:
        with self._lock:
            news, self._news = self._news, None
        return news

    def _run(self) -> None:
        while not self.ended.is_set():
            camera = self.camera.build()
            try:
                camera.connect()
                while not self.ended.is_set():
                    frame = camera.read(READ_S)
                    if frame is not None:
                        self._tell(Glance(self.camera.address, shrunk(frame.image)))
                        self.ended.wait(PERIOD_S)
            except DeviceError as error:
                fault = error.to_fault(t_ns=time.monotonic_ns())
                sentence = f"{fault.message} {fault.hint}".strip()
                self._tell(Glance(self.camera.address, None, sentence))
            finally:
                camera.close()
            self.ended.wait(RETRY_S)

    def _tell(self, glance: Glance) -> None:
        with self._lock:
            self._news = glance


def shrunk(image: U8) -> U8:
    """(h, w, 3) RGB → the same picture, ``WIDTH_PX`` wide."""
    height, width = image.shape[:2]
    size = (WIDTH_PX, max(1, round(height * WIDTH_PX / width)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
