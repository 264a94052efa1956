"""A relative depth becomes a surface where its scale is known, and only there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.description import Standing
from devices.sim.projection import SimCameras
from devices.sim.render import SceneRenderer
from devices.sim.world import World
from studio.make_depth_data import relative_depth
from studio.parts.depth_surface import fit_inverse_depth, surface
from studio.parts.space import Space

METRES = np.linspace(0.4, 1.2, 200)


@given(st.floats(0.01, 50), st.floats(-20, 20), st.integers(0, 2**32 - 1))
def test_the_scale_is_found_although_some_points_are_wrong(slope: float, offset: float, seed: int):
    relative = (1.0 / METRES - offset) / slope
    wrong = np.random.default_rng(seed).permutation(200)[:60]
    known = METRES.copy()
    known[wrong] += 0.3
    fit = fit_inverse_depth(relative, known)
    assert fit is not None
    assert fit.inliers == 140
    assert fit.error_m < 1e-6
    np.testing.assert_allclose(fit.metres(relative), METRES, rtol=1e-6)


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (METRES[:25], "too few points"),
        (np.linspace(0.5, 0.6, 200), "all about as far"),
        (np.full(200, np.nan), "nothing known"),
    ],
)
def test_without_enough_known_points_there_is_no_scale(known: np.ndarray, why: str):
    assert fit_inverse_depth(1.0 / known, known) is None, why


def test_a_picture_in_which_far_is_near_has_no_scale():
    assert fit_inverse_depth(-1.0 / METRES, METRES) is None


def test_noise_has_no_scale():
    noise = np.random.default_rng(0).random(200)
    fit = fit_inverse_depth(noise, METRES)
    assert fit is None or fit.inliers < 100


def test_neighbours_at_different_depths_are_not_joined():
    depth = np.full((4, 4), 0.5)
    depth[:, 2:] = 0.6
    depth[3, 0] = np.nan
    fit = fit_inverse_depth(1.0 / METRES, METRES)
    image = np.full((40, 40, 3), 51, np.uint8)
    updated = np.zeros((2, 2), np.bool_)
    updated[0, 1] = True
    made = surface(np.zeros((4, 4, 3), np.float32), depth, image, updated=updated, fit=fit)
    assert made.joined.tolist() == [[1, 0, 1], [1, 0, 1], [0, 0, 1]]
    assert np.allclose(made.colors[..., :3], 0.2)
    assert (made.colors[0, :, 3] > made.colors[3, 0, 3]).tolist() == [False, False, True, True]


def test_true_depth_becomes_the_true_scene():
    """What the simulator sees, made relative and brought back: cubes lie where they lie."""
    world = World(seed=4)
    world.reset(4)
    with SceneRenderer(320, 240) as renderer:
        image = renderer.render(world.qpos(), "front")
        metres = renderer.depth(world.qpos(), "front")
    relative = relative_depth(metres).astype(np.float32)
    updated = np.ones((10, 10), np.bool_)
    space = Space((Standing("so101"),))
    made = space.depth_surface("front", world.q, relative, image, updated=updated)
    assert made is not None
    assert made.fit.error_m < 0.01
    matrix = SimCameras(world.model).matrix("front", world.q, width=320, height=240)
    places = matrix.project(made.points.reshape(-1, 3))
    for cube in ("red", "green", "blue"):
        top = world.cube_pose(cube)[:3] + np.array([0, 0, 0.0125])
        nearest = int(np.nanargmin(np.linalg.norm(places - matrix.project(top), axis=1)))
        assert np.linalg.norm(made.points.reshape(-1, 3)[nearest] - top) < 0.03, cube
