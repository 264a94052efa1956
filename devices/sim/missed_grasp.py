"""Where the arm is just after a grasp that missed: low, jaws shut, beside the cube.

A policy that has only seen good grasps has nothing to do there and stays. Demonstrations that begin
in such a place show how to go on; the miss itself is not recorded, or it would be learned too.
"""

from __future__ import annotations

import numpy as np

from devices.description import F64
from devices.errors import UnreachablePose
from devices.kinematics import Kinematics
from devices.sim.pick_and_place import CLOSED, GRASP_HEIGHT_M
from devices.sim.reach import reach_down
from devices.sim.world import World
from recordings.types import F32, frozen_f32

NEAREST_M, FARTHEST_M = 0.026, 0.040  # pinch point to the cube's centre: beside it, not on it
HIGHEST_M = 0.015  # above the usual grasp
SHUT_SPREAD = 0.03  # opening fraction
_ATTEMPTS = 50


def stand_beside(
    world: World, cube: str, *, kinematics: Kinematics, rng: np.random.Generator
) -> bool:
    """Put the arm into such a place, touching nothing; False when none was found.

    Args:
        world: whose arm is put there.
        cube: the one that was missed.
        kinematics: of the arm; used on the same thread only.
        rng: of the place.

    Raises:
        UnknownObject: there is no such cube.
    """
    centre = world.cube_pose(cube)[:3]
    return any(
        world.put_arm(q)
        for _ in range(_ATTEMPTS)
        if (q := _beside(centre, world.q, kinematics=kinematics, rng=rng)) is not None
    )


def _beside(
    centre: F64, start: F32, *, kinematics: Kinematics, rng: np.random.Generator
) -> F32 | None:
    """Joints (n,) rad of one place beside a cube at (3,) m; None when out of reach."""
    angle, far_m = rng.uniform(-np.pi, np.pi), rng.uniform(NEAREST_M, FARTHEST_M)
    x, y = centre[:2] + far_m * np.array([np.cos(angle), np.sin(angle)])
    place = np.array([x, y, GRASP_HEIGHT_M + rng.uniform(0.0, HIGHEST_M)])
    try:
        found = reach_down(place, start, kinematics=kinematics)
    except UnreachablePose:
        return None
    joints = np.array(found)
    joints[-1] = CLOSED + rng.uniform(0.0, SHUT_SPREAD)
    return frozen_f32(joints)
