"""What an arm weighs at its joints: the torque that just holds it up.

From the masses of the robot description, by MuJoCo's recursive Newton–Euler without any speed. Not
thread-safe: it keeps scratch memory.
"""

# pyright: reportAttributeAccessIssue=false
# (MuJoCo's compiled module carries no type information)

from __future__ import annotations

import mujoco
import numpy as np
import numpy.typing as npt

from devices.description import F64, JointMap, Standing
from devices.robot_model import model_of


class Gravity:
    """Holding torques of one arm that stands upright on its base."""

    def __init__(self, robot: str) -> None:
        self._model = model_of((Standing(robot),))
        self._data = mujoco.MjData(self._model)
        self._joints = JointMap.of(self._model)
        self._force = np.zeros(self._model.nv)

    def torques(self, q: npt.ArrayLike) -> F64:
        """(n,) rad → (n,) Nm (a gripper that slides: N)."""
        self._joints.put(self._data.qpos, q)
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_rne(self._model, self._data, 0, self._force)
        return self._force[self._joints.dof].copy()
