"""Plans that were proposed and not decided yet, and whether a person may still approve one.

Pure bookkeeping with reasons; it runs nothing and knows no arm and no network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from devices.commands import PlanProposed
from devices.errors import NotAllowed
from devices.rig_settings import RigSettings
from recordings.types import F32, Plan, PlanReport, Verdict

KEPT = 8  # proposals a person may still mean when pressing Approve
_NS = 1e9


@dataclass(frozen=True, slots=True)
class Asked:
    """How things stood when a plan was asked for."""

    epoch: int
    clock_s: float
    """Of the motion (player), at the observation."""
    q: F32
    """(n,) rad: command sent last."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan that somebody may approve."""

    proposed: PlanProposed
    asked: Asked
    arrived_ns: int

    @property
    def plan(self) -> Plan:
        return self.proposed.plan

    @property
    def may_run(self) -> bool:
        return self.proposed.report.may_run


class Proposals:
    """The proposals of one hand-over, newest last."""

    def __init__(self, settings: RigSettings) -> None:
        self._settings = settings
        self._kept: list[Proposal] = []

    @property
    def newest(self) -> Proposal | None:
        return self._kept[-1] if self._kept else None

    def add(self, proposal: Proposal) -> None:
        self._kept = [*self._kept[1 - KEPT :], proposal]

    def clear(self) -> None:
        """Another hand-over, or motion began: nothing shown so far can be meant any more."""
        self._kept = []

    def remove(self, plan_id: int) -> bool:
        """Drop one plan; True when it was there."""
        before = len(self._kept)
        self._kept = [p for p in self._kept if p.plan.id != plan_id]
        return len(self._kept) < before

    def shown_s(self, now_ns: int) -> float:
        """For how long a person has been shown the newest proposal."""
        return 0.0 if self.newest is None else (now_ns - self.newest.arrived_ns) / _NS

    def approvable(self, plan_id: int, *, q: npt.ArrayLike, epoch: int, now_ns: int) -> Proposal:
        """The proposal a person approves.

        A plan that was superseded by a fresh one while the person looked at it may still be
        approved as long as it is recent and the arm has not moved since it was made.

        Raises:
            NotAllowed: with the reason.
        """
        what = f"Approving plan {plan_id}"
        hint = "Approve the plan that is shown now."
        found = next((p for p in self._kept if p.plan.id == plan_id), None)
        if found is None or found.asked.epoch != epoch:
            raise NotAllowed(what, reason="it belongs to the past", hint=hint)
        if not found.may_run:
            reason = first_failure(found.proposed.report)
            raise NotAllowed(what, reason=reason, hint="Refuse it to get another one.")
        self._refuse_stale(found, what=what, hint=hint, q=q, now_ns=now_ns)
        return found

    def _refuse_stale(
        self, found: Proposal, *, what: str, hint: str, q: npt.ArrayLike, now_ns: int
    ) -> None:
        age_s = (now_ns - found.plan.observed_ns) / _NS
        is_newest = found is self.newest
        settings = self._settings
        limit_s = settings.approve_newest_age_s if is_newest else settings.approve_age_s
        if age_s > limit_s:
            reason = f"what it saw is {age_s:.1f} s old (at most {limit_s:.1f} s)"
            raise NotAllowed(what, reason=reason, hint=hint)
        moved = float(np.abs(np.asarray(q) - found.asked.q).max())
        if moved > settings.rest_moved_rad:
            reason = f"the arm has moved by {moved:.2f} rad since"
            raise NotAllowed(what, reason=reason, hint=hint)


def first_failure(report: PlanReport) -> str:
    """The first failed check in words, "" when all passed."""
    for check in report.checks:
        if check.verdict is Verdict.FAIL:
            where = f" ({check.joint})" if check.joint else ""
            value, bound = f"{check.value:.3g} {check.unit}", f"{check.bound:.3g} {check.unit}"
            return f"check {check.name!r} failed{where}: {value}, bound {bound}"
    return ""
