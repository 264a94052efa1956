"""Collects views of the board while a person moves it, and says what to do next.

A picture counts when the board is held still and shows something new. Knows no camera and no
window; the pictures come from either.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from devices.cameras.board import Board, BoardView
from devices.cameras.lens import (
    FEWEST_VIEWS,
    CalibrationRefused,
    Lens,
    calibrate_lens,
    missing_places,
)
from recordings.types import U8

FEWEST_CORNERS = 10  # in a view that counts
NEW = 0.05  # smallest difference to every earlier view, fraction of the width
MOST_VIEWS = 40  # after that it is the board or the lens


@dataclass(slots=True)
class Collector:
    """Views so far. ``offer`` pictures, read ``advice``, and take the ``lens`` when it is there."""

    board: Board
    views: list[BoardView] = field(default_factory=list)
    lens: Lens | None = None
    advice: str = "Show the board to the camera."
    _last: BoardView | None = None

    def offer(self, image: U8) -> bool:
        """Look at a picture (h, w, 3) RGB; True when it was taken as a new view."""
        view = self.board.find(image)
        before, self._last = self._last, view
        if view is None:
            self.advice = "The board is not seen: show all of it, without glare."
        elif len(view.numbers) < FEWEST_CORNERS:
            self.advice = "Show more of the board."
        elif before is None or not view.is_still_since(before):
            self.advice = "Hold the board still."
        elif any(_alike(old, view) for old in self.views):
            self.advice = self._next_advice()
        else:
            self._take(view)
            return True
        return False

    def _take(self, view: BoardView) -> None:
        self.views.append(view)
        try:
            self.lens = calibrate_lens(self.views)
            self.advice = self.lens.words
        except CalibrationRefused as refusal:
            self.lens = None
            few = len(self.views) < FEWEST_VIEWS
            self.advice = self._next_advice() if few else f"{refusal.message} {refusal.hint}"

    def _next_advice(self) -> str:
        count = f"{len(self.views)} of at least {FEWEST_VIEWS} views."
        missing = missing_places(self.views)
        if missing:
            return f"{count} Move the board to the {missing[0]} of the picture, tilted."
        return f"{count} Tilt the board another way, and bring it closer."


def _alike(old: BoardView, new: BoardView) -> bool:
    moved = new.moved_since(old)
    return moved is not None and moved < NEW
