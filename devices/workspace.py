"""Where the tool may be, and keeping commands inside it: a box in the base frame, table included.

Looks ahead: a command is held back as soon as braking from it would end outside. Coming back from
outside is always allowed. Needs kinematics of its own: one pose per control period, a second only
near the border. Knows no authority and no plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from recordings.types import F32

F64 = npt.NDArray[np.float64]

AXES = ("x", "y", "z")
NO_WORSE_M = 1e-5  # less is rounding


@dataclass(frozen=True, slots=True)
class Workspace:
    """A box for the tool tip, m in the base frame; the lower z is the table."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Outside:
    """How a place leaves the box: along which axis, where it is, and the bound."""

    axis: str
    value_m: float
    bound_m: float

    @property
    def by_m(self) -> float:
        return abs(self.value_m - self.bound_m)


class Tips(Protocol):
    """What a fence needs of kinematics."""

    def tip_paths(self, q: npt.ArrayLike) -> F32:
        """(h, n) rad → (tools, h, 3) m."""
        ...


def outside(workspace: Workspace, tip: Sequence[float]) -> Outside | None:
    """The worst way in which ``tip`` (x, y, z) m is outside; None inside."""
    worst: Outside | None = None
    for axis, x, low, high in zip(AXES, tip, workspace.low, workspace.high, strict=True):
        if low <= x <= high:
            continue
        found = Outside(axis, x, low if x < low else high)
        if worst is None or found.by_m > worst.by_m:
            worst = found
    return worst


class Fence:
    """Holds commands of a robot back from leaving its workspace."""

    def __init__(
        self, workspace: Workspace, tips: Tips, *, max_acceleration: F64, max_speed: F64
    ) -> None:
        """A fence.

        Args:
            workspace: the box.
            tips: kinematics used by this thread only.
            max_acceleration: (n,) rad/s², with which commands are braked.
            max_speed: (n,) rad/s.
        """
        self._workspace = workspace
        self._tips = tips
        self._max_acceleration = max_acceleration
        self._max_speed = max_speed

    def crossed_by(self, target: F64, *, q: F64, period_s: float) -> Outside | None:
        """How going for ``target`` (n,) rad from command ``q`` would leave the box, if it would."""
        v = ((target - q) / period_s).clip(-self._max_speed, self._max_speed)
        rest = q + v * period_s + v * np.abs(v) / (2 * self._max_acceleration)
        found = self._outside_at(rest)
        if found is None:
            return None
        now = self._outside_at(q)
        grows = now is None or found.by_m > now.by_m + NO_WORSE_M
        return found if grows else None

    def _outside_at(self, q: F64) -> Outside | None:
        paths = self._tips.tip_paths(q[np.newaxis])
        found = [outside(self._workspace, path[0].tolist()) for path in paths]
        return max((o for o in found if o is not None), key=lambda o: o.by_m, default=None)
