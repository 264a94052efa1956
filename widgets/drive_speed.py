"""From held keys, a pushed knob and a turned wheel to a tool speed.

Pure: knows no Qt and no arm. Frame: robot base, x forward (away from the arm), y left, z up.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

LINEAR_MPS = 0.12  # full push or held key
ANGULAR_RPS = 0.9
GRIPPER_PER_S = 1.2  # opening fraction per second
DEAD_ZONE = 0.08  # of the knob's way
FINE = 0.35  # speed with the fine key held

# key → (linear x y z, angular x y z, gripper); with Shift the six movement keys turn the tool
MOVES = {
    "W": (1, 0, 0),
    "S": (-1, 0, 0),
    "A": (0, 1, 0),
    "D": (0, -1, 0),
    "E": (0, 0, 1),
    "Q": (0, 0, -1),
}
TURNS = {
    "A": (0, 0, 1),
    "D": (0, 0, -1),
    "W": (0, 1, 0),
    "S": (0, -1, 0),
    "Q": (-1, 0, 0),
    "E": (1, 0, 0),
}
GRIPS = {"C": -1.0, "V": 1.0}
KEYS = frozenset(MOVES) | frozenset(GRIPS)

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class ToolSpeed:
    """What a person asks the tool to do."""

    linear: Vector = (0.0, 0.0, 0.0)  # m/s
    angular: Vector = (0.0, 0.0, 0.0)  # rad/s about base x y z
    gripper: float = 0.0  # opening fraction per second, positive opens

    @property
    def is_zero(self) -> bool:
        return not (any(self.linear) or any(self.angular) or self.gripper)


def tool_speed(
    keys: Collection[str],
    *,
    knob: tuple[float, float] = (0.0, 0.0),
    lift: float = 0.0,
    turning: bool = False,
    fine: bool = False,
) -> ToolSpeed:
    """Add up everything that is pushed; never faster than the limits above.

    Args:
        keys: held keys, upper-case letters of :data:`KEYS`.
        knob: push of the pad, x right and y up, each -1…1.
        lift: wheel, -1 down … 1 up.
        turning: Shift is held: the movement keys turn the tool.
        fine: go at a third of the speed.
    """
    right, forward = past_dead_zone(knob)
    linear = [forward, -right, lift]
    angular = [0.0, 0.0, 0.0]
    table, target = (TURNS, angular) if turning else (MOVES, linear)
    for key in keys:
        for axis, sign in enumerate(table.get(key, (0, 0, 0))):
            target[axis] += sign
    grip = max(-1.0, min(1.0, sum(GRIPS.get(key, 0.0) for key in keys)))
    scale = FINE if fine else 1.0
    return ToolSpeed(
        linear=limited(linear, LINEAR_MPS * scale),
        angular=limited(angular, ANGULAR_RPS * scale),
        gripper=grip * GRIPPER_PER_S,
    )


def past_dead_zone(knob: tuple[float, float]) -> tuple[float, float]:
    """Nothing inside the dead zone, then growing from zero without a jump."""
    reach = math.hypot(*knob)
    if reach <= DEAD_ZONE:
        return (0.0, 0.0)
    pushed = (min(reach, 1.0) - DEAD_ZONE) / (1 - DEAD_ZONE)
    return (knob[0] / reach * pushed, knob[1] / reach * pushed)


def limited(vector: list[float], most: float) -> Vector:
    """``vector`` (each part in units of full speed) with a length of at most ``most``."""
    length = math.hypot(*vector)
    scale = most / max(length, 1.0)
    x, y, z = (part * scale for part in vector)
    return (x, y, z)
