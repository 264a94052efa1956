"""The way to a pose of rest: straight in joint space, slow, smooth at both ends.

Knows no obstacle: the parking pose is where the arm stood when the bench was connected, or what
the bench names; another is where a recording begins.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

PEAK = 1.875  # peak over mean speed of a minimum-jerk move


class Parking:
    """One minimum-jerk move from the last command to a pose."""

    def __init__(
        self, start: npt.ArrayLike, goal: npt.ArrayLike, *, rad_s: float, least_s: float = 0.1
    ) -> None:
        self._start = np.array(start, dtype=np.float64)
        self._way = np.array(goal, dtype=np.float64) - self._start
        self._duration_s = max(least_s, PEAK * float(np.abs(self._way).max()) / rad_s)
        self._since_s = 0.0

    @property
    def done(self) -> bool:
        return self._since_s >= self._duration_s

    @property
    def duration_s(self) -> float:
        return self._duration_s

    def target(self, elapsed_s: float) -> F64:
        """Target (n,) rad, one control period on."""
        self._since_s += elapsed_s
        u = min(1.0, self._since_s / self._duration_s)
        return self._start + (10 * u**3 - 15 * u**4 + 6 * u**5) * self._way
