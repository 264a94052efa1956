"""What is told of a camera that is only looked at. Does not load OpenCV: the window takes it in."""

from __future__ import annotations

from dataclasses import dataclass

from recordings.types import U8

WIDTH_PX = 192  # of the small picture


@dataclass(frozen=True, slots=True)
class Glance:
    """What one camera sees now, or why it sees nothing. Picklable."""

    address: str
    picture: U8 | None  # (h, WIDTH_PX, 3) RGB
    trouble: str = ""  # a sentence with its fix; "" without a picture: not opened yet
