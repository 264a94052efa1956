"""What the emulated servos are screwed to, and an arm without weight that a hand moves.

A body translates between its joints (rad) and the encoders of its servos (steps of the encoder's
own count, whose zero lies anywhere: horns are mounted as it happens). Knows no bus.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from devices.description import F64, joint_specs, robot_folder
from devices.emulators.motor import Motor
from devices.feetech.registers import STEPS
from recordings.types import F32, JointSpec

STEP_PER_RAD = STEPS / (2 * math.pi)
LONGEST_STEP_S = 0.05  # a stalled emulator must not leap
SOFT_HAND_RAD_S = 2.0
JAW_SPAN_RAD = 1.919863  # of an SO-101's jaw from closed to open
_NS = 1e9


class Body(Protocol):
    """Mechanics behind a row of servos."""

    def step_to(self, now_ns: int, servos: Sequence[Motor]) -> None:
        """Move on to now as the servos drive it, then let them measure."""
        ...

    @property
    def q(self) -> F32:
        """(n,) rad, gripper 0…1: the truth, for tests."""
        ...

    def push(self, q: npt.ArrayLike) -> None:
        """A hand wants the joints there, (n,) rad."""
        ...

    def angles(self, steps: Sequence[float]) -> tuple[float, ...]:
        """Encoder counts as joints, (n,) rad."""
        ...


class Mounting:
    """How the encoders of one arm stand to its joints."""

    def __init__(
        self,
        joints: Sequence[JointSpec],
        *,
        zero_steps: npt.ArrayLike,
        jaw_span_rad: float = JAW_SPAN_RAD,
        turned: Collection[str] = (),
    ) -> None:
        """Encoders.

        Args:
            joints: of the robot description.
            zero_steps: (n,) encoder count where a joint is at 0 rad (gripper: closed).
            jaw_span_rad: what the jaw's motor turns from closed to open.
            turned: joints whose motors are mounted the other way round.
        """
        grips = np.array([joint.is_gripper for joint in joints])
        self.zero = np.asarray(zero_steps, dtype=np.float64)
        signs = np.array([-1.0 if joint.name in turned else 1.0 for joint in joints])
        self.per_unit = (
            signs * np.where(grips, jaw_span_rad, 1.0) * STEP_PER_RAD
        )  # steps per rad or 1

    def steps(self, q: npt.ArrayLike) -> F64:
        """(n,) rad → (n,) encoder counts."""
        return self.zero + np.asarray(q, dtype=np.float64) * self.per_unit

    def q(self, steps: npt.ArrayLike) -> F64:
        """(n,) encoder counts → (n,) rad."""
        return (np.asarray(steps, dtype=np.float64) - self.zero) / self.per_unit

    def angles(self, steps: Sequence[float]) -> tuple[float, ...]:
        """The same as plain numbers."""
        return tuple(float(v) for v in self.q(steps))


class BodyClock:
    """Time between two steps, bounded."""

    def __init__(self) -> None:
        self._last_ns: int | None = None

    def elapsed_s(self, now_ns: int) -> float:
        last, self._last_ns = self._last_ns, now_ns
        return 0.0 if last is None else min((now_ns - last) / _NS, LONGEST_STEP_S)


class HeldBody:
    """An arm without weight: it stays where a hand puts it, or goes where its servos drive it."""

    def __init__(
        self,
        joints: Sequence[JointSpec],
        mounting: Mounting,
        *,
        q: npt.ArrayLike,
    ) -> None:
        self._limits = np.array([(joint.lower, joint.upper) for joint in joints]).T
        self._mounting = mounting
        self._q = np.asarray(q, dtype=np.float64)
        self._hand = self._q.copy()
        self._clock = BodyClock()

    @property
    def q(self) -> F32:
        return self._q.astype(np.float32)

    def push(self, q: npt.ArrayLike) -> None:
        self._hand = np.clip(np.asarray(q, dtype=np.float64), *self._limits)

    def angles(self, steps: Sequence[float]) -> tuple[float, ...]:
        return self._mounting.angles(steps)

    def step_to(self, now_ns: int, servos: Sequence[Motor]) -> None:
        seconds = self._clock.elapsed_s(now_ns)
        for servo in servos:
            servo.advance(seconds)
        driven = np.array([servo.strength > 0 for servo in servos])
        goal = self._mounting.q([servo.setpoint or 0.0 for servo in servos])
        stuck = np.array([servo.stuck for servo in servos])
        reach = SOFT_HAND_RAD_S * seconds
        by_hand = self._q + np.clip(self._hand - self._q, -reach, reach)
        before = self._q
        self._q = np.where(stuck, before, np.clip(np.where(driven, goal, by_hand), *self._limits))
        steps = self._mounting.steps(self._q)
        speed = (self._q - before) * self._mounting.per_unit / seconds if seconds else 0 * steps
        for i, servo in enumerate(servos):
            pressing = float(np.sign(goal[i] - self._q[i])) if stuck[i] and driven[i] else 0.0
            servo.measure(
                actual=float(steps[i]), speed=float(speed[i]), load=pressing, seconds=seconds
            )


def so101_joints() -> tuple[JointSpec, ...]:
    """Joints of the arm that the emulators are built as."""
    return joint_specs(robot_folder("so101") / "robot.xml")
