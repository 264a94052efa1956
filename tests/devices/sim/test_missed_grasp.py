"""Starting where a grasp has just missed: low, shut, beside the cube, touching nothing."""

import numpy as np
import pytest

from devices.errors import UnknownObject
from devices.sim.demonstrator import Demonstrator
from devices.sim.lockstep import follow, lockstep
from devices.sim.missed_grasp import FARTHEST_M, NEAREST_M
from devices.sim.scene import SimScene
from devices.sim.world import World


@pytest.fixture
def scene(world, kinematics):
    return SimScene(world, kinematics=kinematics)


@pytest.mark.parametrize("seed", range(300, 308))
def test_the_arm_stands_shut_and_low_beside_the_cube_that_lies_where_it_lay(
    scene, world, kinematics, seed
):
    lay = World(seed).cube_pose("red")
    scene.reset(seed, missed="red")
    pinch, cube = kinematics.pinch_pose(world.q)[:3, 3], world.cube_pose("red")
    assert NEAREST_M - 0.002 < np.hypot(*(pinch - cube[:3])[:2]) < FARTHEST_M + 0.002
    assert pinch[2] < 0.035
    assert world.q[-1] < 0.05
    np.testing.assert_allclose(cube, lay, atol=1e-3)


def test_nothing_moves_there_by_itself(scene, world):
    scene.reset(301, missed="red")
    before, stood = world.qpos(), world.q
    world.advance(1.0)
    np.testing.assert_allclose(world.q, stood, atol=0.02)
    assert np.abs(world.qpos() - before).max() < 0.02


def test_the_same_seed_gives_the_same_place(scene, world):
    scene.reset(302, missed="green")
    first = world.q
    scene.reset(302, missed="green")
    np.testing.assert_array_equal(world.q, first)


def test_a_cube_out_of_reach_leaves_the_usual_start(scene, world):
    world.reset(303)
    start = world.q
    world.put_cube("red", (0.45, 0.2))
    assert not scene.stand_beside("red")
    np.testing.assert_array_equal(world.q, start)


def test_a_cube_that_is_not_there_is_named(scene):
    with pytest.raises(UnknownObject, match="purple"):
        scene.reset(304, missed="purple")


@pytest.mark.parametrize("seed", [305, 306, 307])
def test_the_demonstrator_goes_up_first_and_then_succeeds(scene, world, kinematics, seed):
    scene.reset(seed, missed="red")
    lay = world.cube_pose("red")[:2]
    demonstrator = Demonstrator(world, kinematics=kinematics, seed=seed)
    moved_m = 0.0
    for tick in lockstep(world, follow(demonstrator), seconds=14, until=lambda: demonstrator.done):
        if tick.t_ns < 1_500_000_000:
            moved_m = max(moved_m, float(np.hypot(*(world.cube_pose("red")[:2] - lay))))
    assert demonstrator.succeeded
    assert moved_m < 0.003  # it swept nothing aside on its way up
