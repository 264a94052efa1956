"""Draws the plan that waits or runs: ghost and trace in 3D, trace in the pictures, planned curves.

Static while the arm moves: a plan's geometry is set once, only its progress changes. Knows how a
plan looks, not whether it may run.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from devices.commands import PlanProposed
from recordings.types import Verdict
from studio.pages.plan_drawing import PlanDrawing
from studio.session import Session

COMMITTED_ROWS = 3  # rows that run before a fresher plan could arrive
EXECUTING_ROWS = 10  # rows after those that run unless replaced


class PlanOverlay:
    """The plan in all views of the stage."""

    def __init__(self, session: Session, drawing: PlanDrawing) -> None:
        self._session = session
        self._drawing = drawing
        self._shown: tuple[int, int] | None = None  # plan id, row

    @property
    def proposal(self) -> PlanProposed | None:
        """The plan that waits, else the one that runs."""
        return self._session.running.waiting or self._session.cell.active

    def progress(self) -> tuple[int, int, int, float]:
        """committed, executing, total, row of the plan on screen; zeros when there is none."""
        proposal = self.proposal
        if proposal is None:
            return 0, 0, 0, 0.0
        total = len(proposal.plan.q)
        waits = self._session.running.waiting is not None
        row = 0.0 if waits else min(self._session.status.plan_step, float(total))
        committed = 0 if waits else min(total, int(row) + COMMITTED_ROWS)
        return committed, min(EXECUTING_ROWS, total - committed), total, row

    def tick(self, q: npt.NDArray[np.float32], now_ns: int) -> None:
        """Show the present plan, or none."""
        proposal = self.proposal
        if proposal is None:
            self.clear()
            return
        committed, executing, _, row = self.progress()
        key = (proposal.plan.id, int(row))
        if key != self._shown:
            self._show_space(proposal, committed, executing)
            self._shown = key
        self._drawing.show_pictures(q, proposal.tip, committed=committed, executing=executing)
        self._show_curves(proposal, now_ns)

    def clear(self) -> None:
        """Take the plan away."""
        if self._shown is None:
            return
        self._shown = None
        self._drawing.clear()

    def _show_space(self, proposal: PlanProposed, committed: int, executing: int) -> None:
        plan = proposal.plan
        if self._shown is None or self._shown[0] != plan.id:
            self._drawing.show_end(plan.q, proposal.sample_tips)
            self._mark_worst(proposal)
        self._drawing.show_way(plan.q, proposal.tip, committed=committed, executing=executing)

    def _mark_worst(self, proposal: PlanProposed) -> None:
        """A ball where a check fails, or where one is close to its bound."""
        tones = {Verdict.FAIL: "danger", Verdict.WARN: "attention"}
        for verdict, tone in tones.items():
            for check in proposal.report.checks:
                if check.verdict is verdict and 0 <= check.step < len(proposal.tip):
                    self._drawing.arm.set_mark(proposal.tip[check.step], tone)
                    return
        self._drawing.arm.set_mark(None)

    def _show_curves(self, proposal: PlanProposed, now_ns: int) -> None:
        plan = proposal.plan
        start_s = (plan.observed_ns - now_ns) / 1e9
        if self._session.running.waiting is not None:
            start_s = 0.0  # it has not begun: drawn from now on
        self._drawing.show_curves(start_s, plan.q, dt_s=plan.dt_s)
