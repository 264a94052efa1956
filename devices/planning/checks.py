"""Is this plan fit to run? Every check names where the plan is closest to its bound, and the bound.

Judges whole plans before anybody approves them; clamping single commands is the guard's business.
Runs in the planner thread: milliseconds of kinematics never reach the control tick. Knows no
clock, no person and no network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from devices.commands import PlanProposed
from devices.errors import PlanInvalid
from devices.kinematics import Kinematics, busiest
from devices.workspace import AXES, Workspace
from recordings.types import F32, Plan, PlanCheck, PlanReport, RobotSpec, Verdict, frozen_f32

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CheckLimits:
    """Where a plan becomes doubtful and where it becomes impossible."""

    beyond_limit_rad: float = 0.05
    """An arm joint further out than this fails; less is clamped by the guard, and said."""
    overspeed: float = 2.0
    """Times the joint's full speed that fails; above 1 the guard slows it down, and says so."""
    table_fail_m: float = -0.01
    table_warn_m: float = -0.002
    self_fail_m: float = -0.005
    self_warn_m: float = 0.0
    jump_rad: float = 0.12
    """Larger steps at the join are not driven: the old plan goes on, a new one is asked for."""
    familiar_share: float = 0.9
    """Share of rows that must lie within what the demonstrations covered."""
    clearance_rows: int = 10
    """At how many rows of a plan distances are measured."""


@dataclass(frozen=True, slots=True)
class PlanContext:
    """What a plan is judged against: how things stood when it was asked for."""

    start_q: F32
    """(n,) rad: command that will have been sent at the row ``start_row``."""
    start_row: int = 0
    familiar_low: F32 | None = None
    """(n,) rad: lowest joint positions of the demonstrations."""
    familiar_high: F32 | None = None


def validate(plan: Plan, robot: RobotSpec) -> None:
    """Raises PlanInvalid unless the plan is a finite trajectory of this robot."""
    n = len(robot.joints)
    if plan.q.ndim != 2 or plan.q.shape[1] != n or len(plan.q) < 2:
        expected = f"at least 2 rows of {n} joints"
        raise PlanInvalid(plan.id, field="shape", value=plan.q.shape, expected=expected)
    bad = np.argwhere(~np.isfinite(plan.q))
    if len(bad):
        row, joint = (int(i) for i in bad[0])
        where = f"{plan.q[row, joint]} at row {row}, joint {robot.joint_names[joint]}"
        raise PlanInvalid(plan.id, field="q", value=where, expected="finite numbers in rad")
    if not 0.001 <= plan.dt_s <= 1.0:
        raise PlanInvalid(plan.id, field="dt_s", value=plan.dt_s, expected="0.001 … 1 s")


class PlanInspector:
    """Checks plans of one robot. One instance per thread: kinematics keeps scratch memory."""

    def __init__(
        self,
        robot: RobotSpec,
        *,
        kinematics: Kinematics | None,
        limits: CheckLimits | None = None,
        workspace: Workspace | None = None,
    ) -> None:
        self._robot = robot
        self._kinematics = kinematics
        self._limits = limits or CheckLimits()
        self._workspace = workspace
        self._arm = np.array([not j.is_gripper for j in robot.joints], dtype=bool)

    def inspect(self, plan: Plan, context: PlanContext) -> PlanProposed:
        """All checks of a plan and the paths of its tool tip.

        Raises:
            PlanInvalid: when it is not a finite (h, n) trajectory.
        """
        validate(plan, self._robot)
        paths = self._tips(plan.q)
        tool = busiest(paths)
        checks = [
            self._joint_limits(plan),
            self._speed(plan),
            self._jump(plan, context),
            *self._clearances(plan),
            *self._inside(paths),
            *self._familiar(plan, context),
        ]
        return PlanProposed(
            plan=plan,
            report=PlanReport(plan_id=plan.id, checks=tuple(checks)),
            tip=paths[tool],
            sample_tips=self._sample_tips(plan.samples, tool),
        )

    # ── numbers of the plan itself ─────────────────────────────────────────────────────────

    def _joint_limits(self, plan: Plan) -> PlanCheck:
        margin = np.minimum(plan.q - self._robot.lower, self._robot.upper - plan.q)
        margin = np.where(self._arm, margin, np.inf)
        row, joint = np.unravel_index(int(margin.argmin()), margin.shape)
        value = float(margin[row, joint])
        verdict = _verdict(-value, warn=0.0, fail=self._limits.beyond_limit_rad)
        return self._check("Joint limits", verdict, int(row), int(joint), value, 0.0, "rad")

    def _speed(self, plan: Plan) -> PlanCheck:
        speed = np.abs(np.diff(plan.q, axis=0)) / plan.dt_s
        share = np.where(self._arm, speed / self._robot.max_speed, 0.0)
        row, joint = np.unravel_index(int(share.argmax()), share.shape)
        verdict = _verdict(float(share[row, joint]), warn=1.0, fail=self._limits.overspeed)
        bound = float(self._robot.max_speed[joint])
        value = float(speed[row, joint])
        return self._check("Speed", verdict, int(row), int(joint), value, bound, "rad/s")

    def _jump(self, plan: Plan, context: PlanContext) -> PlanCheck:
        row = min(context.start_row, len(plan.q) - 1)
        jump = np.where(self._arm, np.abs(plan.q[row] - context.start_q), 0.0)
        joint, bound = int(jump.argmax()), self._limits.jump_rad
        verdict = _verdict(float(jump[joint]), warn=bound / 2, fail=bound)
        return self._check("Start", verdict, row, joint, float(jump[joint]), bound, "rad")

    def _familiar(self, plan: Plan, context: PlanContext) -> list[PlanCheck]:
        low, high = context.familiar_low, context.familiar_high
        if low is None or high is None:
            return []
        slack = 0.05 * (high - low)
        outside = ((plan.q < low - slack) | (plan.q > high + slack)) & self._arm
        rows = np.flatnonzero(outside.any(axis=1))
        share, bound = 1 - len(rows) / len(plan.q), self._limits.familiar_share
        row = int(rows[0]) if len(rows) else -1
        joint = int(outside[row].argmax()) if len(rows) else -1
        verdict = Verdict.OK if share >= bound else Verdict.WARN
        value = 100 * share
        return [self._check("Seen in your demos", verdict, row, joint, value, 100 * bound, "%")]

    # ── the arm in space ───────────────────────────────────────────────────────────────────

    def _clearances(self, plan: Plan) -> list[PlanCheck]:
        if self._kinematics is None:
            return []
        count = min(self._limits.clearance_rows, len(plan.q))
        rows = np.unique(np.linspace(0, len(plan.q) - 1, count).round().astype(int))
        found = [(int(row), self._kinematics.collisions(plan.q[row])) for row in rows]
        limits = self._limits
        row, low = min(found, key=lambda item: item[1].table_m)
        verdict = _verdict(-low.table_m, warn=-limits.table_warn_m, fail=-limits.table_fail_m)
        table = PlanCheck(
            "Table", verdict, row, low.table_link, low.table_m, limits.table_fail_m, "m"
        )
        row, near = min(found, key=lambda item: item[1].self_m)
        verdict = _verdict(-near.self_m, warn=-limits.self_warn_m, fail=-limits.self_fail_m)
        links = " and ".join(near.self_links)
        return [
            table,
            PlanCheck("Itself", verdict, row, links, near.self_m, limits.self_fail_m, "m"),
        ]

    def _inside(self, paths: F32) -> list[PlanCheck]:
        """How far the tools stay inside the workspace, at the row that is nearest to its border."""
        if self._workspace is None or self._kinematics is None:
            return []
        low, high = np.array(self._workspace.low), np.array(self._workspace.high)
        margin = np.minimum(paths - low, high - paths)
        worst = np.unravel_index(int(margin.argmin()), margin.shape)
        row, axis, value = int(worst[1]), int(worst[2]), float(margin[worst])
        verdict = Verdict.FAIL if value < 0 else Verdict.OK
        return [PlanCheck("Workspace", verdict, row, f"along {AXES[axis]}", value, 0.0, "m")]

    def _tips(self, q: F32) -> F32:
        """(h, n) rad → (tools, h, 3) m."""
        if self._kinematics is None:
            return frozen_f32(np.zeros((1, len(q), 3)))
        return self._kinematics.tip_paths(q)

    def _sample_tips(self, samples: F32 | None, tool: int) -> F32 | None:
        if samples is None or self._kinematics is None or not np.isfinite(samples).all():
            return None
        k, h, n = samples.shape
        return self._tips(samples.reshape(k * h, n))[tool].reshape(k, h, 3)

    def _check(
        self,
        name: str,
        verdict: Verdict,
        row: int,
        joint: int,
        value: float,
        bound: float,
        unit: str,
    ) -> PlanCheck:
        joint_name = self._robot.joint_names[joint] if joint >= 0 else ""
        return PlanCheck(name, verdict, row, joint_name, value, bound, unit)


def _verdict(value: float, *, warn: float, fail: float) -> Verdict:
    """Larger is worse."""
    if value > fail:
        return Verdict.FAIL
    return Verdict.WARN if value > warn else Verdict.OK
