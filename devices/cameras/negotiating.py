"""Agreeing with a camera on format, size and rate.

Drivers silently pick a neighbour of what they cannot do, so everything is read back. Knows OpenCV's
property numbers, no device.
"""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy.typing as npt

from devices.cameras.errors import ModeRefused
from devices.cameras.mode import COMPRESSED, Mode
from recordings.types import CameraSpec

PREFERRED = (COMPRESSED, "YUYV")  # three cameras on one USB 2 bus fit only compressed
RATE_TOLERANCE_HZ = 0.5


class VideoCapture(Protocol):
    """The part of ``cv2.VideoCapture`` that is used here."""

    def isOpened(self) -> bool: ...

    def get(self, prop: int, /) -> float: ...

    def set(self, prop: int, value: float, /) -> bool: ...

    def read(self) -> tuple[bool, npt.NDArray]: ...

    def release(self) -> None: ...


def negotiate(capture: VideoCapture, spec: CameraSpec, *, fourcc: str = "") -> Mode:
    """Ask for format, then size, then rate, in the order drivers want it; returns what was agreed.

    Args:
        capture: an open camera.
        spec: size and rate that are needed.
        fourcc: a format that is needed; "" for compressed where the camera has it.

    Raises:
        ModeRefused: the camera picked something else, with both.
    """
    mode = _ask(capture, spec, fourcc or COMPRESSED)
    if not fourcc and mode.fourcc != COMPRESSED:
        mode = _ask(capture, spec, PREFERRED[1])
    problem = (
        (mode.width, mode.height) != (spec.width, spec.height)
        or abs(mode.fps - spec.fps) > RATE_TOLERANCE_HZ
        or (fourcc and mode.fourcc != fourcc)
    )
    if problem:
        asked = Mode(fourcc or "any format", spec.width, spec.height, spec.fps)
        raise ModeRefused(spec.name, asked=str(asked), got=str(mode))
    return mode


def _ask(capture: VideoCapture, spec: CameraSpec, fourcc: str) -> Mode:
    capture.set(cv2.CAP_PROP_FOURCC, float(fourcc_number(fourcc)))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, float(spec.width))
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, float(spec.height))
    capture.set(cv2.CAP_PROP_FPS, spec.fps)
    return Mode(
        fourcc_text(int(capture.get(cv2.CAP_PROP_FOURCC))),
        int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
        int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        float(capture.get(cv2.CAP_PROP_FPS)),
    )


def fourcc_number(text: str) -> int:
    """Number of a format like "MJPG", the first letter in the lowest byte."""
    return int.from_bytes(text.encode("ascii"), "little")


def fourcc_text(number: int) -> str:
    """The inverse; "????" for what is no text."""
    letters = number.to_bytes(4, "little", signed=number < 0)
    return letters.decode("ascii") if letters.isalnum() else "????"
