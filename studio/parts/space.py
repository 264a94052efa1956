"""Where things are in space: link poses, tool traces, pictures of points, objects on the table.

Joins the bench's kinematics and its cameras for whoever draws. Loaded after the first paint (it
imports MuJoCo, never OpenGL). Knows no widget and no process.
"""

# MuJoCo's module is not typed:
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Mapping, Sequence

import mujoco
import numpy as np
import numpy.typing as npt

from devices.cameras.calibration import CameraCalibration
from devices.cameras.lens import CalibrationRefused
from devices.commands import SceneState
from devices.description import Standing
from devices.kinematics import Kinematics
from devices.robot_shapes import LinkShape, transform
from devices.sim.projection import SimCameras
from devices.sim.scene_layout import CUBE_EDGE_M
from devices.sim.world import load_bench_model
from recordings.types import F32, U8
from studio.parts.depth_surface import Bools, DepthSurface, fit_inverse_depth, surface

F64 = npt.NDArray[np.float64]
SceneObject = tuple[str, str, tuple[float, ...], F64, tuple[float, float, float]]

CUBE_COLOURS = {
    "red": (0.83, 0.25, 0.32),
    "green": (0.28, 0.66, 0.42),
    "blue": (0.25, 0.46, 0.86),
}
SURFACE_POINTS = 40  # of a believed surface, along its longer side
TRAY_COLOUR = (0.34, 0.39, 0.46)


class Space:
    """Geometry of one bench. Scratch memory inside: one thread only."""

    def __init__(
        self,
        arms: Sequence[Standing],
        *,
        views: Mapping[str, CameraCalibration] | None = None,
    ) -> None:
        """Geometry of a bench.

        Args:
            arms: which stand where.
            views: the calibrated cameras of a real bench; None for those of the simulated one.
        """
        self._views = views
        self._arms = tuple(arms)
        self._kinematics = Kinematics.standing(self._arms)
        model = load_bench_model()
        self._cameras = SimCameras(model)
        self._tray = _boxes_of(model, "tray")

    @property
    def shapes(self) -> tuple[LinkShape, ...]:
        """What the arm looks like."""
        return self._kinematics.shapes()

    def poses(self, q: npt.ArrayLike) -> F64:
        """(n,) rad → (l, 4, 4) base_from_link."""
        return self._kinematics.link_poses(q)

    def tips(self, q: npt.ArrayLike) -> F32:
        """(h, n) rad → (h, 3) m, tool tip in the base frame; of a pair, the busier arm's."""
        return self._kinematics.tip_positions(q)

    def project(
        self, camera: str, q: npt.ArrayLike, points: npt.ArrayLike, *, size: tuple[int, int]
    ) -> F64:
        """(m, 3) m in the base frame → (m, 2) px in ``camera``'s picture while the arm is at ``q``.

        NaN where a point is not seen, and everywhere when it is not known how the camera sees.

        Args:
            camera: its role on the bench.
            q: (n,) rad, for cameras that ride on the arm.
            points: m, base frame.
            size: (width, height) px of the picture.
        """
        if self._views is not None:
            return self._through_lens(camera, q, points, size)
        width, height = size
        matrix = self._cameras.matrix(camera, q, width=width, height=height)
        return matrix.project(points)

    def _through_lens(
        self,
        camera: str,
        q: npt.ArrayLike,
        points: npt.ArrayLike,
        size: tuple[int, int],
    ) -> F64:
        calibration = None if self._views is None else self._views.get(camera)
        unseen = np.full((len(np.atleast_2d(points)), 2), np.nan)
        if calibration is None:
            return unseen
        try:
            matrix = calibration.matrix(size=size, base_from_tool=self._carrier(camera, q))
        except CalibrationRefused:  # of another picture size, or only its lens is known
            return unseen
        return matrix.project(points)

    def _carrier(self, camera: str, q: npt.ArrayLike) -> F64:
        """(4, 4) base_from_tool of the arm that a camera may ride on: of a pair, by its name."""
        sides = [arm.prefix.rstrip("_") for arm in self._arms]
        tool = next((i for i, side in enumerate(sides) if side and camera.startswith(side)), 0)
        return self._kinematics.tip_pose(q, tool=tool)

    def depth_surface(
        self, camera: str, q: npt.ArrayLike, relative: F32, image: U8, *, updated: Bools
    ) -> DepthSurface | None:
        """What a model believes of the scene; None where its depth cannot be brought to metres.

        Args:
            camera: whose picture it is.
            q: (n,) rad, of the arm in it.
            relative: (h, w) larger is nearer.
            image: the picture.
            updated: cells that were predicted in this plan.
        """
        if self._views is not None:  # only of the simulated bench is it known how far things are
            return None
        height, width = image.shape[:2]
        every = -(-max(relative.shape) // SURFACE_POINTS)  # rounded up
        believed = relative[every // 2 :: every, every // 2 :: every]
        size = {"width": width, "height": height}
        known = self._cameras.known_depth(camera, q, **size, grid=believed.shape)
        fit = fit_inverse_depth(believed, known)
        if fit is None:
            return None
        depth_m = fit.metres(believed)
        points = self._cameras.matrix(camera, q, **size).lift(depth_m).astype(np.float32)
        return surface(points, depth_m, image, updated=updated, fit=fit)

    def objects(self, scene: SceneState) -> Sequence[SceneObject]:
        """Name, kind, size, pose (4, 4) and colour of what lies on the table."""
        half = CUBE_EDGE_M / 2
        cubes = [
            (name, "box", (half, half, half), _pose(pose), CUBE_COLOURS.get(name, (0.6, 0.6, 0.6)))
            for name, pose in scene.cubes.items()
        ]
        return [*self._tray, *cubes]


def _boxes_of(model: mujoco.MjModel, body: str) -> list[SceneObject]:
    """The boxes that make up a fixed body of the bench."""
    place = model.body(body)
    parts: list[SceneObject] = []
    for geom in range(int(place.geomadr[0]), int(place.geomadr[0] + place.geomnum[0])):
        if model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_BOX:
            size = tuple(float(v) for v in model.geom_size[geom])
            pose = transform(place.pos + model.geom_pos[geom], np.eye(3))
            parts.append((f"{body}{geom}", "box", size, pose, TRAY_COLOUR))
    return parts


def _pose(values: Sequence[float]) -> F64:
    """(7,) x y z qw qx qy qz → (4, 4)."""
    x, y, z, qw, qx, qy, qz = values
    rotation = (
        (1 - 2 * (qy * qy + qz * qz), 2 * (qx * qy - qz * qw), 2 * (qx * qz + qy * qw)),
        (2 * (qx * qy + qz * qw), 1 - 2 * (qx * qx + qz * qz), 2 * (qy * qz - qx * qw)),
        (2 * (qx * qz - qy * qw), 2 * (qy * qz + qx * qw), 1 - 2 * (qx * qx + qy * qy)),
    )
    return transform((x, y, z), rotation)
