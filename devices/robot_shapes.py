"""What an arm looks like: primitive shapes per link, for whoever draws it.

Read from the robot description (geom group 1). Knows no drawing library.
"""

# pyright: reportAttributeAccessIssue=false
# (MuJoCo's compiled module carries no type information)

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
import numpy.typing as npt

DRAWN_GROUP = 1
SOLID_GROUP = 3

_KINDS = {
    mujoco.mjtGeom.mjGEOM_BOX: "box",
    mujoco.mjtGeom.mjGEOM_CAPSULE: "capsule",
    mujoco.mjtGeom.mjGEOM_CYLINDER: "cylinder",
    mujoco.mjtGeom.mjGEOM_SPHERE: "sphere",
}


@dataclass(frozen=True, slots=True)
class LinkShape:
    """One primitive that moves with a link."""

    link: int  # row of Kinematics.link_poses
    kind: str  # "box", "capsule", "cylinder", "sphere"
    size: tuple[float, ...]  # m: box half sizes x y z; capsule and cylinder radius, half length (z)
    pose: npt.NDArray[np.float64]  # (4, 4) link_from_shape
    rgba: tuple[float, float, float, float]
    name: str = ""


def transform(position: npt.ArrayLike, rotation: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """(4, 4) from a position (3,) in m and a rotation matrix (9,) or (3, 3)."""
    pose = np.eye(4)
    pose[:3, :3] = np.reshape(rotation, (3, 3))
    pose[:3, 3] = position
    return pose


def link_shapes(model: mujoco.MjModel) -> tuple[LinkShape, ...]:
    """The drawn shapes of every body but the world, links counted from 0."""
    return tuple(
        _shape(model, geom)
        for geom in range(model.ngeom)
        if model.geom_group[geom] == DRAWN_GROUP and model.geom_bodyid[geom] > 0
    )


def _shape(model: mujoco.MjModel, geom: int) -> LinkShape:
    kind = _KINDS[mujoco.mjtGeom(int(model.geom_type[geom]))]
    used = {"box": 3, "capsule": 2, "cylinder": 2, "sphere": 1}[kind]
    rotation = np.zeros(9)
    mujoco.mju_quat2Mat(rotation, model.geom_quat[geom])
    material = int(model.geom_matid[geom])
    rgba = model.mat_rgba[material] if material >= 0 else model.geom_rgba[geom]
    r, g, b, a = (float(v) for v in rgba)
    return LinkShape(
        link=int(model.geom_bodyid[geom]) - 1,
        kind=kind,
        size=tuple(float(v) for v in model.geom_size[geom, :used]),
        pose=transform(model.geom_pos[geom], rotation),
        rgba=(r, g, b, a),
        name=model.geom(geom).name,
    )
