"""Video files and folders of pictures as cameras: they play at the bench's rate, in a loop.

Files come as fast as they can be read, so this source paces itself on absolute deadlines. Knows no
device.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

import cv2
import numpy as np

from devices.cameras.drained import Grab
from devices.cameras.errors import CameraMissing, ModeRefused
from devices.errors import ConnectFailed
from recordings.types import U8, CameraSpec

PICTURES = (".png", ".jpg", ".jpeg", ".bmp")
VIDEOS = (".mp4", ".avi", ".mkv", ".mov", ".webm", ".mjpeg", ".mjpg")
PATIENCE_S = 0.1
_NS = 1_000_000_000


class FileStream:
    """Source for a video file, a picture, or a folder of pictures."""

    def __init__(self, spec: CameraSpec, path: Path) -> None:
        """A closed file.

        Args:
            spec: the size its pictures must have, and the rate to play at.
            path: of a file or a folder.
        """
        self._spec = spec
        self._path = path
        self._files: list[Path] = []
        self._capture: cv2.VideoCapture | None = None
        self._number = 0
        self._start_ns = 0
        self._pause = threading.Event()  # never set: a wait that ends early with nothing

    def open(self) -> None:
        """Open and look at the first picture.

        Raises:
            CameraMissing: there is no such file.
            ConnectFailed: nothing in it can be read.
            ModeRefused: its pictures have another size.
        """
        if not self._path.exists():
            raise CameraMissing(self._spec.name, address=str(self._path))
        if self._path.suffix.lower() in PICTURES or self._path.is_dir():
            self._files = _pictures_of(self._path)
        else:
            self._capture = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)
        first = self._picture(0)
        if first is None:
            name = f"Camera {self._spec.name!r}"
            reason = f"{self._path} holds no picture that can be read"
            raise ConnectFailed(name, reason=reason, hint="Give a video or picture file.")
        self._refuse_other_size(first)
        self._start_ns = time.monotonic_ns()

    def grab(self) -> Grab | None:
        """The picture that is due, None while it is not.

        Raises:
            ModeRefused: a picture of another size.
        """
        due_ns = self._start_ns + round(self._number * _NS / self._spec.fps)
        wait_s = (due_ns - time.monotonic_ns()) / _NS
        if wait_s > 0 and self._pause.wait(min(wait_s, PATIENCE_S)):
            return None
        if time.monotonic_ns() < due_ns:
            return None
        number, self._number = self._number, self._number + 1
        image = self._picture(number)
        if image is None:
            return None
        self._refuse_other_size(image)
        return Grab(image, time.monotonic_ns(), number)

    def close(self) -> None:
        if self._capture is not None:
            self._capture.release()
        self._capture, self._files = None, []

    def _picture(self, number: int) -> U8 | None:
        bgr = self._from_files(number) if self._files else self._from_video(number)
        return None if bgr is None else np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)

    def _from_files(self, number: int) -> cv2.typing.MatLike | None:
        return cv2.imread(str(self._files[number % len(self._files)]), cv2.IMREAD_COLOR)

    def _from_video(self, number: int) -> cv2.typing.MatLike | None:
        """The next picture of the video, from its start again after the last."""
        if self._capture is None:
            return None
        if number == 0:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
        came, bgr = self._capture.read()
        if not came:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
            came, bgr = self._capture.read()
        return bgr if came else None

    def _refuse_other_size(self, image: U8) -> None:
        height, width = image.shape[:2]
        if (width, height) != (self._spec.width, self._spec.height):
            asked = f"{self._spec.width}×{self._spec.height}"
            raise ModeRefused(self._spec.name, asked=asked, got=f"pictures of {width}×{height}")


def _pictures_of(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURES)
    return [path]
