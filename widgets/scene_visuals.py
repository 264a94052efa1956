"""Two small vispy visuals: lit triangles and coloured lines.

They do one thing each with one draw call, which is what keeps a processor-drawn scene quick. Know
no robot. Import after ``vispy.use``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from vispy.gloo import IndexBuffer, VertexBuffer
from vispy.scene.visuals import create_visual_node
from vispy.visuals import Visual

from widgets.mesh import F32, Mesh

_MESH_VERTEX = """
attribute vec3 a_position;
attribute vec3 a_normal;
attribute vec4 a_color;
uniform vec2 u_slope;      // where light goes per metre of height
uniform float u_flatten;   // 1: a shadow on the table
varying vec3 v_normal;
varying vec4 v_color;
void main() {
    vec3 fallen = vec3(a_position.xy + u_slope * a_position.z, 0.0);
    vec3 p = mix(a_position, fallen, u_flatten);
    v_normal = a_normal;
    v_color = a_color;
    gl_Position = $transform(vec4(p, 1.0));
}
"""

_MESH_FRAGMENT = """
uniform vec3 u_light;
uniform vec3 u_eye;
uniform vec4 u_tint;       // replaces the colour by its alpha share
uniform float u_opacity;
uniform float u_glow;      // 1: not shaded
varying vec3 v_normal;
varying vec4 v_color;
void main() {
    vec3 n = normalize(v_normal);
    vec3 base = mix(v_color.rgb, u_tint.rgb, u_tint.a);
    float sky = 0.5 + 0.5 * n.z;
    float sun = max(dot(n, u_light), 0.0);
    float facing = abs(dot(n, u_eye));
    float shade = 0.30 + 0.24 * sky + 0.40 * sun + 0.14 * facing;
    vec3 lit = base * shade + vec3(0.10) * pow(1.0 - facing, 3.0) * (0.4 + sky);
    gl_FragColor = vec4(mix(lit, base, u_glow), v_color.a * u_opacity);
}
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

_LINE_FRAGMENT = """
varying vec4 v_color;
void main() { gl_FragColor = v_color; }
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
    ) -> None:
        super().__init__(vcode=_MESH_VERTEX, fcode=_MESH_FRAGMENT)
        self._buffers = buffers
        program = self.shared_program
        program["a_position"] = buffers.points
        program["a_normal"] = buffers.normals
        program["a_color"] = buffers.colors
        program["u_light"] = LIGHT
        program["u_eye"] = (0.0, 0.0, 1.0)
        program["u_slope"] = _SLOPE
        program["u_flatten"] = 1.0 if flatten else 0.0
        program["u_opacity"] = opacity
        program["u_glow"] = 1.0 if flatten else glow
        program["u_tint"] = tint
        self._draw_mode = "triangles"
        self._index_buffer = buffers.faces
        self.set_gl_state(
            blend=opacity < 1.0,
            blend_func=("src_alpha", "one_minus_src_alpha"),
            depth_test=not flatten,
            depth_func="lequal",
            depth_mask=not flatten,
            cull_face=False,
            color_mask=_ALL,
        )

    def set_eye(self, direction: npt.ArrayLike) -> None:
        """Unit vector towards the viewer, for the soft rim."""
        self.shared_program["u_eye"] = np.asarray(direction, dtype=np.float32)

    def set_tint(self, rgba: tuple[float, float, float, float]) -> None:
        self.shared_program["u_tint"] = rgba

    def _prepare_transforms(self, view: Visual) -> None:
        view.view_program.vert["transform"] = view.transforms.get_transform()

    def _prepare_draw(self, view: Visual) -> bool:
        return self._buffers.count > 0


class LinesVisual(Visual):
    """Line segments one pixel wide, a colour per end."""

    def __init__(self, *, depth_test: bool = True) -> None:
        super().__init__(vcode=_LINE_VERTEX, fcode=_LINE_FRAGMENT)
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

    def _prepare_transforms(self, view: Visual) -> None:
        view.view_program.vert["transform"] = view.transforms.get_transform()

    def _prepare_draw(self, view: Visual) -> bool:
        return self._count > 0


LitMesh = create_visual_node(LitMeshVisual)
Lines = create_visual_node(LinesVisual)
