"""From the encoders of a GELLO to the joints of the arm that it is a small copy of.

``angle = sign · (step · π / 2048 − offset)``: no homing offset is stored in its motors, the numbers
stand in the bench file. The trigger is a share of its own way. Source: the GELLO software's
configuration of a leader. Knows no bus.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from devices.calibration.scale import RAD_PER_STEP, Steps
from recordings.types import F32, frozen_f32


@dataclass(frozen=True, slots=True)
class Trigger:
    """Where the trigger's motor stands when the gripper is to be open, and when it is closed."""

    open_rad: float
    closed_rad: float


class GelloScale:
    """Of one GELLO."""

    def __init__(
        self, signs: Sequence[int], offsets_rad: Sequence[float], trigger: Trigger | None
    ) -> None:
        """A scale.

        Args:
            signs: +1 or −1 per arm joint: which way its motor is mounted.
            offsets_rad: per arm joint, where its motor stands when the arm is at 0 rad.
            trigger: the gripper's, last; None: there is none.
        """
        per_step = [sign * RAD_PER_STEP for sign in signs]
        zero = [offset / RAD_PER_STEP for offset in offsets_rad]
        if trigger is not None:
            per_step.append(RAD_PER_STEP / (trigger.open_rad - trigger.closed_rad))
            zero.append(trigger.closed_rad / RAD_PER_STEP)
        self._per_step = np.array(per_step)  # rad, or opening, per step
        self._zero = np.array(zero)  # step
        self._is_trigger = np.arange(len(zero)) >= len(signs)

    def q_of(self, steps: npt.ArrayLike) -> F32:
        """(n,) encoder counts → (n,) float32 rad, trigger clipped to 0 closed … 1 open."""
        q = (np.asarray(steps) - self._zero) * self._per_step
        return frozen_f32(np.where(self._is_trigger, q.clip(0.0, 1.0), q))

    def steps_of(self, q: npt.ArrayLike) -> Steps:
        """(n,) rad → (n,) whole encoder counts."""
        exact = self._zero + np.asarray(q, dtype=np.float64) / self._per_step
        return np.rint(exact).astype(np.int64)
