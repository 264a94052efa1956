"""What a Think policy thought a moment ago: the last main pictures and their depth codes.

An answer may build on an earlier one of the same epoch, not long ago, of a picture of the same
size. Because it must be *strictly* earlier, asking the same question twice gives the same answer
twice. Every so often everything is thought about afresh: pictures are compared with the look just
before, so a slow drift would never be noticed. Knows no network.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from model.depth_answer import I16, Kept
from model.depth_cells import changed
from recordings.types import U8

PAUSE_NS = 2_000_000_000  # longer ago, and everything is looked at again
AFRESH_AFTER = 20  # answers in a row that may keep codes
LOOKS = 4


@dataclass(frozen=True, slots=True)
class Look:
    """A main picture and the codes that were answered."""

    t_ns: int
    epoch: int
    image: U8  # (h, w, 3)
    codes: I16  # (cells,)
    kept_since: int  # answers since all cells were predicted


class DepthMemory:
    """The last few looks."""

    def __init__(self) -> None:
        self._looks: deque[Look] = deque(maxlen=LOOKS)

    def before(self, image: U8, *, t_ns: int, epoch: int) -> Look | None:
        """The newest look that an answer about ``image`` may build on."""
        for look in reversed(self._looks):
            if look.t_ns >= t_ns:
                continue
            recent = look.epoch == epoch and t_ns - look.t_ns <= PAUSE_NS
            fits = look.image.shape == image.shape and look.kept_since < AFRESH_AFTER
            return look if recent and fits else None
        return None

    def remember(
        self, image: U8, codes: I16, *, t_ns: int, epoch: int, built_on: Look | None
    ) -> None:
        """Keep what was answered; anything remembered of the same moment or later is dropped."""
        while self._looks and self._looks[-1].t_ns >= t_ns:
            self._looks.pop()
        since = 0 if built_on is None else built_on.kept_since + 1
        self._looks.append(Look(t_ns, epoch, image.copy(), codes, since))


def kept_of(look: Look | None, image: U8) -> Kept | None:
    """Which codes of ``look`` still hold for ``image``; None keeps none."""
    if look is None:
        return None
    return Kept(look.codes, changed(image, look.image, cells=len(look.codes)))


def updated_cells(kept: Kept | None, codes: I16) -> np.ndarray:
    """(side, side) bool: which cells of an answer were predicted."""
    side = round(len(codes) ** 0.5)
    mask = np.ones(len(codes), np.bool_) if kept is None else kept.again
    return mask.reshape(side, side)
