"""Pictures of the simulated bench, and whether points project to where they are drawn."""

import numpy as np
import pytest

from devices.sim.projection import SimCameras
from devices.sim.robot import CAMERAS

TO_TOP = np.array([0, 0, 0.0125])  # m, from a cube's centre
MAIN_CHANNEL = {"red": 0, "green": 1, "blue": 2}


@pytest.mark.parametrize("camera", CAMERAS)
def test_pictures_show_something(world, renderer, camera):
    picture = renderer.render(world.qpos(), camera)
    assert picture.shape == (240, 320, 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 20


def test_same_positions_same_picture(world, renderer):
    first = renderer.render(world.qpos(), "front")
    renderer.render(world.qpos(), "wrist")
    np.testing.assert_array_equal(renderer.render(world.qpos(), "front"), first)


@pytest.mark.parametrize("cube", MAIN_CHANNEL)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_cube_is_drawn_where_it_projects(world, renderer, cube, seed):
    world.reset(seed)
    top = world.cube_pose(cube)[:3] + TO_TOP
    picture = renderer.render(world.qpos(), "front")
    u, v = renderer.camera_matrix("front").project(top)[0].astype(int)
    pixel = picture[v, u].astype(int)
    assert pixel[MAIN_CHANNEL[cube]] > 1.3 * np.delete(pixel, MAIN_CHANNEL[cube]).max()


def test_depth_is_the_distance_along_the_viewing_axis(world, renderer):
    world.reset(1)
    top = world.cube_pose("green")[:3] + TO_TOP
    depth = renderer.depth(world.qpos(), "front")
    matrix = renderer.camera_matrix("front")
    u, v = matrix.project(top)[0].astype(int)
    ahead = (np.linalg.inv(matrix.base_from_camera) @ [*top, 1])[2]
    assert depth[v, u] == pytest.approx(ahead, abs=0.004)


def test_a_point_behind_the_camera_has_no_pixel(world, renderer):
    assert np.isnan(renderer.camera_matrix("front", world.qpos()).project([5.0, 0, 0.3])).all()


def test_window_side_projection_agrees_with_the_renderer(world, renderer):
    world.reset(4)
    theirs = SimCameras(world.model).matrix("wrist", world.q, width=320, height=240)
    ours = renderer.camera_matrix("wrist", world.qpos())
    np.testing.assert_allclose(theirs.base_from_camera, ours.base_from_camera, atol=1e-6)
    np.testing.assert_allclose(theirs.intrinsics, ours.intrinsics)


def test_fingertips_are_in_the_wrist_picture(world, kinematics, renderer):
    tip = kinematics.tip_pose(world.q)[:3, 3]
    u, v = renderer.camera_matrix("wrist", world.qpos()).project(tip)[0]
    assert 0 < u < 320
    assert 0 < v < 240


def test_points_come_back_from_where_they_project(world, renderer):
    matrix = renderer.camera_matrix("front", world.qpos())
    depth = np.linspace(0.3, 0.9, 12).reshape(3, 4)
    points = matrix.lift(depth)
    pixels = matrix.project(points.reshape(-1, 3)).reshape(3, 4, 2)
    np.testing.assert_allclose(pixels[..., 0], np.tile([40, 120, 200, 280], (3, 1)), atol=1e-6)
    np.testing.assert_allclose(pixels[:, 0, 1], [40, 120, 200], atol=1e-6)
    ahead = np.linalg.inv(matrix.base_from_camera)[2] @ [*points[1, 2], 1]
    assert ahead == pytest.approx(depth[1, 2])


@pytest.mark.parametrize("camera", CAMERAS)
def test_known_depth_is_what_the_camera_measures_where_no_cube_lies(world, renderer, camera):
    """Arm in front of the table included; at edges a ray and a pixel may hit different things."""
    world.reset(5)
    known = SimCameras(world.model).known_depth(
        camera, world.q, width=320, height=240, grid=(24, 32)
    )
    seen = renderer.depth(world.qpos(), camera)[5::10, 5::10]
    near = np.isfinite(known) & (known < 3.0)
    apart = np.abs(known - seen)[near]
    assert near.mean() > 0.5
    assert np.median(apart) < 0.004
    assert (apart < 0.03).mean() > 0.85
