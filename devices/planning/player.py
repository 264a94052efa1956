"""Plays plans: a plan and the time give the joint target of now.

It has a clock of its own that runs with the motion: at full speed it keeps pace with the machine's
clock, it slows down with the arm and stands still while the arm rests. Row ``i`` of a plan is due
``i * dt_s`` after its observation *on that clock*. So a late plan simply starts further in, slowing
down keeps the path, and a plan approved while the arm rests starts at its first row however long
the person looked at it.

Knows neither who approved a plan nor whether it is safe, and sends nothing.
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from devices.planning.bridge import Bridge
from devices.planning.curve import PlanCurve
from devices.planning.join import join
from recordings.types import F32, Plan, RobotSpec, frozen_f32

F64 = npt.NDArray[np.float64]

SLOW_DOWN_S = 0.15  # s from full speed to rest, on the planned path
START_SPEED = 0.3  # share of full speed when motion begins
HISTORY_S = 1.5  # s of sent commands kept for joining


class PlayerState(enum.Enum):
    """REST → RUNNING → SLOWING → REST."""

    REST = "rest"
    RUNNING = "running"
    SLOWING = "slowing"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Where a plan and the motion under way differ most at the moment of joining."""

    joint: str
    difference_rad: float


class Player:
    """Executes one plan at a time for one robot."""

    def __init__(self, robot: RobotSpec) -> None:
        self._joints = robot.joint_names
        self._gripper = np.array([j.is_gripper for j in robot.joints], dtype=bool)
        self._state = PlayerState.REST
        self._clock_s = 0.0
        self._speed = 0.0
        self._ramp_s = 1.0
        self._until_s = 0.0
        self._plan: Plan | None = None
        self._observed_s = 0.0
        self._curve: PlanCurve | None = None
        self._bridge: Bridge | None = None
        self._q = np.zeros(len(robot.joints))  # sent last
        self._rest = self._q  # target while at rest
        self._sent: deque[tuple[float, F64]] = deque()

    # ── what it is doing ───────────────────────────────────────────────────────────────────

    @property
    def state(self) -> PlayerState:
        return self._state

    @property
    def clock_s(self) -> float:
        """Time of the motion, s."""
        return self._clock_s

    @property
    def plan_id(self) -> int:
        """Plan being executed, -1 none."""
        return -1 if self._plan is None else self._plan.id

    @property
    def plan_rows(self) -> int:
        return 0 if self._plan is None else len(self._plan.q)

    @property
    def row(self) -> float:
        """Row of the plan being executed."""
        if self._plan is None:
            return 0.0
        return (self._clock_s - self._observed_s) / self._plan.dt_s

    @property
    def age_s(self) -> float:
        """Age of the observation behind the plan, on the clock of the motion."""
        return 0.0 if self._plan is None else self._clock_s - self._observed_s

    @property
    def left_s(self) -> float:
        """Motion left in the plan, s."""
        if self._plan is None:
            return 0.0
        return max(0.0, (len(self._plan.q) - 1 - self.row) * self._plan.dt_s)

    def upcoming(self, *, dt_s: float) -> F32 | None:
        """What will really be executed from now on: (l, n) rad, row 0 is now. None at rest."""
        if self._curve is None or self._plan is None or self._state is not PlayerState.RUNNING:
            return None
        count = int(self.left_s / dt_s) + 1
        clocks = self._clock_s + dt_s * np.arange(count)
        return frozen_f32([self._target_at(float(clock_s)) for clock_s in clocks])

    # ── what it is told ────────────────────────────────────────────────────────────────────

    def rest_at(self, q: npt.ArrayLike) -> None:
        """Forget any plan: the arm rests at ``q`` (n,) rad, the command sent last."""
        self._state = PlayerState.REST
        self._speed = 0.0
        self._plan, self._curve, self._bridge = None, None, None
        self._q = self._rest = np.array(q, dtype=np.float64)
        self._sent.clear()
        self._sent.append((self._clock_s, self._q))

    def disagreement(self, plan: Plan, *, observed_s: float) -> Disagreement:
        """How far the plan is from the command sent last, at the moment it would take over."""
        rows = np.asarray(plan.q, dtype=np.float64)
        u = np.clip((self._clock_s - observed_s) / plan.dt_s, 0, len(rows) - 1)
        k = int(u)
        here = rows[k] + (u - k) * (rows[min(k + 1, len(rows) - 1)] - rows[k])
        difference = np.where(self._gripper, 0.0, np.abs(here - self._q))
        worst = int(difference.argmax())
        return Disagreement(self._joints[worst], float(difference[worst]))

    def load(
        self, plan: Plan, *, observed_s: float, run_s: float | None = None, ramp_s: float = 0.25
    ) -> None:
        """Continue with this plan from now on; rows that are past are dropped.

        Args:
            plan: finite, of this robot.
            observed_s: the motion clock at its observation.
            run_s: how much of it may be executed, s; None: all.
            ramp_s: from ``START_SPEED`` to full speed when the arm is at rest.
        """
        dt_s = plan.dt_s
        u = (self._clock_s - observed_s) / dt_s
        first = int(u) + 1
        rows = np.asarray(plan.q, dtype=np.float64)[first:]
        before = self._sent_at([observed_s + dt_s * k for k in range(first - 3, first)])
        joined = join(before, rows, dt_s=dt_s) if len(rows) else rows
        joined[:, self._gripper] = rows[:, self._gripper]
        curve = PlanCurve(
            np.vstack([before, joined]), first_row=first - 3, is_gripper=self._gripper
        )
        moving = self._state is not PlayerState.REST
        speed_now = self._plan_speed() if moving else None
        self._plan, self._curve, self._observed_s = plan, curve, observed_s
        self._bridge = self._bridge_from(u, speed_now)
        self._until_s = self._clock_s + (np.inf if run_s is None else run_s)
        self._ramp_s = ramp_s
        self._speed = self._speed if moving else START_SPEED
        self._state = PlayerState.RUNNING

    def limit_run(self, run_s: float) -> None:
        """Come to rest on the path once ``run_s`` more of the plan was executed."""
        self._until_s = min(self._until_s, self._clock_s + run_s)

    def slow(self) -> None:
        """Come to rest on the path, now."""
        if self._state is PlayerState.RUNNING:
            self._state = PlayerState.SLOWING

    def advance(self, elapsed_s: float) -> F64:
        """One control period on: the target (n,) rad of now."""
        if self._state is PlayerState.REST or self._curve is None:
            return self._rest
        if self._clock_s + self._speed**2 * SLOW_DOWN_S / 2 >= self._until_s:
            self.slow()
        self._pace(elapsed_s)
        self._clock_s += self._speed * elapsed_s
        target = self._target_at(self._clock_s)
        if self._speed == 0.0 or self.row >= self._curve.end_row:
            self._come_to_rest(target)
        return target

    def sent(self, q: npt.ArrayLike) -> None:
        """Note what was really sent (n,) rad this period."""
        self._q = np.array(q, dtype=np.float64)
        if self._sent and self._sent[-1][0] == self._clock_s:
            self._sent.pop()
        self._sent.append((self._clock_s, self._q))
        while self._clock_s - self._sent[0][0] > HISTORY_S:
            self._sent.popleft()

    # ── inside ─────────────────────────────────────────────────────────────────────────────

    def _pace(self, elapsed_s: float) -> None:
        if self._state is PlayerState.SLOWING:
            self._speed = max(0.0, self._speed - elapsed_s / SLOW_DOWN_S)
        else:
            gain = (1 - START_SPEED) * elapsed_s / max(self._ramp_s, 1e-6)
            self._speed = min(1.0, self._speed + gain)

    def _come_to_rest(self, target: F64) -> None:
        """At rest the past no longer says anything about speed."""
        self._state = PlayerState.REST
        self._rest = target
        self._speed = 0.0
        self._sent.clear()

    def _target_at(self, clock_s: float) -> F64:
        assert self._curve is not None
        assert self._plan is not None
        target = self._curve.at((clock_s - self._observed_s) / self._plan.dt_s)
        return target if self._bridge is None else target + self._bridge.at(clock_s)

    def _plan_speed(self) -> F64:
        """Speed of the motion under way on its own clock, (n,) rad/s."""
        step_s = 1e-3
        ahead, behind = self._target_at(self._clock_s + step_s), self._target_at(self._clock_s)
        return (ahead - behind) / step_s

    def _bridge_from(self, u: float, speed_now: F64 | None) -> Bridge:
        assert self._curve is not None
        assert self._plan is not None
        position = np.where(self._gripper, 0.0, self._q - self._curve.at(u))
        slope = self._curve.slope(u) / self._plan.dt_s
        speed = np.zeros_like(slope) if speed_now is None else speed_now - slope
        return Bridge(position, np.where(self._gripper, 0.0, speed), self._clock_s)

    def _sent_at(self, clocks_s: list[float]) -> F64:
        """What was sent at these times of the motion clock, (k, n) rad."""
        if not self._sent:
            return np.tile(self._q, (len(clocks_s), 1))
        times = np.array([clock_s for clock_s, _ in self._sent])
        commands = np.array([q for _, q in self._sent])
        columns = [np.interp(clocks_s, times, column) for column in commands.T]
        return np.stack(columns, axis=1)
