"""Where cubes and arm start: random but reproducible scenes that the arm can solve.

Pure drawing of numbers from a seed. Knows no physics and no model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CUBES = ("red", "green", "blue")
CUBE_EDGE_M = 0.025
NEAREST_M, FARTHEST_M = 0.15, 0.25  # from the base axis; straight-down grasps end at 0.255 m
SIDE_M = 0.12  # cubes lie at |y| up to this
APART_M = 0.058  # centres: an open jaw fits between two cubes
TRAY_GAP_M = 0.020  # from the tray's outer wall to a cube's centre, beyond half a diagonal
_ATTEMPTS = 2000


@dataclass(frozen=True, slots=True)
class CubePlace:
    """Start of one cube on the table."""

    x: float  # m
    y: float  # m
    yaw_rad: float


@dataclass(frozen=True, slots=True)
class TrayPlace:
    """The tray on the table."""

    x: float  # m, centre
    y: float  # m, centre
    half_m: float  # outer half width


def draw_cubes(
    rng: np.random.Generator, *, tray: TrayPlace, names: tuple[str, ...] = CUBES
) -> dict[str, CubePlace]:
    """A place for each cube: in the reachable ring, apart from each other and from the tray.

    Args:
        rng: where the randomness comes from.
        tray: kept free.
        names: which cubes are on the table.
    """
    while True:
        places: dict[str, CubePlace] = {}
        for name in names:
            place = _draw_one(rng, tray=tray, taken=tuple(places.values()))
            if place is None:
                break
            places[name] = place
        else:
            return places


def _draw_one(
    rng: np.random.Generator, *, tray: TrayPlace, taken: tuple[CubePlace, ...]
) -> CubePlace | None:
    for _ in range(_ATTEMPTS):
        x = float(rng.uniform(0.5 * NEAREST_M, FARTHEST_M))
        y = float(rng.uniform(-SIDE_M, SIDE_M))
        yaw_rad = float(rng.uniform(-np.pi / 4, np.pi / 4))
        if not NEAREST_M <= float(np.hypot(x, y)) <= FARTHEST_M:
            continue
        margin = tray.half_m + TRAY_GAP_M + CUBE_EDGE_M * 0.71
        if abs(x - tray.x) < margin and abs(y - tray.y) < margin:
            continue
        if all(np.hypot(x - p.x, y - p.y) >= APART_M for p in taken):
            return CubePlace(x, y, yaw_rad)
    return None
