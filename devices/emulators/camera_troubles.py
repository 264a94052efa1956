"""What can go wrong with an emulated camera, and scripts of it counted in pictures.

A script is a sequence of (picture number, trouble): from that picture on, that trouble. Counting
pictures instead of seconds makes a script mean the same on a busy machine. Knows no network.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

Script = Sequence[tuple[int, "Trouble"]]


class Trouble(enum.Enum):
    """How a camera misbehaves."""

    NONE = "none"
    STALL = "stall"  # the connection stays, nothing comes
    DROP = "drop"  # every connection is closed instead of getting the next picture
    REFUSE = "refuse"  # nobody listens any more, as after pulling the plug
    CUT_JPEG = "cut-jpeg"  # every picture ends half way, its announced length is right
    CUT_PART = "cut-part"  # the announced length is right for a whole picture, half of it comes
    WRONG_SIZE = "wrong-size"  # half the width and height
    BLACK = "black"  # the lens is covered
    SLOW = "slow"  # one picture in four, as with a long exposure


def trouble_at(script: Script, number: int) -> Trouble | None:
    """The trouble that begins exactly with picture ``number``, if one does."""
    found = [trouble for begins, trouble in script if begins == number]
    return found[-1] if found else None
