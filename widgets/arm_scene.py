"""The 3D scene of an arm on a table: what is measured solid, what is planned translucent.

Metres, Z up, base frame. Draws into any vispy canvas; knows no Qt and no robot. Nothing is uploaded
for data that did not change. Import after ``vispy.use``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from vispy import scene

from widgets.arm_mesh import ArmMesh
from widgets.depth_mesh import surface_mesh
from widgets.mesh import COARSE, EMPTY, FINE, Detail, Mesh, capsule, merged, primitive, tube
from widgets.palette import COLORS, rgb
from widgets.plan_mesh import fan_mesh, mark_mesh, trace_mesh
from widgets.scene_visuals import Lines, LitMesh, MeshBuffers
from widgets.shapes import LinkShapeLike

GHOST_OPACITY = 0.34
CENTER_M = (0.155, -0.01, 0.105)
AZIMUTH_DEG, ELEVATION_DEG = 28.0, 24.0
HEIGHT_M = 0.56  # what fits into the view from top to bottom
_FIELD_OF_VIEW_DEG = 28.0
RECORDED_M = 0.0016  # thinner than a plan
_TABLE_M = 0.62  # radius of the piece of table that is drawn
_SHRINK_M = 0.0009
_STILL = 1e-5  # m: poses that differ by less are the same picture

Surface = tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]  # points, colors, joined
SceneObject = tuple[str, str, Sequence[float], npt.ArrayLike, Sequence[float]]


class ArmScene:
    """One scene in one canvas. Setters return True when there is something new to draw."""

    def __init__(self, canvas: scene.SceneCanvas, *, reduced: bool) -> None:
        self.detail: Detail = COARSE if reduced else FINE
        self._canvas = canvas
        self.view: Any = canvas.central_widget.add_view(border_width=0)  # vispy is not typed
        self.camera = scene.TurntableCamera(fov=_FIELD_OF_VIEW_DEG)
        self.view.camera = self.camera
        self._arm: ArmMesh | None = None
        self._poses: npt.NDArray[np.float64] | None = None
        self._ghost_poses: npt.NDArray[np.float64] | None = None
        self._objects: list[SceneObject] = []
        self._trace: tuple[npt.ArrayLike, int, int, npt.ArrayLike | None] | None = None
        self._fan: npt.ArrayLike | None = None
        self._recorded_way: npt.ArrayLike | None = None
        self._mark: tuple[npt.ArrayLike, str] | None = None
        self._buffers = {
            name: MeshBuffers()
            for name in ("table", "arm", "ghost", "objects", "plan", "fan", "way", "axes", "belief")
        }
        self._build()
        self.reset_view()
        self.view.scene.transform.changed.connect(self._on_view_changed)
        self.refresh_colors()

    def _build(self) -> None:
        parent, b = self.view.scene, self._buffers
        self._table = LitMesh(b["table"], glow=1.0, parent=parent)
        self._table.update_gl_state(depth_test=False)
        self._shadows = [
            LitMesh(b[name], flatten=True, parent=parent) for name in ("objects", "arm")
        ]
        self._grid = Lines(depth_test=False, parent=parent)
        self._solids = [LitMesh(b[name], parent=parent) for name in ("objects", "arm")]
        self._plan = LitMesh(b["plan"], glow=0.55, parent=parent)
        self._way = LitMesh(b["way"], glow=0.8, parent=parent)
        self._axes = LitMesh(b["axes"], glow=0.6, parent=parent)
        self._fan_ways = LitMesh(b["fan"], glow=1.0, translucent=True, parent=parent)
        self._belief = LitMesh(b["belief"], glow=1.0, translucent=True, parent=parent)
        # the ghost twice: first only its depth, then its nearest surface, so nothing shows through
        self._ghost_depth = LitMesh(b["ghost"], shrink_m=_SHRINK_M, parent=parent)
        self._ghost_depth.update_gl_state(color_mask=(False,) * 4)
        self._ghost = LitMesh(b["ghost"], opacity=GHOST_OPACITY, shrink_m=_SHRINK_M, parent=parent)
        drawn = (
            self._table, *self._shadows, self._grid, self._axes, *self._solids,
            self._belief, self._way, self._plan, self._fan_ways, self._ghost_depth, self._ghost,
        )  # fmt: skip
        for order, node in enumerate(drawn):
            node.order = order

    # ── setters ────────────────────────────────────────────────────────────────────────────

    def set_shapes(self, shapes: Sequence[LinkShapeLike]) -> bool:
        """What the arm is made of; it is drawn once poses are known."""
        self._arm = ArmMesh(shapes, self.detail) if shapes else None
        for name in ("arm", "ghost"):
            self._buffers[name].set_mesh(EMPTY)
        poses, ghost = self._poses, self._ghost_poses
        self._poses = self._ghost_poses = None
        if poses is not None:
            self.set_measured(poses)
        if ghost is not None:
            self.set_ghost(ghost)
        return True

    def set_measured(self, poses: npt.ArrayLike) -> bool:
        """Where the links are, (l, 4, 4) base_from_link."""
        new = np.asarray(poses, dtype=np.float64)
        if _same(self._poses, new):
            return False
        self._poses = new
        self._place("arm", new)
        return self._arm is not None

    def set_ghost(self, poses: npt.ArrayLike | None) -> bool:
        """Where the links will be at the end of the plan; None: no ghost."""
        new = None if poses is None else np.asarray(poses, dtype=np.float64)
        if _same(self._ghost_poses, new):
            return False
        self._ghost_poses = new
        if new is None:
            self._buffers["ghost"].set_mesh(EMPTY)
        else:
            self._place("ghost", new)
        return True

    def set_trace(
        self,
        tip: npt.ArrayLike | None,
        committed: int,
        executing: int,
        gripper: npt.ArrayLike | None,
    ) -> bool:
        """The planned way of the tool tip (h, 3) m; ``gripper`` (h,) 0…1 gives the glyphs.

        Of several tools (t, h, 3) and (t, h).
        """
        self._trace = None if tip is None else (tip, committed, executing, gripper)
        self._draw_plan()
        return True

    def set_mark(self, at: npt.ArrayLike | None, tone: str) -> bool:
        """A ball at the place (3,) m of a failed check; None: none."""
        self._mark = None if at is None else (at, tone)
        self._draw_plan()
        return True

    def set_fan(self, ways: npt.ArrayLike | None) -> bool:
        """Faint ways (k, h, 3) m of all samples; None: none."""
        self._fan = ways
        self._buffers["fan"].set_mesh(EMPTY if ways is None else fan_mesh(ways))
        return True

    def set_recorded_way(self, tip: npt.ArrayLike | None) -> bool:
        """The way (h, 3) m that the tool tip was sent along when this was recorded; None: none."""
        self._recorded_way = tip
        line = EMPTY if tip is None else tube(tip, RECORDED_M)
        self._buffers["way"].set_mesh(line.colored((*rgb(COLORS.measured), 1.0)))
        return True

    def set_surface(self, surface: Surface | None) -> bool:
        """What a model believes of the scene, drawn unlit and translucent; None: nothing."""
        self._buffers["belief"].set_mesh(EMPTY if surface is None else surface_mesh(*surface))
        return True

    def set_objects(self, objects: Sequence[SceneObject]) -> bool:
        """Things on the table: (name, kind, size m, pose (4, 4), rgb)."""
        new = list(objects)
        if len(new) == len(self._objects) and all(map(_same_object, new, self._objects)):
            return False
        self._objects = new
        parts = [
            primitive(kind, size, self.detail).colored((*color, 1.0)).moved(pose)
            for _, kind, size, pose, color in new
        ]
        self._buffers["objects"].set_mesh(merged(parts))
        return True

    def reset_view(self) -> None:
        """Look at the whole workspace again."""
        self.camera.center = CENTER_M
        self.camera.azimuth = AZIMUTH_DEG
        self.camera.elevation = ELEVATION_DEG
        self.camera.scale_factor = HEIGHT_M

    def refresh_colors(self) -> None:
        """Take the palette in use."""
        self._canvas.bgcolor = COLORS.background  # clearing is cheaper than a rectangle
        self._buffers["table"].set_mesh(_table_mesh())
        self._buffers["axes"].set_mesh(_axes_mesh())
        self._grid.set_segments(*_grid_segments())
        for shadow in self._shadows:
            shadow.set_tint((*rgb(COLORS.shadow), 1.0))
        self._ghost.set_tint((*rgb(COLORS.plan_near), 0.92))
        self._draw_plan()
        self.set_fan(self._fan)
        self.set_recorded_way(self._recorded_way)

    @property
    def triangles(self) -> dict[str, int]:
        """How many triangles each part has."""
        return {name: buffers.count for name, buffers in self._buffers.items()}

    # ── drawing ────────────────────────────────────────────────────────────────────────────

    def _place(self, name: str, poses: npt.NDArray[np.float64]) -> None:
        if self._arm is None:
            return
        buffers = self._buffers[name]
        if buffers.count:
            buffers.move(*self._arm.posed(poses))
        else:
            buffers.set_mesh(self._arm.mesh(poses))

    def _draw_plan(self) -> None:
        parts = [] if self._trace is None else [trace_mesh(*self._trace)]
        if self._mark is not None:
            parts.append(mark_mesh(*self._mark))
        drawn = [part for part in parts if part.triangles]
        self._buffers["plan"].set_mesh(merged(drawn))

    def _on_view_changed(self, event: object = None) -> None:
        azimuth, elevation = np.radians(self.camera.azimuth), np.radians(self.camera.elevation)
        flat = np.cos(elevation)
        eye = (np.sin(azimuth) * flat, -np.cos(azimuth) * flat, np.sin(elevation))
        for node in (*self._solids, self._ghost, self._plan):
            node.set_eye(eye)


def _same(old: npt.NDArray[np.float64] | None, new: npt.NDArray[np.float64] | None) -> bool:
    if old is None or new is None:
        return old is new
    return old.shape == new.shape and bool(np.abs(old - new).max(initial=0.0) < _STILL)


def _same_object(a: SceneObject, b: SceneObject) -> bool:
    plain = a[:2] == b[:2] and tuple(a[2]) == tuple(b[2]) and tuple(a[4]) == tuple(b[4])
    return plain and _same(np.asarray(a[3], dtype=float), np.asarray(b[3], dtype=float))


def _table_mesh() -> Mesh:
    """A round piece of table that fades into the background."""
    angles = np.linspace(0, 2 * np.pi, 49)
    radii, shares = (0.0, 0.45 * _TABLE_M, _TABLE_M), (1.0, 0.9, 0.0)
    circle = np.column_stack([np.cos(angles), np.sin(angles), np.zeros(49)])
    center = np.array([CENTER_M[0], 0.0, 0.0])
    points = np.concatenate([center + r * circle for r in radii]).astype(np.float32)
    colors = np.empty((len(points), 4), np.float32)
    share = np.repeat(shares, 49)[:, None]  # opaque: blending a whole screen is slow
    colors[:, :3] = share * rgb(COLORS.table) + (1 - share) * np.array(rgb(COLORS.background))
    colors[:, 3] = 1.0
    i = np.arange(48)
    quads = [np.column_stack([i + s, i + s + 49, i + s + 50, i + s + 1]) for s in (0, 49)]
    faces = np.concatenate([q[:, c] for q in quads for c in ([0, 1, 2], [0, 2, 3])])
    normals = np.tile(np.array([0, 0, 1], np.float32), (len(points), 1))
    return Mesh(points, normals, colors, faces.astype(np.uint32))


def _grid_segments() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Lines every 0.1 m that fade with the table; cut in pieces so that they can fade."""
    along = np.arange(-0.6, 0.81, 0.05)
    lines = np.arange(-0.6, 0.81, 0.1)
    points = []
    for at in lines:
        for start, end in itertools.pairwise(along):
            points += [(start, at - 0.1, 0.0), (end, at - 0.1, 0.0)]
            points += [(at, start - 0.1, 0.0), (at, end - 0.1, 0.0)]
    ends = np.array(points)
    away = np.linalg.norm(ends[:, :2] - [CENTER_M[0], 0.0], axis=1) / _TABLE_M
    colors = np.empty((len(ends), 4))
    colors[:, :3] = rgb(COLORS.grid)
    colors[:, 3] = np.clip(1.15 - away, 0.0, 0.9)
    return ends, colors


def _axes_mesh() -> Mesh:
    """X red, Y green, Z blue at the base, 0.1 m long: the scale of the grid."""
    parts = []
    for axis, color in enumerate(((0.90, 0.33, 0.34), (0.38, 0.78, 0.44), (0.36, 0.58, 0.98))):
        end = np.zeros(3)
        end[axis] = 0.1
        foot = np.array([0.0, 0.0, 0.0015])
        line = tube([foot, foot + end], 0.0016)
        tip = capsule(0.0034, 0.0, COARSE)
        shift = np.eye(4)
        shift[:3, 3] = foot + end
        parts.append(merged([line, tip.moved(shift)]).colored((*color, 1.0)))
    return merged(parts)
