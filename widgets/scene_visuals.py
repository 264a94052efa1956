"""Two small vispy visuals: lit triangles and coloured lines.

They do one thing each with one draw call, which is what keeps a processor-drawn scene quick. Know
no robot. Import after ``vispy.use``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from vispy.gloo import IndexBuffer, VertexBuffer
from vispy.scene.visuals import create_visual_node
from vispy.visuals import Visual

from widgets.mesh import F32, Mesh

# Light is computed per vertex: on a processor a pixel is the expensive thing.
_MESH_VERTEX = """
attribute vec3 a_position;
attribute vec3 a_normal;
attribute vec4 a_color;
uniform vec2 u_slope;      // where light goes per metre of height
uniform float u_flatten;   // 1: a shadow on the table
uniform float u_shrink;    // m: a ghost lies just inside the solid arm it coincides with
uniform vec3 u_light;
uniform vec3 u_eye;
uniform vec4 u_tint;       // replaces the colour by its alpha share
uniform float u_opacity;
uniform float u_glow;      // 1: not shaded
varying vec4 v_color;
void main() {
    vec3 fallen = vec3(a_position.xy + u_slope * a_position.z, 0.0);
    vec3 p = mix(a_position - u_shrink * a_normal, fallen, u_flatten);
    vec3 base = mix(a_color.rgb, u_tint.rgb, u_tint.a);
    float sky = 0.5 + 0.5 * a_normal.z;
    float sun = max(dot(a_normal, u_light), 0.0);
    float facing = abs(dot(a_normal, u_eye));
    float rim = 1.0 - facing;
    float shade = 0.30 + 0.24 * sky + 0.40 * sun + 0.14 * facing;
    vec3 lit = base * shade + vec3(0.10) * rim * rim * rim * (0.4 + sky);
    v_color = vec4(mix(lit, base, u_glow), a_color.a * u_opacity);
    gl_Position = $transform(vec4(p, 1.0));
}
"""

_FRAGMENT = """
varying vec4 v_color;
void main() { gl_FragColor = v_color; }
"""

_LINE_VERTEX = """
attribute vec3 a_position;
attribute vec4 a_color;
varying vec4 v_color;
void main() {
    v_color = a_color;
    gl_Position = $transform(vec4(a_position, 1.0));
}
"""

LIGHT = np.array([0.32, -0.42, 0.85], dtype=np.float32) / 1.0003
_SLOPE = (-float(LIGHT[0] / LIGHT[2]) * 0.6, -float(LIGHT[1] / LIGHT[2]) * 0.6)
_ALL = (True, True, True, True)


class MeshBuffers:
    """The vertices of one mesh on the graphics side, shared by the visuals that draw it."""

    def __init__(self) -> None:
        self.points = VertexBuffer(np.zeros((3, 3), np.float32))
        self.normals = VertexBuffer(np.zeros((3, 3), np.float32))
        self.colors = VertexBuffer(np.zeros((3, 4), np.float32))
        self.faces = IndexBuffer(np.zeros(3, np.uint32))
        self.count = 0

    def set_mesh(self, mesh: Mesh) -> None:
        """Upload everything; an empty mesh is simply not drawn."""
        self.count = mesh.triangles
        if not self.count:
            return
        self.points.set_data(mesh.points, copy=True)
        self.normals.set_data(mesh.normals, copy=True)
        self.colors.set_data(mesh.colors, copy=True)
        self.faces.set_data(mesh.faces.ravel(), copy=True)

    def move(self, points: F32, normals: F32) -> None:
        """Upload new positions of the same vertices."""
        self.points.set_data(points, copy=True)
        self.normals.set_data(normals, copy=True)


class LitMeshVisual(Visual):
    """Triangles under one sun and a soft sky; also what falls on the table as a shadow."""

    def __init__(
        self,
        buffers: MeshBuffers,
        *,
        tint: tuple[float, float, float, float] = (0, 0, 0, 0),
        opacity: float = 1.0,
        glow: float = 0.0,
        flatten: bool = False,
        translucent: bool = False,
        shrink_m: float = 0.0,
    ) -> None:
        super().__init__(vcode=_MESH_VERTEX, fcode=_FRAGMENT)
        self._buffers = buffers
        program = self.shared_program
        program["a_position"] = buffers.points
        program["a_normal"] = buffers.normals
        program["a_color"] = buffers.colors
        program["u_light"] = LIGHT
        program["u_eye"] = (0.0, 0.0, 1.0)
        program["u_slope"] = _SLOPE
        program["u_flatten"] = 1.0 if flatten else 0.0
        program["u_shrink"] = shrink_m
        program["u_opacity"] = opacity
        program["u_glow"] = 1.0 if flatten else glow
        program["u_tint"] = tint
        self._draw_mode = "triangles"
        self._index_buffer = buffers.faces
        self.set_gl_state(
            blend=translucent or opacity < 1.0,
            blend_func=("src_alpha", "one_minus_src_alpha"),
            depth_test=not flatten,
            depth_func="lequal",
            depth_mask=not (flatten or translucent),
            cull_face=False,
            color_mask=_ALL,
        )

    def set_eye(self, direction: npt.ArrayLike) -> None:
        """Unit vector towards the viewer, for the soft rim."""
        self.shared_program["u_eye"] = np.asarray(direction, dtype=np.float32)

    def set_tint(self, rgba: tuple[float, float, float, float]) -> None:
        self.shared_program["u_tint"] = rgba

    def _prepare_transforms(self, view: Any) -> None:  # noqa: ANN401 - a view class made by vispy
        view.view_program.vert["transform"] = view.transforms.get_transform()

    def _prepare_draw(self, view: Any = None) -> Any:  # noqa: ANN401 - False: skip, else draw
        return self._buffers.count > 0


class LinesVisual(Visual):
    """Line segments one pixel wide, a colour per end."""

    def __init__(self, *, depth_test: bool = True) -> None:
        super().__init__(vcode=_LINE_VERTEX, fcode=_FRAGMENT)
        self._count = 0
        self._points = VertexBuffer(np.zeros((2, 3), np.float32))
        self._colors = VertexBuffer(np.zeros((2, 4), np.float32))
        self.shared_program["a_position"] = self._points
        self.shared_program["a_color"] = self._colors
        self._draw_mode = "lines"
        self.set_gl_state(
            blend=True,
            blend_func=("src_alpha", "one_minus_src_alpha"),
            depth_test=depth_test,
            depth_func="lequal",
            depth_mask=False,
            cull_face=False,
            color_mask=_ALL,
        )

    def set_segments(self, points: npt.ArrayLike, colors: npt.ArrayLike) -> None:
        """Segments as (2 s, 3) m end points and (2 s, 4) colours; empty: nothing is drawn."""
        ends = np.ascontiguousarray(points, dtype=np.float32).reshape(-1, 3)
        self._count = len(ends)
        if self._count:
            self._points.set_data(ends, copy=True)
            self._colors.set_data(np.ascontiguousarray(colors, dtype=np.float32), copy=True)

    def _prepare_transforms(self, view: Any) -> None:  # noqa: ANN401 - a view class made by vispy
        view.view_program.vert["transform"] = view.transforms.get_transform()

    def _prepare_draw(self, view: Any = None) -> Any:  # noqa: ANN401 - False: skip, else draw
        return self._count > 0


# classes that vispy makes at run time: nodes of the scene with a keyword ``parent``
LitMesh: Any = create_visual_node(LitMeshVisual)
Lines: Any = create_visual_node(LinesVisual)
