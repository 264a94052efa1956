"""The last gate before the motors: what is sent is finite, within limits and not too quick.

Pure arithmetic on the previous command, so that a lagging measurement cannot loosen it. It clamps;
it never decides who drives, and it knows no plan, no person and no bus.

Source of the braking law: position-based speed limits as in collaborative arms, in the discrete
form that stops exactly on the limit: ``v²/2a + vT/2 ≤ distance``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recordings.types import F32, RobotSpec

F64 = npt.NDArray[np.float64]

FULL_SPEED_AFTER_S = 0.1  # s from rest to a joint's full speed; sets its acceleration limit
ROUNDING_RAD = 1e-6  # clamps smaller than this are float32 noise, not an intervention

_LOWEST, _HIGHEST = np.float32(-np.inf), np.float32(np.inf)


class GuardBit(enum.IntFlag):
    """What the guard had to change in a step; stored with every recorded step."""

    NONE = 0
    NOT_FINITE = 1
    LENGTH = 2
    POSITION = 4
    SPEED = 8
    ACCELERATION = 16
    WORKSPACE = 32


@dataclass(frozen=True, slots=True)
class Guarded:
    """A command that may be sent."""

    q: F32  # (n,) rad
    bits: GuardBit


class Guard:
    """Limits one robot's command stream. One ``limit`` call is one control period."""

    def __init__(
        self, robot: RobotSpec, *, period_s: float, full_speed_after_s: float = FULL_SPEED_AFTER_S
    ) -> None:
        self._period_s = period_s
        self._lower = robot.lower.astype(np.float64)
        self._upper = robot.upper.astype(np.float64)
        self._max_speed = robot.max_speed.astype(np.float64)
        self._max_acceleration = self._max_speed / full_speed_after_s
        self._v_step = self._max_acceleration * period_s
        self._slack = self._max_acceleration * period_s**2 / 8  # of the braking law, per step
        self._q = 0.5 * (self._lower + self._upper)
        self._v = np.zeros_like(self._q)
        self._target_before: F64 | None = None

    @property
    def max_acceleration(self) -> F64:
        """(n,) rad/s²."""
        return self._max_acceleration

    @property
    def position(self) -> F64:
        """(n,) rad, the command sent last."""
        return self._q

    @property
    def velocity(self) -> F64:
        """(n,) rad/s, of the commands sent last."""
        return self._v

    def reset(self, q: npt.ArrayLike) -> None:
        """Start from rest at ``q`` (n,) rad: at connect, at STOP, after a scene reset."""
        self._q = np.array(q, dtype=np.float64)
        self._v = np.zeros_like(self._q)
        self._target_before = None

    def correct(self, q: npt.ArrayLike) -> None:
        """What was really sent (n,) rad, when the arm took something else than asked or nothing."""
        self._q = np.array(q, dtype=np.float64)

    def limit(self, target: npt.ArrayLike) -> Guarded:
        """The command nearest to ``target`` (n,) rad that the arm may be sent now.

        A target that is not finite or not of the right length is not repaired: the arm brakes to
        rest as if the target were where it already is.
        """
        wanted, bits = self._sane(target)
        # An arm found beyond a limit may stay there or come back, never go further.
        low, high = np.minimum(self._lower, self._q), np.maximum(self._upper, self._q)
        inside = _between(low, wanted, high)
        if _differ(inside, wanted):
            bits |= GuardBit.POSITION
        v_wanted = (inside - self._q) / self._period_s
        v = _between(-self._max_speed, v_wanted, self._max_speed)
        if _differ(v * self._period_s, v_wanted * self._period_s):
            bits |= GuardBit.SPEED
        v_smooth = self._accelerate(v, inside, low, high)
        if _differ(v_smooth * self._period_s, v * self._period_s):
            bits |= GuardBit.ACCELERATION
        exact = not bits & (GuardBit.SPEED | GuardBit.ACCELERATION)
        q = inside if exact else _between(low, self._q + v_smooth * self._period_s, high)
        self._v = (q - self._q) / self._period_s
        self._q = q
        return Guarded(self._as_float32(q), bits)

    def brake(self) -> Guarded:
        """Come to rest as quickly as the acceleration limit allows; one control period of it."""
        self._target_before = None  # where it is now must not pass for a moving target
        return self.limit(self._q)

    def _sane(self, target: npt.ArrayLike) -> tuple[F64, GuardBit]:
        wanted = np.asarray(target, dtype=np.float64)
        if wanted.shape == self._q.shape and np.isfinite(wanted).all():
            return wanted, GuardBit.NONE
        self._target_before = None  # the stand-in below must not pass for a moving target
        same_shape = wanted.shape == self._q.shape
        return self._q, GuardBit.NOT_FINITE if same_shape else GuardBit.LENGTH

    def _accelerate(self, v: F64, target: F64, low: F64, high: F64) -> F64:
        """Speed allowed now: bounded acceleration, braking before a limit and before the target."""
        v_target = self._target_speed(target)
        to_target = np.abs(target - self._q)
        to_high, to_low = high - self._q, self._q - low
        closing, up, down = self._braking_speed(np.stack((to_target, to_high, to_low)))
        v = _between(v_target - closing, v, v_target + closing)
        v = _between(self._v - self._v_step, v, self._v + self._v_step)
        v = _between(-down, v, up)
        return _between(-self._max_speed, v, self._max_speed)

    def _target_speed(self, target: F64) -> F64:
        """How fast the target itself moves, (n,) rad/s, bounded by the joint's own speed."""
        before = target if self._target_before is None else self._target_before
        self._target_before = target
        v_target = (target - before) / self._period_s
        return _between(-self._max_speed, v_target, self._max_speed)

    def _braking_speed(self, distance: F64) -> F64:
        """Largest speed from which the joint stops within ``distance`` (…, n) rad.

        The law of continuous time, corrected for steps; the last short way is made in one step.
        """
        half = self._period_s / 2
        sure = np.maximum(distance - self._slack, 0.0)
        speed = self._max_acceleration * (
            np.sqrt(half**2 + 2 * sure / self._max_acceleration) - half
        )
        last_step = distance / self._period_s
        return np.where(last_step <= self._v_step, np.maximum(speed, last_step), speed)

    def _as_float32(self, q: F64) -> F32:
        """Rounded, but never across a limit."""
        inside = q.astype(np.float32)
        inside = np.where(
            inside > np.maximum(self._upper, q), np.nextafter(inside, _LOWEST), inside
        )
        inside = np.where(
            inside < np.minimum(self._lower, q), np.nextafter(inside, _HIGHEST), inside
        )
        inside.flags.writeable = False
        return inside


def _between(low: F64, values: F64, high: F64) -> F64:
    return np.minimum(np.maximum(values, low), high)


def _differ(a: F64, b: F64) -> bool:
    return bool((np.abs(a - b) > ROUNDING_RAD).any())
