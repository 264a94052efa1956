"""From encoder steps to radians and back: the only place where a step becomes an angle.

Body joints: 0 rad is the middle of the calibrated range, positive as the motor counts. Grippers: 0
closed … 1 open over the calibrated range (``drive_mode`` 1 turns that round). Frame: the motor's
present position, after its homing offset. Knows no bus and no file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from devices.calibration.types import STEPS, ArmCalibration
from recordings.types import F32, JointSpec, frozen_f32

RAD_PER_STEP = 2 * math.pi / STEPS

Steps = npt.NDArray[np.int64]


class Scale(Protocol):
    """How the steps of an arm's motors become its joints, and back."""

    def q_of(self, steps: npt.ArrayLike) -> F32:
        """(n,) positions, steps → (n,) float32 rad, gripper 0 … 1; never clipped."""
        ...

    def steps_of(self, q: npt.ArrayLike) -> Steps:
        """(n,) rad → (n,) whole steps within the range of the arm."""
        ...


class JointScale:
    """Of one calibrated arm."""

    def __init__(self, calibration: ArmCalibration, joints: Sequence[JointSpec]) -> None:
        """A scale.

        Args:
            calibration: checked, its joints in the order of ``joints``.
            joints: of the robot description; says which are grippers.
        """
        found = [calibration.joints[joint.name] for joint in joints]
        grips = np.array([joint.is_gripper for joint in joints])
        turned = grips & np.array([motor.drive_mode == 1 for motor in found])
        self._low = np.array([motor.range_min for motor in found])
        self._high = np.array([motor.range_max for motor in found])
        middle = np.array([motor.middle for motor in found])
        span = np.array([float(motor.span) for motor in found])
        self._zero = np.where(grips, np.where(turned, self._high, self._low), middle)  # step
        self._per_step = np.where(grips, np.where(turned, -1.0, 1.0) / span, RAD_PER_STEP)

    def q_of(self, steps: npt.ArrayLike) -> F32:
        """(n,) present positions → (n,) float32 rad; never clipped: a hand can move beyond."""
        return frozen_f32((np.asarray(steps) - self._zero) * self._per_step)

    def steps_of(self, q: npt.ArrayLike) -> Steps:
        """(n,) rad → (n,) whole steps within the calibrated range."""
        exact = self._zero + np.asarray(q, dtype=np.float64) / self._per_step
        return np.clip(np.rint(exact), self._low, self._high).astype(np.int64)


def within_range(joints: Sequence[JointSpec], calibration: ArmCalibration) -> tuple[JointSpec, ...]:
    """The joints with their limits narrowed to what this very arm was swept over."""
    return tuple(_narrowed(joint, calibration.joints[joint.name].span) for joint in joints)


def _narrowed(joint: JointSpec, span: int) -> JointSpec:
    if joint.is_gripper:
        return joint
    reach = span / 2 * RAD_PER_STEP
    return replace(joint, lower=max(joint.lower, -reach), upper=min(joint.upper, reach))
