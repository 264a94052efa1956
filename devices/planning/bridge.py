"""What is left of a seam after joining, worked off smoothly. Knows no plan and no arm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

BRIDGE_S = 0.2  # s over which a residual is worked off


@dataclass(frozen=True, slots=True)
class Bridge:
    """A residual of position and speed that decays to nothing; continuous in acceleration."""

    position: F64  # (n,) rad
    speed: F64  # (n,) rad/s
    start_s: float

    def at(self, clock_s: float) -> F64:
        """What to add to the target at ``clock_s``, (n,) rad."""
        u = (clock_s - self.start_s) / BRIDGE_S
        if u >= 1:
            return np.zeros_like(self.position)
        h0 = 1 - 10 * u**3 + 15 * u**4 - 6 * u**5
        h1 = BRIDGE_S * (u - 6 * u**3 + 8 * u**4 - 3 * u**5)
        return h0 * self.position + h1 * self.speed
