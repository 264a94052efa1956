"""Solids are closed, wound outwards, and move rigidly with their link."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widgets import demo_scene
from widgets.arm_mesh import ArmMesh
from widgets.mesh import COARSE, FINE, Mesh, dots, merged, primitive, tube

lengths = st.floats(0.002, 0.3)
kinds = st.sampled_from([("box", 3), ("cylinder", 2), ("capsule", 2), ("sphere", 1)])


def _volume(mesh: Mesh) -> float:
    a, b, c = (mesh.points[mesh.faces[:, i]].astype(float) for i in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


def _exact(kind: str, size: list[float]) -> float:
    if kind == "box":
        return 8 * size[0] * size[1] * size[2]
    ball = 4 / 3 * np.pi * size[0] ** 3
    if kind == "sphere":
        return ball
    rod = 2 * np.pi * size[0] ** 2 * size[1]
    return rod if kind == "cylinder" else rod + ball


@settings(max_examples=60)
@given(kinds, st.lists(lengths, min_size=3, max_size=3))
def test_a_primitive_has_nearly_the_volume_of_its_solid(kind: tuple[str, int], sizes: list[float]):
    name, count = kind
    mesh = primitive(name, sizes[:count], FINE)
    assert _volume(mesh) == pytest.approx(_exact(name, sizes), rel=0.16)
    assert _volume(mesh) <= _exact(name, sizes) * 1.001


@settings(max_examples=60)
@given(kinds, st.lists(lengths, min_size=3, max_size=3))
def test_normals_have_length_one_and_point_outwards(kind: tuple[str, int], sizes: list[float]):
    mesh = primitive(kind[0], sizes[: kind[1]], COARSE)
    assert np.allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-4)
    a, b, c = (mesh.points[mesh.faces[:, i]].astype(float) for i in range(3))
    outward = np.cross(b - a, c - a)
    assert ((outward * mesh.normals[mesh.faces].mean(axis=1)).sum(axis=1) > 0).all()


def test_an_unknown_shape_is_refused_with_those_that_exist():
    with pytest.raises(ValueError, match=r"'torus'.*box, sphere, cylinder, capsule"):
        primitive("torus", (1.0,))


def test_merging_keeps_every_triangle():
    parts = [primitive("box", (1, 2, 3)), primitive("sphere", (0.5,))]
    both = merged(parts)
    assert both.triangles == sum(p.triangles for p in parts)
    assert _volume(both) == pytest.approx(sum(map(_volume, parts)), rel=1e-4)


@given(st.integers(2, 40), st.floats(0.001, 0.01), st.integers(0, 10_000))
def test_a_tube_stays_within_its_radius_of_its_path(rows: int, radius: float, seed: int):
    path = np.cumsum(np.random.default_rng(seed).normal(0, 0.02, (rows, 3)), axis=0)
    mesh = tube(path, radius)
    away = np.linalg.norm(mesh.points[:, None] - path[None], axis=-1).min(axis=1)
    assert away.max() <= radius * 1.01


@pytest.mark.parametrize("path", [np.zeros((0, 3)), np.zeros((5, 3)), np.full((4, 3), np.nan)])
def test_a_way_that_goes_nowhere_is_nothing(path: np.ndarray):
    assert tube(path, 0.01).triangles == 0
    assert dots(path, 0.01).triangles == 0


def test_a_link_moves_rigidly():
    arm = ArmMesh(demo_scene.shapes(), COARSE)
    points = [arm.posed(demo_scene.link_poses(q))[0] for q in (demo_scene.CUBE_Q, np.zeros(6))]
    hand = slice(-190, -100)  # vertices of one finger
    spans = [np.linalg.norm(p[hand] - p[hand][0], axis=1) for p in points]
    assert np.allclose(*spans, atol=1e-5)
    assert not np.allclose(points[0][hand], points[1][hand], atol=1e-2)


def test_too_few_poses_are_refused_with_both_numbers():
    arm = ArmMesh(demo_scene.shapes(), COARSE)
    with pytest.raises(ValueError, match=r"\(3, 4, 4\); expected \(7 or more, 4, 4\)"):
        arm.posed(np.zeros((3, 4, 4)))


def test_the_reduced_arm_fits_the_budget_of_software_rendering():
    assert ArmMesh(demo_scene.shapes(), COARSE).rest.triangles <= 5000
