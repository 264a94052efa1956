"""A smooth path through joint poses at given times.

Cubic pieces whose speeds never overshoot a knot (Fritsch and Carlson 1980), standing still at both
ends and wherever a joint turns round. Pure numbers: knows no arm.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from devices.description import F64


class JointPath:
    """q(t) through knots."""

    def __init__(self, times_s: npt.ArrayLike, q: npt.ArrayLike) -> None:
        """A path.

        Args:
            times_s: (k,) strictly increasing.
            q: (k, n) rad, one row per time.
        """
        self._t: F64 = np.asarray(times_s, dtype=np.float64)
        self._q: F64 = np.asarray(q, dtype=np.float64)
        self._qd = _monotone_speeds(self._t, self._q)

    @property
    def duration_s(self) -> float:
        """Time of the last knot."""
        return float(self._t[-1])

    def at(self, t_s: float) -> F64:
        """(n,) rad at a time; before the first and after the last knot the path stands still."""
        t = float(np.clip(t_s, self._t[0], self._t[-1]))
        i = min(int(np.searchsorted(self._t, t, side="right")) - 1, len(self._t) - 2)
        span = self._t[i + 1] - self._t[i]
        u = (t - self._t[i]) / span
        return (
            (1 + 2 * u) * (1 - u) ** 2 * self._q[i]
            + u * (1 - u) ** 2 * span * self._qd[i]
            + u**2 * (3 - 2 * u) * self._q[i + 1]
            + u**2 * (u - 1) * span * self._qd[i + 1]
        )


def _monotone_speeds(t: F64, q: F64) -> F64:
    """(k, n) rad/s at the knots: weighted harmonic mean of both sides, 0 at a turn."""
    span = np.diff(t)[:, None]
    slope = np.diff(q, axis=0) / span
    speeds = np.zeros_like(q)
    left, right = slope[:-1], slope[1:]
    same_way = left * right > 0
    heavy_left, heavy_right = 2 * span[1:] + span[:-1], span[1:] + 2 * span[:-1]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        mean = (heavy_left + heavy_right) / (heavy_left / left + heavy_right / right)
    speeds[1:-1] = np.where(same_way, mean, 0.0)
    return speeds
