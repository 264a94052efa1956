"""A plan as a smooth function of time: cubic B-spline for arm joints, linear for grippers.

Look-ahead: the rows after "now" shape the curve, so sampling it adds no lag. Knows no clock, no
limits and no arm.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]


class PlanCurve:
    """Rows of joint targets, evaluated between rows.

    A gripper follows straight lines through its rows: a B-spline would blur a grasp. After its last
    row the curve comes to rest on it, one row later.
    """

    def __init__(self, rows: npt.ArrayLike, *, first_row: int, is_gripper: npt.ArrayLike) -> None:
        """Args:
        rows: (m, n) rad.
        first_row: row number of ``rows[0]`` in its plan; may be negative (what was sent before).
        is_gripper: (n,) bool.
        """
        points = np.asarray(rows, dtype=np.float64)
        before = 2 * points[0] - points[min(1, len(points) - 1)]  # so that it starts on rows[0]
        self._points = np.vstack([before, points, points[-1], points[-1], points[-1]])
        self._first_row = first_row
        self._gripper = np.asarray(is_gripper, dtype=bool)
        self.end_row = first_row + len(points)

    def at(self, row: float) -> F64:
        """Joint targets (n,) rad at a row number; clamped to the ends."""
        position = min(max(row, self._first_row), self.end_row) - self._first_row
        k = min(math.floor(position), self.end_row - self._first_row - 1)
        t = position - k
        p0, p1, p2, p3 = self._points[k : k + 4]
        smooth = (
            (1 - t) ** 3 * p0
            + (3 * t**3 - 6 * t**2 + 4) * p1
            + (-3 * t**3 + 3 * t**2 + 3 * t + 1) * p2
            + t**3 * p3
        ) / 6
        return np.where(self._gripper, (1 - t) * p1 + t * p2, smooth)

    def slope(self, row: float) -> F64:
        """Derivative (n,) rad per row."""
        step = 1e-3
        return (self.at(row + step) - self.at(row - step)) / (2 * step)
