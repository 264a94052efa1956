"""Random moments of the simulated bench, and what is true about them.

Poses are drawn, not driven: no demonstration and no task solution is in them, only where things
are. Used to pretrain the tiny network's eyes. Knows no question, no network and no file.
"""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's compiled module carries no types

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

from devices.description import F64, JointMap
from devices.projection import CameraMatrix
from devices.sim.projection import camera_matrix
from devices.sim.scene_layout import CUBE_EDGE_M, CUBES

WIDTH, HEIGHT = 320, 240  # px, what the simulated cameras deliver by default
THINGS = (*CUBES, "tool", "tray")
HELD_GRIPPER = (0.11, 0.19)  # opening fraction with a cube between the jaws
CENTRE = np.array([0.0, -0.35, 0.30, 1.35, 0.0, 0.30])  # rad, gripper fraction
SPREAD = np.array([1.15, 1.10, 1.15, 0.75, 0.60, 0.30])  # half widths about CENTRE
_ATTEMPTS = 400


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true about one moment."""

    q: F64  # (6,) rad, gripper fraction
    qpos: F64  # (nq,) everything a renderer needs
    places: dict[str, F64]  # thing → (3,) m in the base frame
    turns: dict[str, float]  # cube → rad from the jaws to its faces about the vertical, 0 … π/2
    held: str  # cube in the gripper, "" none
    views: dict[str, CameraMatrix]  # camera → how it sees at WIDTH × HEIGHT


class SceneDrawer:
    """Draws moments: arm somewhere above the table, cubes lying about, under the tool, or held."""

    def __init__(self, model: mujoco.MjModel, *, cameras: tuple[str, ...], seed: int) -> None:
        self.model = model
        self.cameras = cameras
        self._data = mujoco.MjData(model)
        self._joints = JointMap.of(model)
        self._rng = np.random.default_rng(seed)

    def draw(self) -> Truth:
        """The next moment."""
        rng = self._rng
        held = str(rng.choice(CUBES)) if rng.random() < 0.2 else ""
        q = self._arm(grips=bool(held))
        pinch = self._data.site("pinch").xpos.copy()
        under = str(rng.choice(CUBES)) if rng.random() < 0.6 else ""
        taken: list[F64] = []
        for name in CUBES:
            pose = self._data.joint(name).qpos
            if name == held:
                pose[:3] = pinch + rng.normal(0, 0.002, 3)
                mujoco.mju_mat2Quat(pose[3:], self._data.site("pinch").xmat)
                continue
            pose[:2] = self._cube(taken, near=pinch if name == under else None)
            pose[2] = CUBE_EDGE_M / 2
            half = rng.uniform(-np.pi, np.pi) / 2
            pose[3:] = np.cos(half), 0, 0, np.sin(half)
            taken.append(pose[:2].copy())
        self._place()
        places = {name: self._data.body(name).xpos.copy() for name in (*CUBES, "tray")}
        places["tool"] = pinch
        views = {
            camera: camera_matrix(self.model, self._data, camera, width=WIDTH, height=HEIGHT)
            for camera in self.cameras
        }
        return Truth(
            q=q,
            qpos=self._data.qpos.copy(),
            places=places,
            turns={cube: self._turn(cube) for cube in CUBES},
            held=held,
            views=views,
        )

    def _turn(self, cube: str) -> float:
        """Angle between jaws and cube seen from above; a quarter turn changes nothing."""
        jaws, faces = self._data.site("pinch").xmat, self._data.body(cube).xmat
        turn = np.arctan2(faces[3], faces[0]) - np.arctan2(jaws[3], jaws[0])
        return float(turn % (np.pi / 2))

    def _arm(self, *, grips: bool) -> F64:
        """A pose with the tool above the table, mostly pointing down; placed in the data."""
        rng = self._rng
        upright = 0.0 if rng.random() < 0.12 else 0.75  # how far down the tool must point
        low = rng.random() < 0.5  # half of the moments happen close to the table
        for _ in range(_ATTEMPTS):
            q = CENTRE + SPREAD * rng.uniform(-1, 1, len(CENTRE))
            q[5] = rng.uniform(*HELD_GRIPPER) if grips else np.clip(q[5], 0.0, 0.6)
            self._data.qpos[self._joints.qpos] = self._joints.to_mujoco(q)
            self._place()
            x, y, z = self._data.site("pinch").xpos
            lowest = min(self._data.site("tip").xpos[2], z)
            inside = 0.07 < x < 0.31 and abs(y) < 0.26 and lowest > 0.002
            high_enough = z < (0.07 if low else 0.22)
            if inside and high_enough and -self._data.site("tip").xmat[8] > upright:
                return q
        return self._arm(grips=grips)

    def _cube(self, taken: list[F64], *, near: F64 | None) -> F64:
        """A free place on the table: (2,) m."""
        rng = self._rng
        while True:
            if near is not None:
                place = near[:2] + rng.normal(0, 0.025, 2)
            else:
                place = np.array([rng.uniform(0.08, 0.29), rng.uniform(-0.24, 0.16)])
            if all(np.hypot(*(place - other)) > CUBE_EDGE_M * 1.3 for other in taken):
                return place

    def _place(self) -> None:
        mujoco.mj_kinematics(self.model, self._data)
        mujoco.mj_comPos(self.model, self._data)
        mujoco.mj_camlight(self.model, self._data)
