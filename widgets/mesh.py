"""Triangles for the 3D view: primitives, tubes, and how they are merged.

Pure numpy. Normals are per vertex and flat where an edge should be seen. Metres; every primitive is
centred at its own origin, capsules and cylinders along z.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
U32 = npt.NDArray[np.uint32]
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Detail:
    """How finely round things are cut."""

    around: int  # segments of a circle
    rings: int  # rings of half a sphere


FINE = Detail(around=40, rings=8)
COARSE = Detail(around=16, rings=3)


@dataclass(frozen=True, slots=True)
class Mesh:
    """Vertices with normals and colours, and triangles of indices."""

    points: F32  # (v, 3) m
    normals: F32  # (v, 3)
    colors: F32  # (v, 4)
    faces: U32  # (f, 3)

    @property
    def triangles(self) -> int:
        return len(self.faces)

    def moved(self, pose: npt.ArrayLike) -> Mesh:
        """The same mesh, (4, 4) rotated and shifted."""
        matrix = np.asarray(pose, dtype=np.float32)
        rotation = matrix[:3, :3].T
        return Mesh(
            self.points @ rotation + matrix[:3, 3], self.normals @ rotation, self.colors, self.faces
        )

    def colored(self, rgba: Sequence[float]) -> Mesh:
        colors = np.tile(np.asarray(rgba, dtype=np.float32), (len(self.points), 1))
        return Mesh(self.points, self.normals, colors, self.faces)


EMPTY = Mesh(
    np.zeros((0, 3), np.float32),
    np.zeros((0, 3), np.float32),
    np.zeros((0, 4), np.float32),
    np.zeros((0, 3), np.uint32),
)


def merged(meshes: Sequence[Mesh]) -> Mesh:
    """One mesh of many."""
    if not meshes:
        return EMPTY
    offsets = np.cumsum([0, *(len(m.points) for m in meshes[:-1])])
    faces = [m.faces + np.uint32(o) for m, o in zip(meshes, offsets, strict=True)]
    return Mesh(
        np.concatenate([m.points for m in meshes]),
        np.concatenate([m.normals for m in meshes]),
        np.concatenate([m.colors for m in meshes]),
        np.concatenate(faces),
    )


def primitive(kind: str, size: Sequence[float], detail: Detail = FINE) -> Mesh:
    """A white box (half sizes), sphere (radius), cylinder or capsule (radius, half length).

    Raises:
        ValueError: another kind; the message lists those that exist.
    """
    return _primitive(kind, tuple(float(value) for value in size), detail)


@lru_cache(maxsize=256)  # things on the table move often and never change their shape
def _primitive(kind: str, size: tuple[float, ...], detail: Detail) -> Mesh:
    if kind == "box":
        return box(size)
    if kind == "sphere":
        return capsule(size[0], 0.0, detail)
    if kind == "cylinder":
        return cylinder(size[0], size[1], detail)
    if kind == "capsule":
        return capsule(size[0], size[1], detail)
    raise ValueError(f"shape {kind!r} is not known; there are box, sphere, cylinder, capsule")


def box(half: Sequence[float]) -> Mesh:
    """A box with narrow chamfers, which catch the light along its edges."""
    size = np.asarray(half, dtype=np.float64)
    inner = size - min(0.16 * float(size.min()), 0.0025)
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=float)
    # every corner has three vertices: pushed out along x, along y, along z
    corner = np.repeat(signs * inner, 3, axis=0)
    for axis in range(3):
        corner[axis::3, axis] = signs[:, axis] * size[axis]
    return _flat_hull(corner, _chamfer_faces(signs))


def _chamfer_faces(signs: F64) -> list[list[int]]:
    """Polygons of the chamfered box as vertex numbers (corner * 3 + axis), any winding."""
    polygons = [[3 * corner, 3 * corner + 1, 3 * corner + 2] for corner in range(8)]
    for axis in range(3):
        b, c = (axis + 1) % 3, (axis + 2) % 3
        for sign in (-1, 1):
            ring = [i for i in range(8) if signs[i, axis] == sign]
            ring.sort(key=lambda i: np.arctan2(signs[i, c], signs[i, b]))
            polygons.append([3 * i + axis for i in ring])
            for other in (-1, 1):
                first, last = (i for i in ring if signs[i, b] == other)
                polygons.append([3 * first + axis, 3 * last + axis, 3 * last + b, 3 * first + b])
    return polygons


def _flat_hull(points: F64, polygons: Sequence[Sequence[int]]) -> Mesh:
    """Flat-shaded convex polygons around the origin, wound outwards."""
    vertices, normals, faces = [], [], []
    start = 0
    for polygon in polygons:
        corners = points[list(polygon)]
        normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
        if normal @ corners.mean(axis=0) < 0:
            corners, normal = corners[::-1], -normal
        vertices.append(corners)
        normals.append(np.tile(normal / np.linalg.norm(normal), (len(corners), 1)))
        faces += [[start, start + i, start + i + 1] for i in range(1, len(corners) - 1)]
        start += len(corners)
    return _mesh(np.concatenate(vertices), np.concatenate(normals), np.array(faces))


def cylinder(radius: float, half_length: float, detail: Detail = FINE) -> Mesh:
    """A cylinder along z with a narrow chamfer at both rims."""
    cut = min(0.12 * radius, 0.5 * half_length, 0.0016)
    profile = np.array(
        [
            [0, -half_length],
            [radius - cut, -half_length],
            [radius, -half_length + cut],
            [radius, half_length - cut],
            [radius - cut, half_length],
            [0, half_length],
        ]
    )
    return _lathe(profile, detail.around, smooth=False)


def capsule(radius: float, half_length: float, detail: Detail = FINE) -> Mesh:
    """A capsule along z; a sphere when ``half_length`` is zero."""
    angles = np.linspace(-np.pi / 2, np.pi / 2, 2 * detail.rings + 1)
    r, z = radius * np.cos(angles), radius * np.sin(angles)
    shift = np.where(angles < -1e-9, -half_length, half_length)
    profile = np.stack([r, z + shift], axis=1)
    if half_length > 0:
        equator = np.array([[radius, -half_length]])
        profile = np.insert(profile, detail.rings, equator, axis=0)
    return _lathe(profile, detail.around, smooth=True)


def _lathe(profile: F64, around: int, *, smooth: bool) -> Mesh:
    """Turn a profile (p, 2) of (radius, z), rising in z, about the z axis.

    Flat along the profile unless ``smooth``; always round about the axis.
    """
    angles = np.linspace(0, 2 * np.pi, around + 1)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    delta = np.diff(profile, axis=0)
    slopes = np.stack([delta[:, 1], -delta[:, 0]], axis=1)
    slopes /= np.maximum(np.linalg.norm(slopes, axis=1, keepdims=True), 1e-12)
    if smooth:
        ends = np.concatenate([[[0.0, -1.0]], slopes[:-1] + slopes[1:], [[0.0, 1.0]]])
        ends /= np.linalg.norm(ends, axis=1, keepdims=True)
        rows = [(profile[i : i + 2], ends[i : i + 2]) for i in range(len(delta))]
    else:
        rows = [(profile[i : i + 2], slopes[[i, i]]) for i in range(len(delta))]
    points, normals, faces, start = [], [], [], 0
    for ring, slope in rows:
        for (r, z), (nr, nz) in zip(ring, slope, strict=True):
            points.append(np.column_stack([r * circle, np.full(around + 1, z)]))
            normals.append(np.column_stack([nr * circle, np.full(around + 1, nz)]))
        faces.append(_strip(start, around, first=ring[0, 0] > 1e-9, last=ring[1, 0] > 1e-9))
        start += 2 * (around + 1)
    return _mesh(np.concatenate(points), np.concatenate(normals), np.concatenate(faces))


def _strip(start: int, around: int, *, first: bool, last: bool) -> npt.NDArray[np.int64]:
    """Triangles between two rings; a ring of radius zero makes one triangle of each quad."""
    low = start + np.arange(around)
    high = low + around + 1
    parts = []
    if first:
        parts.append(np.column_stack([low, low + 1, high + 1]))
    if last:
        parts.append(np.column_stack([low, high + 1, high]))
    return np.concatenate(parts)


def tube(path: npt.ArrayLike, radius: float, around: int = 6) -> Mesh:
    """A round tube along a polyline (m, 3); nothing for fewer than two distinct points."""
    line = _distinct(np.asarray(path, dtype=np.float64))
    if len(line) < 2:
        return EMPTY
    tangent = np.gradient(line, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-12)
    side = np.cross(tangent, [0.0, 0.0, 1.0])
    steep = np.linalg.norm(side, axis=1) < 0.05
    side[steep] = np.cross(tangent[steep], [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    up = np.cross(side, tangent)
    angles = np.linspace(0, 2 * np.pi, around, endpoint=False)[None, :, None]
    normals = np.cos(angles) * side[:, None] + np.sin(angles) * up[:, None]
    points = line[:, None] + radius * normals
    ring = np.arange(around)
    low = (np.arange(len(line) - 1) * around)[:, None] + ring
    next_low = (np.arange(len(line) - 1) * around)[:, None] + (ring + 1) % around
    quads = np.stack([low, low + around, next_low + around, next_low], axis=-1).reshape(-1, 4)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    return _mesh(points.reshape(-1, 3), normals.reshape(-1, 3), faces)


def dots(path: npt.ArrayLike, radius: float, spacing_m: float = 0.009) -> Mesh:
    """Small balls along a polyline (m, 3), evenly spaced."""
    line = _distinct(np.asarray(path, dtype=np.float64))
    if len(line) < 2:
        return EMPTY
    along = np.r_[0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))]
    at = np.arange(0, along[-1] + 1e-9, spacing_m)
    centers = np.stack([np.interp(at, along, line[:, i]) for i in range(3)], axis=1)
    ball = capsule(radius, 0.0, Detail(around=8, rings=2))
    shifted = [Mesh(ball.points + c, ball.normals, ball.colors, ball.faces) for c in _f32(centers)]
    return merged(shifted)


def _distinct(line: F64) -> F64:
    """Finite points that are at least a fifth of a millimetre apart."""
    line = line[np.isfinite(line).all(axis=1)]
    if len(line) < 2:
        return line
    keep = np.r_[True, np.linalg.norm(np.diff(line, axis=0), axis=1) > 2e-4]
    return line[keep]


def _mesh(points: F64, normals: F64, faces: npt.NDArray[np.int64]) -> Mesh:
    white = np.ones((len(points), 4), dtype=np.float32)
    return Mesh(_f32(points), _f32(normals), white, faces.astype(np.uint32))


def _f32(values: F64) -> F32:
    return values.astype(np.float32)
