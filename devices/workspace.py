"""Where the tool may be, and keeping commands inside it: a box in the base frame, table included.

Looks ahead: a command is held back as soon as braking from it would end outside. Coming back from
outside is always allowed. Needs kinematics of its own, one pose or two per control period; knows no
authority and no plan.
"""

from __future__ import annotations

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

    def tip_positions(self, q: npt.ArrayLike) -> F32:
        """(h, n) rad → (h, 3) m."""
        ...


def outside(workspace: Workspace, tip: npt.ArrayLike) -> Outside | None:
    """The worst way in which ``tip`` (3,) m is outside; None inside."""
    x = np.asarray(tip, dtype=np.float64)
    low, high = np.array(workspace.low), np.array(workspace.high)
    beyond = np.maximum(low - x, x - high)
    axis = int(beyond.argmax())
    if beyond[axis] <= 0.0:
        return None
    bound = low[axis] if x[axis] < low[axis] else high[axis]
    return Outside(AXES[axis], float(x[axis]), float(bound))


class Fence:
    """Holds commands of one arm back from leaving its workspace."""

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
        v = np.clip((target - q) / period_s, -self._max_speed, self._max_speed)
        rest = q + v * period_s + np.sign(v) * v**2 / (2 * self._max_acceleration)
        there, here = self._tips.tip_positions(np.stack([rest, q]))
        found = outside(self._workspace, there)
        if found is None:
            return None
        now = outside(self._workspace, here)
        grows = now is None or found.by_m > now.by_m + NO_WORSE_M
        return found if grows else None
