"""Draws what a policy would have done at a recorded moment, while the cursor is inside that plan.

Looks as a plan on Run does, with the way that was recorded beside it. Knows no process.
"""

from __future__ import annotations

from recordings.types import F32
from studio.pages.plan_drawing import PlanDrawing
from studio.parts.asked import Answer
from studio.session import Session


class AskedOverlay:
    """The answer of :class:`studio.parts.asking.Asking` in all views of the stage."""

    def __init__(self, session: Session, drawing: PlanDrawing) -> None:
        self._session = session
        self._drawing = drawing
        self._shown: Answer | None = None
        self._tip: F32 | None = None  # (h, 3) m
        self._done = -1  # rows drawn as passed

    @property
    def visible(self) -> bool:
        return self._shown is not None

    def show(self, cursor_s: float, q: F32) -> None:
        """Show the answer as seen from the cursor, where the arm was at ``q`` (n,) rad; or none."""
        answer = self._session.asking.answer
        row = None if answer is None else answer.row_at(cursor_s)
        if answer is None or row is None:
            self.clear()
            return
        if answer is not self._shown:
            self._show_whole(answer)
        assert self._tip is not None
        done = max(0, int(row))  # rows the cursor has passed
        left = len(answer.planned) - done
        if done != self._done:
            self._done = done
            self._drawing.show_way(answer.planned, self._tip, committed=done, executing=left)
        self._drawing.show_pictures(q, self._tip, committed=done, executing=left)
        start_s = answer.at_s - cursor_s
        self._drawing.show_curves(start_s, answer.planned, dt_s=answer.dt_s, whole=True)
        title = f"{answer.policy} at {answer.at_s:.2f} s · {answer.seconds:.1f} s ahead"
        self._drawing.arm.set_title(title)

    def clear(self) -> None:
        """Take the answer away."""
        if self._shown is None:
            return
        self._shown = self._tip = None
        self._drawing.clear()
        self._drawing.arm.set_title("Replay")

    def _show_whole(self, answer: Answer) -> None:
        """What does not change with the cursor."""
        tips = self._session.space.tips
        count, rows, joints = answer.samples.shape
        ways = tips(answer.samples.reshape(-1, joints)).reshape(count, rows, 3)
        self._shown, self._tip, self._done = answer, tips(answer.planned), -1
        self._drawing.show_end(answer.planned, ways)
        self._drawing.arm.set_recorded_way(tips(answer.recorded[answer.valid]))
