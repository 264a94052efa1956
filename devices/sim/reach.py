"""Joints that put the tool straight down over a place on the simulated bench."""

from __future__ import annotations

import numpy.typing as npt

from devices.description import F64
from devices.kinematics import Kinematics
from devices.sim.pick_and_place import down_pose
from recordings.types import F32


def reach_down(position: F64, start: npt.ArrayLike, *, kinematics: Kinematics) -> F32:
    """Joints (n,) rad near ``start`` with the pinch point at ``position`` (3,) m, base frame.

    Five joints cannot point straight down everywhere: the place is met, the direction as far as it
    goes. The gripper stays as in ``start``.

    Raises:
        UnreachablePose: the place is out of reach.
    """
    pose = down_pose(
        position, axis_xy=kinematics.pan_axis_xy, tool_from_pinch=kinematics.tool_from_pinch
    )
    return kinematics.inverse(
        pose, start, orientation_weight=0.01, tolerance_rad=0.8, tolerance_m=2e-3
    )
