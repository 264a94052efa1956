"""Format, size and rate of a camera, and what they cost on the cable. Numbers only, no OpenCV.

A window that lists cameras needs no more, and OpenCV would delay its first picture.
"""

from __future__ import annotations

from dataclasses import dataclass

COMPRESSED = "MJPG"
_BITS_PER_PIXEL = {"MJPG": 2.0, "H264": 0.5, "NV12": 12.0, "YU12": 12.0, "GREY": 8.0}
_RAW_BITS_PER_PIXEL = 16.0  # YUYV and its like


@dataclass(frozen=True, slots=True)
class Mode:
    """What a camera delivers."""

    fourcc: str
    width: int  # px
    height: int  # px
    fps: float

    def __str__(self) -> str:
        return f"{self.fourcc} {self.width}×{self.height} at {self.fps:g} Hz"

    @property
    def mbit_s(self) -> float:
        """About what it takes of the cable."""
        bits = _BITS_PER_PIXEL.get(self.fourcc, _RAW_BITS_PER_PIXEL)
        return self.width * self.height * bits * self.fps / 1e6
