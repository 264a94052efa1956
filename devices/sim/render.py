"""Pictures of the simulated bench, drawn off-screen.

Takes positions, gives colour and depth. Knows no process, no clock and no physics. One renderer
belongs to the thread that made it, and never to a process with a window.
"""

# pyright: reportAttributeAccessIssue=false
# (MuJoCo's compiled module carries no type information)

from __future__ import annotations

import mujoco
import numpy as np
import numpy.typing as npt

from devices.projection import CameraMatrix
from devices.sim.gl_context import create_context
from devices.sim.projection import camera_matrix
from devices.sim.world import load_bench_model
from recordings.closing import Closing
from recordings.types import F32, U8

_MAX_GEOMS = 256
_OFF = (mujoco.mjtRndFlag.mjRND_SHADOW, mujoco.mjtRndFlag.mjRND_REFLECTION)
_FONT = mujoco.mjtFontScale.mjFONTSCALE_100


class SceneRenderer(Closing):
    """Draws the bench from its cameras at one picture size."""

    def __init__(self, width: int, height: int, *, model: mujoco.MjModel | None = None) -> None:
        """Open an off-screen context.

        Args:
            width: px.
            height: px.
            model: the bench to draw; the simulated bench of the program when absent.

        Raises:
            RenderFailed: this machine has no off-screen OpenGL.
        """
        self._model = model or load_bench_model()
        self._model.vis.global_.offwidth, self._model.vis.global_.offheight = width, height
        self._data = mujoco.MjData(self._model)
        self._gl = create_context(width, height)
        self._scene = mujoco.MjvScene(self._model, maxgeom=_MAX_GEOMS)
        for flag in _OFF:
            self._scene.flags[flag] = 0
        self._option = mujoco.MjvOption()
        self._option.geomgroup[3] = 0
        self._option.sitegroup[:] = 0
        self._context = mujoco.MjrContext(self._model, _FONT.value)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._context)
        self._rect = mujoco.MjrRect(0, 0, width, height)
        self._view = mujoco.MjvCamera()
        self._view.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._colour: U8 = np.empty((height, width, 3), np.uint8)
        self._depth: F32 = np.empty((height, width), np.float32)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) px."""
        return self._rect.width, self._rect.height

    def render(self, qpos: npt.ArrayLike, camera: str) -> U8:
        """Positions (nq,) → (h, w, 3) uint8 RGB, a new array."""
        self._draw(qpos, camera)
        mujoco.mjr_readPixels(self._colour, None, self._rect, self._context)
        return self._colour[::-1].copy()

    def depth(self, qpos: npt.ArrayLike, camera: str) -> F32:
        """Positions (nq,) → (h, w) float32 m along the camera's viewing axis."""
        self._draw(qpos, camera)
        mujoco.mjr_readPixels(None, self._depth, self._rect, self._context)
        extent = self._model.stat.extent
        near = self._model.vis.map.znear * extent
        far = self._model.vis.map.zfar * extent
        metres = near * far / (far - self._depth[::-1].astype(np.float64) * (far - near))
        return metres.astype(np.float32)

    def camera_matrix(self, camera: str, qpos: npt.ArrayLike | None = None) -> CameraMatrix:
        """Intrinsics and base_from_camera for these positions (or the ones drawn last)."""
        if qpos is not None:
            self._place(qpos)
        width, height = self.size
        return camera_matrix(self._model, self._data, camera, width=width, height=height)

    def close(self) -> None:
        """Free the context; may be called twice."""
        self._context.free()
        self._gl.free()

    def _draw(self, qpos: npt.ArrayLike, camera: str) -> None:
        self._place(qpos)
        self._view.fixedcamid = self._model.camera(camera).id
        self._gl.make_current()
        mujoco.mjv_updateScene(
            self._model,
            self._data,
            self._option,
            None,
            self._view,
            mujoco.mjtCatBit.mjCAT_ALL.value,
            self._scene,
        )
        mujoco.mjr_render(self._rect, self._scene, self._context)

    def _place(self, qpos: npt.ArrayLike) -> None:
        self._data.qpos[:] = qpos
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
