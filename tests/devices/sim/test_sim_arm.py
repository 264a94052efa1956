"""The simulated arm as the rig meets it."""

import numpy as np
import pytest

from devices.base import Arm
from devices.errors import NotConnected
from devices.sim.arm import SimArm
from devices.sim.demonstrator import Demonstrator

TICK_NS = 10_000_000


class Hand:
    """A clock turned by hand."""

    def __init__(self):
        self.now_ns = 0

    def __call__(self):
        return self.now_ns


@pytest.fixture
def clock():
    return Hand()


@pytest.fixture
def arm(world, clock):
    world.reset(0)
    made = SimArm(world, clock=clock)
    made.connect()
    return made


def test_arm_speaks_the_protocol(arm):
    assert isinstance(arm, Arm)
    assert arm.spec.joint_names == (
        "shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll", "gripper",
    )  # fmt: skip


@pytest.mark.parametrize("ask", [SimArm.read, SimArm.hold, SimArm.release])
def test_nothing_answers_before_connect(world, ask):
    with pytest.raises(NotConnected, match="arm is not connected"):
        ask(SimArm(world))


def test_connecting_twice_does_not_move_the_arm(arm, clock):
    before = arm.read().q
    arm.connect()
    clock.now_ns += 20 * TICK_NS
    np.testing.assert_allclose(arm.read().q, before, atol=0.01)


def test_physics_follows_the_clock(arm, clock):
    start = arm.read().q
    arm.write(start + np.float32(0.2))
    assert np.abs(arm.read().q - start).max() < 1e-3
    for _ in range(60):
        clock.now_ns += TICK_NS
        state = arm.read()
    assert state.t_ns == clock.now_ns
    np.testing.assert_allclose(state.q[:5], start[:5] + 0.2, atol=0.02)


def test_write_returns_what_was_sent(arm):
    wanted = np.array([0.1, 0.2, 0.3, 0.4, 9.0, -1.0], dtype=np.float32)
    np.testing.assert_allclose(arm.write(wanted), [0.1, 0.2, 0.3, 0.4, 2.84121, 0.0], atol=1e-5)


def test_hold_stops_a_motion_where_it_is(arm, clock):
    arm.write(arm.read().q + np.float32(1.0))
    clock.now_ns += 8 * TICK_NS
    stopped = arm.read().q
    arm.hold()
    for _ in range(50):
        clock.now_ns += TICK_NS
        state = arm.read()
    assert np.abs(state.q - stopped).max() < 0.25


def test_hold_does_not_let_go_of_what_it_grips(world, arm, clock, kinematics):
    demonstrator = Demonstrator(world, kinematics=kinematics)
    state = arm.read()
    while not world.lifted("red"):
        arm.write(demonstrator.read(state))
        clock.now_ns += TICK_NS
        state = arm.read()
    arm.hold()
    for _ in range(100):
        clock.now_ns += TICK_NS
        arm.read()
    assert world.lifted("red")


def test_holding_after_a_release_catches_the_arm_where_it_sank_to(arm, clock):
    start = arm.read().q
    arm.release()
    for _ in range(20):
        clock.now_ns += TICK_NS
        sunk = arm.read().q
    arm.hold()
    for _ in range(100):
        clock.now_ns += TICK_NS
        held = arm.read().q
    assert np.abs(sunk - start).max() > 0.02
    assert np.abs(held - sunk).max() < np.abs(sunk - start).max()


def test_whoever_draws_is_shown_every_step(world, clock):
    shown = []
    arm = SimArm(world, clock=clock, on_moved=lambda qpos, t_ns: shown.append((qpos.copy(), t_ns)))
    arm.connect()
    arm.read()
    clock.now_ns += TICK_NS
    arm.read()
    assert [t for _, t in shown] == [clock.now_ns - TICK_NS, clock.now_ns]
    np.testing.assert_array_equal(shown[-1][0], world.qpos())


def test_a_limp_arm_falls_by_gravity_and_comes_back_where_it_lies_without_a_jump(arm, clock):
    start = arm.read().q
    arm.write(start + np.float32(0.3))  # it was on its way elsewhere when it was let go
    arm.release()
    for _ in range(150):
        clock.now_ns += TICK_NS
        lies = arm.read().q
    assert np.abs(lies - start).max() > 0.2
    arm.hold()
    moved = []
    for _ in range(50):
        clock.now_ns += TICK_NS
        moved.append(np.abs(arm.read().q - lies).max())
    assert max(moved) < 0.05
