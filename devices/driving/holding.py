"""Holding: the arm stays at the last command, after coasting to rest when it was moving.

Knows no reason and no authority.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

COAST_S = 0.05  # s, time constant of the decay of speed


class Hold:
    """Targets while nobody drives."""

    def __init__(self) -> None:
        self._q = np.zeros(0)
        self._v = np.zeros(0)
        self._since_s = 0.0

    def freeze(self, q: npt.ArrayLike) -> None:
        """Stay exactly at ``q`` (n,) rad from now on: STOP."""
        self._q = np.array(q, dtype=np.float64)
        self._v = np.zeros_like(self._q)

    def coast(self, q: npt.ArrayLike, v: npt.ArrayLike) -> None:
        """Come to rest from command ``q`` (n,) rad moving with ``v`` (n,) rad/s."""
        self._q = np.array(q, dtype=np.float64)
        self._v = np.array(v, dtype=np.float64)
        self._since_s = 0.0

    def target(self, elapsed_s: float) -> F64:
        """Target (n,) rad, one control period on."""
        self._since_s += elapsed_s
        return self._q + coasted(self._v, self._since_s)


def coasted(v: F64, since_s: float) -> F64:
    """How far a joint with speed ``v`` (n,) rad/s has coasted after ``since_s``."""
    return v * COAST_S * (1 - math.exp(-since_s / COAST_S))
