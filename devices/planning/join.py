"""Joining a fresh plan to the motion under way, without a kink and without a solver.

Minimises the distance to the plan plus the third difference across the seam (least squares, the
matrix is the same for all joints and cached). It belongs on top of plans that are consistent with
the motion; it is no repair for one that wants to go elsewhere: that is what the join limit in the
player is for. Knows no clock and no arm.

The strength follows from a cut-off frequency, so that plans of any rate are smoothed alike: a third
difference weighted by λ halves what moves faster than ``2 sin(π f dt) = λ^(-1/6)``.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

CUTOFF_HZ = 3.3  # faster wiggles of a policy are tremor; λ = 10 at 30 rows per second
RAMP_S = 0.17  # over which trust in the new plan grows; 5 rows at 30 per second
FIRST_TRUST = 0.03  # weight of the first row


def join(before: npt.ArrayLike, plan: npt.ArrayLike, *, dt_s: float) -> F64:
    """The plan, bent at its start so that it continues what was sent.

    Args:
        before: (3, n) rad, what was sent at the three rows before, oldest first.
        plan: (l, n) rad.
        dt_s: between rows.

    Returns:
        (l, n) rad.
    """
    sent, rows = np.asarray(before, dtype=np.float64), np.asarray(plan, dtype=np.float64)
    keep, carry = _matrices(len(rows), round(dt_s, 6))
    return keep @ rows - carry @ sent


def warm_up(longest: int, *, dt_s: float) -> None:
    """Solve for every plan length ahead of time, off the control thread."""
    for length in range(1, longest + 1):
        _matrices(length, round(dt_s, 6))


def strength(dt_s: float) -> float:
    """λ of the third difference for rows ``dt_s`` apart."""
    return (2 * math.sin(math.pi * min(CUTOFF_HZ * dt_s, 0.5))) ** -6


@lru_cache(maxsize=512)
def _matrices(length: int, dt_s: float) -> tuple[F64, F64]:
    """``keep`` (l, l) and ``carry`` (l, 3): joined = keep @ plan - carry @ before."""
    ramp = max(2, round(RAMP_S / dt_s))
    weights = np.clip(FIRST_TRUST + (1 - FIRST_TRUST) * np.arange(length) / ramp, FIRST_TRUST, 1.0)
    difference = np.zeros((length, length + 3))
    for row in range(length):
        difference[row, row : row + 4] = (-1, 3, -3, 1)
    past, own = difference[:, :3], difference[:, 3:]
    smooth = strength(dt_s) * own.T
    inverse = np.linalg.inv(np.diag(weights) + smooth @ own)
    return inverse * weights, inverse @ smooth @ past
