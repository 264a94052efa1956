"""How the simulated cameras see: from points in the base frame to pixels.

Needs no OpenGL, so a window may use it to draw a plan into a picture. Knows the robot description
and nothing of pictures.

Camera frame: x right, y down, z into the picture. Pixel (u, v): u to the right, v down, the centre
of the top left pixel is (0.5, 0.5).
"""

# pyright: reportAttributeAccessIssue=false
# (MuJoCo's compiled module carries no type information)

from __future__ import annotations

import mujoco
import numpy as np
import numpy.typing as npt

from devices.description import F64, JointMap
from devices.projection import CameraMatrix
from devices.robot_shapes import transform

FARTHEST_M = 10.0
_DRAWN = np.array([1, 1, 1, 0, 0, 0], np.uint8)  # geom groups that are in a picture
HIDDEN_M = -5.0  # height of loose things while only what is fixed is looked at
_FLIP = np.diag([1.0, -1.0, -1.0])  # MuJoCo cameras look along -z with y up


def intrinsics(fovy_deg: float, *, width: int, height: int) -> F64:
    """(3, 3) px for a vertical field of view."""
    focal = height / 2 / np.tan(np.radians(fovy_deg) / 2)
    return np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])


def camera_matrix(
    model: mujoco.MjModel, data: mujoco.MjData, camera: str, *, width: int, height: int
) -> CameraMatrix:
    """The named camera for the positions in ``data`` (after mj_kinematics and mj_camlight)."""
    number = model.camera(camera).id
    return CameraMatrix(
        intrinsics(float(model.cam_fovy[number]), width=width, height=height),
        transform(data.cam_xpos[number], data.cam_xmat[number].reshape(3, 3) @ _FLIP),
    )


class SimCameras:
    """Camera matrices of the simulated bench for joints of its arm."""

    def __init__(self, model: mujoco.MjModel) -> None:
        self._model = model
        self._data = mujoco.MjData(model)
        self._joints = JointMap.of(model)

    def matrix(self, camera: str, q: npt.ArrayLike, *, width: int, height: int) -> CameraMatrix:
        """Matrix of ``camera`` when the arm is at q (n,) rad and the picture is width × height."""
        self._joints.put(self._data.qpos, q)
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
        return camera_matrix(self._model, self._data, camera, width=width, height=height)

    def known_depth(
        self, camera: str, q: npt.ArrayLike, *, width: int, height: int, grid: tuple[int, int]
    ) -> F64:
        """What the description knows of a picture's depth: table, tray and arm, no loose things.

        Args:
            camera: its name.
            q: (n,) rad, of the arm.
            width: px of the picture.
            height: px of the picture.
            grid: (rows, columns) of equal parts of the picture.

        Returns:
            ``grid`` m along the view axis at the middles of the parts, NaN where nothing is known.
        """
        free = self._model.jnt_type == mujoco.mjtJoint.mjJNT_FREE
        self._data.qpos[self._model.jnt_qposadr[free] + 2] = HIDDEN_M
        matrix = self.matrix(camera, q, width=width, height=height)
        rays = matrix.rays(*grid).reshape(-1, 3)
        length = np.linalg.norm(rays, axis=1)
        hit, distance = np.empty(len(rays), np.int32), np.empty(len(rays))
        origin, away = matrix.base_from_camera[:3, 3], (rays / length[:, None]).ravel()
        mujoco.mj_multiRay(
            self._model, self._data, origin, away, _DRAWN, True, -1, hit, distance, None,
            len(rays), FARTHEST_M,
        )  # fmt: skip
        return np.where(hit >= 0, distance / length, np.nan).reshape(grid)
