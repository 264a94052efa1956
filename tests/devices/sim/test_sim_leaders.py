"""A person's hand and the demonstrator."""

import numpy as np
import pytest

from devices.base import Leader
from devices.commands import MoveTool
from devices.inputs.hand import HandLeader
from devices.sim.demonstrator import Demonstrator
from devices.sim.lockstep import follow, lockstep
from devices.sim.scene import SimScene
from devices.sim.world import HOME
from recordings.types import JointState, frozen_f32

TICK_NS = 10_000_000
START = frozen_f32([*HOME[:5], 0.3])


class Driver:
    """Holds a key down and reads the leader at 100 Hz on a made-up clock."""

    def __init__(self, kinematics):
        self.now_ns = TICK_NS
        self.leader = HandLeader(kinematics, clock=lambda: self.now_ns)
        self.leader.engage(START)

    def read(self):
        self.now_ns += TICK_NS
        return self.leader.read(JointState(q=START, t_ns=self.now_ns))

    def press(self, linear=(0, 0, 0), angular=(0, 0, 0), gripper=0.0, ticks=50):
        for _ in range(ticks):
            self.leader.move(MoveTool(linear, angular, gripper))
            q = self.read()
        return q


@pytest.fixture
def driver(kinematics):
    return Driver(kinematics)


def test_both_leaders_speak_the_protocol(world, kinematics):
    assert isinstance(HandLeader(kinematics), Leader)
    assert isinstance(Demonstrator(world, kinematics=kinematics), Leader)


def test_engaging_does_not_jump(driver):
    np.testing.assert_array_equal(driver.read(), START)


@pytest.mark.parametrize(
    "linear", [(0.1, 0, 0), (-0.1, 0, 0), (0, 0.1, 0), (0, -0.1, 0), (0, 0, 0.1), (0, 0, -0.1)]
)
def test_tool_goes_where_the_key_says_at_that_speed(driver, kinematics, linear):
    q = driver.press(linear)
    gone = kinematics.tip_pose(q)[:3, 3] - kinematics.tip_pose(START)[:3, 3]
    np.testing.assert_allclose(gone, np.array(linear) * 0.5, atol=0.004)


def test_tool_turns_about_the_axis_asked_for_and_stays_in_place(driver, kinematics):
    q = driver.press(angular=(0, -0.5, 0))
    turn = kinematics.tip_pose(q)[:3, :3] @ kinematics.tip_pose(START)[:3, :3].T
    assert np.arctan2(turn[0, 2], turn[0, 0]) == pytest.approx(-0.25, abs=0.02)
    assert np.abs(kinematics.tip_pose(q)[:3, 3] - kinematics.tip_pose(START)[:3, 3]).max() < 0.003


def test_gripper_opens_and_stops_at_fully_open(driver):
    assert driver.press(gripper=0.5, ticks=50)[-1] == pytest.approx(0.55, abs=0.02)
    assert driver.press(gripper=2.0, ticks=100)[-1] == 1.0


def test_without_messages_the_tool_stops_within_a_fifth_of_a_second(driver):
    driver.press((0.1, 0, 0), ticks=10)
    for _ in range(21):
        stopped = driver.read()
    np.testing.assert_array_equal(driver.read(), stopped)


def test_tool_neither_enters_the_table_nor_winds_up_against_it(driver, kinematics):
    q = driver.press((0, 0, -0.2), ticks=200)
    assert kinematics.table_clearance_m(q) > 0.0
    low = kinematics.tip_pose(q)[2, 3]
    assert kinematics.tip_pose(driver.press((0, 0, 0.2), ticks=15))[2, 3] > low + 0.01


def test_no_joint_is_asked_to_be_quicker_than_it_is(driver, kinematics):
    limits = np.array([j.max_speed for j in kinematics.joints])
    before = START
    for _ in range(60):
        q = driver.press((-0.4, 0.4, 0), (0, 0, 2.0), ticks=1)
        assert np.all(np.abs(q - before) <= limits * 0.01 + 1e-5)
        before = q


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_demonstrator_puts_the_red_cube_in_the_tray(world, kinematics, seed):
    world.reset(seed)
    demonstrator = Demonstrator(world, kinematics=kinematics, seed=seed)
    was_lifted = False
    for _ in lockstep(world, follow(demonstrator), seconds=12, until=lambda: demonstrator.done):
        was_lifted = was_lifted or world.lifted("red")
    assert was_lifted
    assert demonstrator.succeeded


def test_demonstrator_takes_the_cube_that_the_task_names(world, kinematics):
    world.reset(104)
    demonstrator = Demonstrator(world, kinematics=kinematics, seed=0)
    demonstrator.set_task("Put the blue cube in the tray")
    for _ in lockstep(world, follow(demonstrator), seconds=12, until=lambda: demonstrator.done):
        pass
    assert [c for c in world.cubes if world.in_tray(c)] == ["blue"]


def test_demonstrator_starts_where_the_arm_is_and_moves_smoothly(world, kinematics):
    world.reset(105)
    start = world.q
    demonstrator = Demonstrator(world, kinematics=kinematics, seed=1)
    ticks = lockstep(world, follow(demonstrator), seconds=12, until=lambda: demonstrator.done)
    actions = np.array([tick.action for tick in ticks])
    limits = np.array([j.max_speed for j in kinematics.joints])
    np.testing.assert_allclose(actions[0], start, atol=1e-3)
    assert np.all(np.abs(np.diff(actions, axis=0)) <= limits * 0.01)
    assert np.all(np.abs(np.diff(actions, n=2, axis=0)) <= limits / 0.1 * 0.01**2)


def test_demonstrator_that_cannot_reach_says_it_is_done_and_not_that_it_succeeded(
    world, kinematics
):
    world.reset(106)
    world.put_cube("red", (0.45, 0.2))
    demonstrator = Demonstrator(world, kinematics=kinematics, seed=0)
    ticks = list(lockstep(world, follow(demonstrator), seconds=2, until=lambda: demonstrator.done))
    assert demonstrator.done
    assert not demonstrator.succeeded
    np.testing.assert_allclose(ticks[-1].state.q, ticks[0].state.q, atol=0.01)


def test_a_reset_scene_tells_the_leaders_where_the_arm_is_now(world, kinematics):
    hand = HandLeader(kinematics)
    hand.engage(START)
    scene = SimScene(world, kinematics=kinematics, leaders=(hand,))
    scene.reset(42)
    np.testing.assert_array_equal(hand.read(JointState(q=START, t_ns=TICK_NS)), world.q)


def test_scene_state_names_every_cube_and_the_seed(world, kinematics):
    state = SimScene(world, kinematics=kinematics).state(5)
    assert set(state.cubes) == {"red", "green", "blue"}
    assert (state.t_ns, state.seed, len(state.cubes["red"])) == (5, world.seed, 7)
