"""How one cube is picked up and put into the tray: places, openings and durations.

Turns a scene into waypoints of the tool; a person-like variation is drawn from a seed. The strategy
copies well from pictures: it needs nothing that one look does not show. Knows no joints.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from devices.description import F64

OPEN = 0.34  # opening fraction of the approach: about 6 cm between the fingertips
CLOSED = 0.0
GRASP_HEIGHT_M = 0.0145  # of the pinch point above the table: middle of a cube, tips free of it
# The wrist's limit keeps the tool from being near and high at once: at height z above LOW_M it must
# be FARTHER times that much farther out than NEAREST_LOW_M (measured with the inverse kinematics).
LOW_M = 0.040
CLEAR_M = 0.045  # a pinch point below this is among the cubes
NEAREST_LOW_M = 0.085  # from the pan axis
FARTHER = 1.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How this person happens to do it this time."""

    speed: float  # 1 = usual
    hover_m: float  # height above the cube before descending
    lift_m: float  # height of the pinch point while carrying
    drop_m: float  # height of the pinch point when letting go
    approach_offset: tuple[float, float]  # m, hover point beside the cube
    near_m: float  # height above the grasp of the last look
    near_across_m: float  # how far that place is beside the grasp, across the jaws
    grasp_offset: tuple[float, float]  # m
    place_offset: tuple[float, float]  # m
    pause_s: float  # before descending
    settle_s: float  # low and still, before closing
    open: float  # opening fraction

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Manner:
        """One way of doing it."""

        def within(spread_m: float) -> tuple[float, float]:
            x, y = rng.uniform(-spread_m, spread_m, 2)
            return float(x), float(y)

        return cls(
            speed=float(rng.uniform(0.8, 1.3)),
            hover_m=float(rng.uniform(0.060, 0.080)),
            lift_m=float(rng.uniform(0.105, 0.125)),
            drop_m=float(rng.uniform(0.045, 0.060)),
            approach_offset=within(0.020),  # sideways misses are put right on the way down
            near_m=float(rng.uniform(0.016, 0.030)),
            near_across_m=float(rng.uniform(-0.012, 0.012)),
            grasp_offset=within(0.0015),
            place_offset=within(0.012),
            pause_s=float(rng.uniform(0.0, 0.12)),
            settle_s=float(rng.uniform(0.15, 0.30)),
            open=float(rng.uniform(OPEN - 0.02, OPEN + 0.03)),
        )


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Where the pinch point should be, and how the gripper."""

    position: F64  # (3,) m, base frame
    opening: float  # fraction
    after_s: float  # time since the waypoint before


def waypoints(
    start: F64, cube: F64, tray: F64, *, manner: Manner, axis_xy: tuple[float, float]
) -> tuple[Waypoint, ...]:
    """The tool's way: above the cube, down, close, up, over the tray, open, away.

    From low down it first goes straight up, still shut: it sweeps no cube aside, and half-open jaws
    on their way up are always those that hold one.

    Args:
        start: (3,) m, the pinch point now.
        cube: (3,) m, centre.
        tray: (3,) m, centre on the table.
        manner: variation.
        axis_xy: (x, y) m of the arm's vertical axis.
    """
    above = np.array([*manner.approach_offset, manner.hover_m])
    at_cube = np.array([*(cube[:2] + manner.grasp_offset), GRASP_HEIGHT_M])
    at_tray = np.array([*(tray[:2] + manner.place_offset), manner.drop_m])
    hover = at_cube + above
    out = (at_cube[:2] - axis_xy) / np.linalg.norm(at_cube[:2] - axis_xy)
    across = np.array([-out[1], out[0], 0.0])
    near = at_cube + manner.near_across_m * across + np.array([0.0, 0.0, manner.near_m])
    carry = np.array([*at_cube[:2], manner.lift_m])
    over_tray = np.array([*at_tray[:2], manner.lift_m - 0.005])
    is_open, is_shut = manner.open, CLOSED
    rise = ((np.array([*start[:2], hover[2]]), is_shut, 0.70),) if start[2] < CLEAR_M else ()
    plan = (
        *rise,
        (hover, is_open, 0.80 if rise else 1.35),
        (hover, is_open, manner.pause_s),
        (near, is_open, 0.60),
        (at_cube, is_open, 0.45),
        (at_cube, is_open, manner.settle_s),
        (at_cube, is_shut, 0.50),
        (carry, is_shut, 0.85),
        (over_tray, is_shut, 1.15),
        (at_tray, is_shut, 0.45),
        (at_tray, is_open, 0.40),
        (over_tray, is_open, 0.55),
    )
    return tuple(
        Waypoint(_within_reach(np.asarray(where), axis_xy), opening, seconds / manner.speed)
        for where, opening, seconds in plan
        if seconds > 0.02
    )


def _within_reach(position: F64, axis_xy: tuple[float, float]) -> F64:
    """``position``, moved away from the arm's axis when the arm cannot be so near so high."""
    out = position[:2] - axis_xy
    distance = float(np.linalg.norm(out))
    nearest = NEAREST_LOW_M + FARTHER * max(0.0, float(position[2]) - LOW_M)
    if position[2] <= LOW_M or distance >= nearest:
        return position
    return np.array([*(np.asarray(axis_xy) + out * nearest / distance), position[2]])


def down_pose(position: F64, *, axis_xy: tuple[float, float], tool_from_pinch: F64) -> F64:
    """(4, 4) base_from_tool with the pinch point at ``position``, fingers straight down.

    The jaws open along the line from the base axis through the point, the moving jaw outside: no
    turn of the wrist depends on how the cube lies (closing jaws turn it).
    """
    away = np.array([position[0] - axis_xy[0], position[1] - axis_xy[1], 0.0])
    away /= np.linalg.norm(away)
    down = np.array([0.0, 0.0, -1.0])
    base_from_pinch = np.eye(4)
    base_from_pinch[:3, 0] = -away
    base_from_pinch[:3, 1] = np.cross(down, -away)
    base_from_pinch[:3, 2] = down
    base_from_pinch[:3, 3] = position
    return base_from_pinch @ np.linalg.inv(tool_from_pinch)
