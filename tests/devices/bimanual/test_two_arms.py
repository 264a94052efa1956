"""Two emulated arms that are one robot: joints in order, errors with their side, all or nothing."""

from __future__ import annotations

import pickle
import time
from collections.abc import Iterator

import numpy as np
import pytest

from devices.bench import load_bench
from devices.calibration.store import write_calibration
from devices.emulators.arm_stand import ArmStand
from devices.emulators.orders import BrownOut, Push, RaiseAlarm, Unplug
from devices.emulators.plan import ArmPlan
from devices.emulators.so101 import so101_calibration
from devices.errors import ConnectFailed, DeviceError, InvalidBench
from devices.kinematics import Kinematics
from devices.sim.robot import HOME
from recordings.types import JointState, frozen_f32

ARMS = ("left_follower", "left_leader", "right_follower", "right_leader")
SIDE = """[{side}]
kind = "so101"
[{side}.follower]
port = "{folder}/{side}_follower"
calibration = "{side}_follower.toml"
[{side}.leaders.main]
port = "{folder}/{side}_leader"
calibration = "{side}_leader.toml"
"""
CALM = "[bus]\nreply_ms = 5000\nretry_ms = 5000\nretries = 4\nstale_ms = 10000\n"
SO101 = ("shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll", "gripper")


@pytest.fixture
def bench_text(tmp_path) -> str:
    for seed, name in enumerate(ARMS):
        write_calibration(tmp_path / f"{name}.toml", so101_calibration(seed))
    sides = "".join(SIDE.format(side=side, folder=tmp_path) for side in ("left", "right"))
    return f'version = 1\nkind = "bimanual"\n{sides}{CALM}'


@pytest.fixture
def load(tmp_path):
    def read(text: str):
        (tmp_path / "bench.toml").write_text(text)
        return load_bench(str(tmp_path / "bench.toml"))

    return read


@pytest.fixture
def stand(tmp_path) -> Iterator[ArmStand]:
    plans = [
        ArmPlan(name, str(tmp_path / name), seed=i, light=True, is_leader=name.endswith("leader"))
        for i, name in enumerate(ARMS)
    ]
    with ArmStand(plans) as made:
        yield made


@pytest.fixture
def hardware(stand, load, bench_text):
    made = pickle.loads(pickle.dumps(load(bench_text))).build()
    yield made
    made.arm.close()
    for leader in made.leaders.values():
        leader.close()


def settled(arm, condition) -> JointState:
    end_s = time.monotonic() + 60
    while not condition(arm.read()):
        assert time.monotonic() < end_s, arm.read()
    return arm.read()


def lost(read) -> DeviceError:
    """The error of something that goes on answering for a moment after its cable is off."""
    end_s = time.monotonic() + 60
    while time.monotonic() < end_s:
        try:
            read()
        except DeviceError as error:
            return error
    raise AssertionError("it answers as if nothing had happened")


# ── what it is ─────────────────────────────────────────────────────────────────────────────────


def test_joints_are_those_of_the_left_arm_and_then_of_the_right(load, bench_text):
    robot = load(bench_text).robot
    assert robot.name == "bimanual_so101"
    assert robot.joint_names == tuple(f"{side}_{j}" for side in ("left", "right") for j in SO101)
    assert [joint.is_gripper for joint in robot.joints] == 2 * ([False] * 5 + [True])


def test_leaders_pair_up_by_name_and_each_hand_can_drive_its_side(load, bench_text):
    bench = load(bench_text)
    assert bench.main_leader == "main"
    assert set(bench.build().leaders) == {"main", "hand", "left hand"}


def test_two_arms_of_different_makes_have_both_in_their_name(load, bench_text):
    text = bench_text.replace('[right]\nkind = "so101"', '[right]\nkind = "so100"')
    assert load(text).robot.name == "bimanual_so101_so100"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[right.leaders.main]", "[right.leaders.other]", r"right\.leaders is 'other', expected"),
        ('right_follower"\n', 'left_follower"\n', r"right\.follower\.port .*left\.follower\.port"),
        ('[right]\nkind = "so101"', '[right]\nkind = "so99"', r"right\.kind is 'so99'"),
        ("[right.follower]", "[right.folower]", r"right is 'folower', expected one of kind"),
        ('[left]\nkind = "so101"', '[left]\nkind = "so101"\nplace = [1]', r"left\.place is \[1\]"),
    ],
)
def test_what_is_wrong_is_named_with_its_side(load, bench_text, old, new, said):
    assert old in bench_text
    with pytest.raises(InvalidBench, match=said):
        load(bench_text.replace(old, new, 1))


# ── in space ───────────────────────────────────────────────────────────────────────────────────


def test_each_arm_stands_where_the_bench_says(load, bench_text):
    turned = bench_text.replace(
        '[right]\nkind = "so101"',
        '[right]\nkind = "so101"\nplace = [0.6, 0.1, 0.0]\nturn = 3.141592653589793',
    )
    both = Kinematics.standing(load(turned).standing)
    one = Kinematics.of("so101")
    tip = one.tip_pose(HOME)[:3, 3]
    paths = both.tip_paths([(*HOME, *HOME)])
    np.testing.assert_allclose(paths[0, 0], tip + np.array([0, 0.25, 0]), atol=1e-6)
    np.testing.assert_allclose(paths[1, 0], [0.6 - tip[0], 0.1 - tip[1], tip[2]], atol=1e-6)
    assert len(both.shapes()) == 2 * len(one.shapes())
    assert len(both.link_poses((*HOME, *HOME))) == 2 * len(one.link_names)
    assert both.joints == load(turned).build().kinematics.joints


def test_arms_that_reach_into_each_other_are_too_close(load, bench_text):
    both = Kinematics.standing(load(bench_text).standing)
    assert both.collisions((*HOME, *HOME)).self_m > 0
    ahead = (0.0, 0.6, -0.6, 0.0, 0.0, 0.0)
    towards = (1.57, *ahead[1:]), (-1.57, *ahead[1:])
    near = both.collisions((*towards[0], *towards[1]))
    assert near.self_m < 0
    assert {link.split("_")[0] for link in near.self_links} == {"left", "right"}


def test_the_trace_shows_the_tool_that_moves(load, bench_text):
    both = Kinematics.standing(load(bench_text).standing)
    rows = np.array([(*HOME, *HOME), (*HOME, 0.4, *HOME[1:])])
    np.testing.assert_allclose(both.tip_positions(rows), both.tip_paths(rows)[1])


# ── in motion ──────────────────────────────────────────────────────────────────────────────────


def test_both_go_where_they_are_sent_and_nothing_gets_mixed_up(hardware, stand):
    arm = hardware.arm
    arm.connect()
    target = arm.read().q + np.arange(12, dtype=np.float32) * 0.01
    np.testing.assert_allclose(arm.write(target), target, atol=1e-6)
    settled(arm, lambda state: np.abs(state.q - target).max() < 0.01)
    moved = [stand.truth(name).q for name in ("left_follower", "right_follower")]
    np.testing.assert_allclose(np.concatenate(moved), target, atol=0.02)


def test_both_hands_lead(hardware, stand):
    leader = hardware.leaders["main"]
    leader.connect()
    leader.engage(frozen_f32((*HOME, *HOME)))
    hands = {side: np.array(HOME) + 0.1 * n for n, side in enumerate(("left", "right"), start=1)}
    for side, q in hands.items():
        stand.order(Push(f"{side}_leader", tuple(q)))
    wanted = np.concatenate(list(hands.values()))
    state = JointState(frozen_f32((*HOME, *HOME)), t_ns=time.monotonic_ns())
    end_s = time.monotonic() + 60
    while np.abs(leader.read(state) - wanted).max() > 0.02:
        assert time.monotonic() < end_s, leader.read(state)
    assert leader.mirrored


def test_an_arm_that_is_not_there_is_named_and_the_other_one_is_let_go(hardware, stand):
    stand.order(Unplug("right_follower"))
    with pytest.raises(ConnectFailed, match="right arm did not open"):
        hardware.arm.connect()
    stand.truth("left_follower")
    with pytest.raises(DeviceError, match="left arm is not connected"):
        hardware.arm.read()


def test_while_one_arm_is_lost_the_other_one_is_sent_nothing(hardware, stand):
    arm = hardware.arm
    arm.connect()
    start = arm.read().q
    arm.write(start)
    stand.order(Unplug("right_follower"))
    assert "right arm did not answer" in str(lost(arm.read))
    before = stand.truth("left_follower").goal
    with pytest.raises(DeviceError, match="right arm"):
        arm.write(start + np.float32(0.2))
    time_to_send = stand.truth("left_follower").requests + 20
    while stand.truth("left_follower").requests < time_to_send:  # its bus goes on measuring
        pass
    np.testing.assert_allclose(stand.truth("left_follower").goal, before, atol=1e-6)


def test_letting_go_reaches_the_other_arm_although_one_is_lost(hardware, stand):
    arm = hardware.arm
    arm.connect()
    stand.order(Unplug("left_follower"))
    with pytest.raises(DeviceError, match="left arm"):
        arm.release()
    assert not any(stand.truth("right_follower").torque)


def test_a_motor_that_complains_is_named_with_its_side(hardware, stand):
    arm = hardware.arm
    arm.connect()
    stand.order(RaiseAlarm("right_follower", 2, 32))
    state = settled(arm, lambda state: bool(state.alarms))
    assert dict(state.alarms) == {"right_shoulder_lift": "overload"}
    assert arm.counts["right alarms"] > 0
    assert arm.counts["left alarms"] == 0


def test_a_supply_that_drops_out_is_told_with_its_side(hardware, stand):
    hardware.arm.connect()
    stand.order(BrownOut("left_follower"))
    assert "left arm did not answer: shoulder_pan" in str(lost(hardware.arm.read))
