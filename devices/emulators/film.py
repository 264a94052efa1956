"""Draws the pictures of emulated cameras at their rate and keeps the newest of each as JPEG.

One thread for all cameras of a film; those who show them wait for the next picture. Knows no
network.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
import simplejpeg

from devices.emulators.camera_troubles import Script, Trouble, trouble_at
from devices.emulators.pictures import Pictures
from devices.errors import ConnectFailed, DeviceError
from recordings.types import U8

log = logging.getLogger(__name__)

QUALITY = 85
START_TIMEOUT_S = 30.0  # a software OpenGL takes its time on a busy machine
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Shot:
    """One encoded picture."""

    jpeg: bytes
    number: int
    t_ns: int  # when it was drawn


class Reel:
    """The newest picture of one camera, and what is wrong with that camera."""

    def __init__(self, camera: str, script: Script = ()) -> None:
        self.camera = camera
        self._script = script
        self._changed = threading.Condition()
        self._newest: Shot | None = None
        self._trouble = Trouble.NONE
        self._ended = False

    @property
    def trouble(self) -> Trouble:
        return self._trouble

    @property
    def ended(self) -> bool:
        return self._ended

    def set_trouble(self, trouble: Trouble) -> None:
        """From now on; wakes whoever waits for a picture."""
        with self._changed:
            self._trouble = trouble
            self._changed.notify_all()

    def begin(self, number: int) -> None:
        """Picture ``number`` is about to be drawn: what the script says for it holds."""
        trouble = trouble_at(self._script, number)
        if trouble is not None:
            self.set_trouble(trouble)

    def put(self, shot: Shot) -> None:
        with self._changed:
            self._newest = shot
            self._changed.notify_all()

    def next(self, after: int, *, timeout_s: float) -> Shot | None:
        """The newest picture when it is newer than ``after``; None on time-out, trouble or end."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._is_newer(after), timeout_s)
            return self._newest if self._is_newer(after) else None

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _is_newer(self, after: int) -> bool:
        return self._newest is not None and self._newest.number > after


class Film:
    """The drawing thread."""

    def __init__(
        self, pictures: Pictures, reels: tuple[Reel, ...], *, size: tuple[int, int], fps: float
    ) -> None:
        """A film that does not run.

        Args:
            pictures: used by the drawing thread only.
            reels: one per camera.
            size: (width, height) px.
            fps: pictures per second.
        """
        self._pictures = pictures
        self._reels = reels
        self._size = size
        self._period_ns = round(_NS / fps)
        self._stopping = threading.Event()
        self._opened: SimpleQueue[DeviceError | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; returns when pictures can be drawn.

        Raises:
            ConnectFailed, RenderFailed: they cannot.
        """
        self._thread = threading.Thread(target=self._run, name="emulated-film", daemon=True)
        self._thread.start()
        problem = self._opened.get(timeout=START_TIMEOUT_S)
        if problem is not None:
            self.stop()
            raise problem

    def stop(self) -> None:
        """End; may be called twice."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        for reel in self._reels:
            reel.end()

    def _run(self) -> None:
        try:
            self._pictures.open(*self._size)
            self._draw(0)
        except DeviceError as error:
            self._opened.put(error)
            return
        except KeyError as error:  # a camera that the scene does not have
            self._opened.put(ConnectFailed("emulated camera", reason=str(error)))
            return
        self._opened.put(None)
        try:
            self._draw_until_stopped()
        finally:
            self._pictures.close()

    def _draw_until_stopped(self) -> None:
        """On absolute deadlines; a late picture is skipped, as a real sensor does."""
        start_ns, number = time.monotonic_ns(), 1
        while not self._stopping.wait(
            max(0, start_ns + number * self._period_ns - time.monotonic_ns()) / _NS
        ):
            self._draw(number)
            number = max(number + 1, (time.monotonic_ns() - start_ns) // self._period_ns)

    def _draw(self, number: int) -> None:
        for reel in self._reels:
            t_ns = time.monotonic_ns()
            image = self._pictures.draw(reel.camera, number)
            reel.begin(number)
            image = _spoiled(image, reel.trouble)
            jpeg = simplejpeg.encode_jpeg(np.ascontiguousarray(image), quality=QUALITY)
            reel.put(Shot(jpeg, number, t_ns))


def _spoiled(image: U8, trouble: Trouble) -> U8:
    if trouble is Trouble.BLACK:
        return np.zeros_like(image)
    if trouble is Trouble.WRONG_SIZE:
        return image[::2, ::2]
    return image
