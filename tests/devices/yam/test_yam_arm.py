"""A YAM arm of emulated DM motors behind a serial CAN adapter: found, checked, held up, driven."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import can
import numpy as np
import pytest

from devices.arm_entries import OneArm
from devices.bench import load_bench
from devices.damiao import registers as reg
from devices.damiao.bus import CanPlace
from devices.damiao.errors import (
    CanMotorsMissing,
    HandleMissing,
    JawsBlocked,
    OutOfItsRange,
    StrangeScale,
)
from devices.emulators.arm_stand import ArmStand
from devices.emulators.faults import FaultRates
from devices.emulators.orders import (
    BrownOut,
    Imprint,
    Mute,
    Plug,
    Push,
    RaiseAlarm,
    SetRates,
    Stick,
    Unplug,
)
from devices.emulators.plan import ArmPlan
from devices.emulators.yam import HOME, REST
from devices.errors import ConnectFailed, InvalidBench, ReadFailed
from devices.kinematics import Kinematics
from devices.motor_errors import MotorShutDown, PortBusy, PortGone, PortMissing, PowerLost
from devices.servos.bus import Patience
from devices.yam.arm import YamArm
from devices.yam.bench import YamFollower, YamLeaderEntry
from devices.yam.chain import YamPlace
from devices.yam.gravity import Gravity
from devices.yam.leader import YamLeader
from devices.yam.parts import GRIPPERS, described_joints
from recordings.types import JointState, RobotSpec

CALM = Patience(first_s=0.3, again_s=0.3, retries=3)  # a busy test machine is no bus failure
JOINTS = described_joints()
ROBOT = RobotSpec("yam", JOINTS, (), 100.0)
PATIENCE_S = 60.0
BODY = slice(0, 6)


def stand_of(tmp_path, **changes) -> ArmStand:
    follower = ArmPlan("follower", str(tmp_path / "follower"), seed=1, light=True, make="yam")
    leader = ArmPlan("leader", str(tmp_path / "leader"), seed=2, is_leader=True, make="yam")
    return ArmStand([replace(follower, **changes), leader])


@pytest.fixture
def stand(tmp_path) -> Iterator[ArmStand]:
    with stand_of(tmp_path) as made:
        yield made


def placed(stand: ArmStand, name: str, **changes) -> YamPlace:
    place = YamPlace(CanPlace("slcan", stand.ports[name]), CALM, stale_s=20.0, hz=125.0)
    return replace(place, **changes)


@pytest.fixture
def make_arm(stand) -> Iterator[Callable[..., YamArm]]:
    made: list[YamArm] = []

    def make(gripper: str = "linear_4310", **changes) -> YamArm:
        made.append(YamArm(ROBOT, placed(stand, "follower", **changes), GRIPPERS[gripper]))
        return made[-1]

    yield make
    for arm in made:
        arm.close()


@pytest.fixture
def leader(stand) -> Iterator[YamLeader]:
    made = YamLeader(JOINTS, placed(stand, "leader"), name="main")
    yield made
    made.close()


def settled(arm, condition: Callable[[JointState], bool]) -> JointState:
    end_s = time.monotonic() + PATIENCE_S
    while not condition(arm.read()):
        assert time.monotonic() < end_s, arm.read()
        threading.Event().wait(0.002)  # the emulator needs the processor too
    return arm.read()


# ── connecting ─────────────────────────────────────────────────────────────────────────────────


def test_it_holds_where_it_stands_and_only_its_jaws_move(make_arm, stand):
    before = np.array(stand.truth("follower").q)
    arm = make_arm()
    arm.connect()
    state, told = arm.read(), stand.truth("follower")
    assert all(told.torque)
    np.testing.assert_allclose(told.q[BODY], before[BODY], atol=2e-3)
    np.testing.assert_allclose(state.q[BODY], before[BODY], atol=2e-3)
    assert state.q[6] == pytest.approx(1.0, abs=0.02)  # the end that was looked for last


def test_turns_that_motors_count_too_many_are_taken_off(make_arm, stand):
    """Seed 1 has joints that are off by a whole turn, and a gripper that is off by anything."""
    arm = make_arm()
    arm.connect()
    assert np.abs(arm.read().q[BODY] - REST[:6]).max() < 0.01


def test_the_watchdog_is_kept_on(make_arm, stand):
    for motor in range(1, 8):
        stand.order(Imprint("follower", motor, reg.WATCHDOG.number, (0, 0, 0, 0)))
    arm = make_arm()
    arm.connect()
    arm.close()
    arm._chain.bus.open()
    assert set(arm._chain._read_all(reg.WATCHDOG).values()) == {8000.0}


def test_missing_motors_are_named_with_those_that_answer(make_arm, stand):
    stand.order(Mute("follower", 4))
    with pytest.raises(CanMotorsMissing, match=r"joint4 \(id 4\); answering ids: 1, 2, 3, 5, 6, 7"):
        make_arm().connect()


def test_a_scale_that_cannot_be_is_refused(make_arm, stand):
    data = tuple(reg.pack(reg.TORQUE_END, 0.0))
    stand.order(Imprint("follower", 2, reg.TORQUE_END.number, data))
    with pytest.raises(StrangeScale, match="joint2 says its largest torque is 0, expected 1 to"):
        make_arm().connect()


def test_scales_are_those_of_the_motor_not_of_a_table(make_arm, stand, tmp_path):
    arm = make_arm()
    arm.connect()
    assert [arm._chain.torque_end(m) for m in (1, 4, 7)] == [28.0, 10.0, 10.0]


def test_a_motor_that_is_really_hot_is_refused_and_a_silent_one_is_not(make_arm, stand):
    stand.order(RaiseAlarm("follower", 5, 0xD))
    arm = make_arm()
    arm.connect()
    arm.close()
    stand.order(RaiseAlarm("follower", 5, 0xC))
    with pytest.raises(MotorShutDown, match="joint5 has shut itself down"):
        make_arm().connect()


def test_a_joint_outside_its_range_is_refused(tmp_path, monkeypatch):
    away = (0.0, -0.6, *REST[2:])
    monkeypatch.setattr("devices.emulators.yam.REST", away)
    with stand_of(tmp_path) as stand:
        arm = YamArm(ROBOT, placed(stand, "follower"), GRIPPERS["linear_4310"])
        with pytest.raises(OutOfItsRange, match=r"joint2 says it stands at .* outside 0\.00 to"):
            arm.connect()
        assert not any(stand.truth("follower").torque)


def test_jaws_that_do_not_reach_their_ends_are_refused(make_arm, stand):
    stand.order(Stick("follower", 7))
    with pytest.raises(JawsBlocked, match=r"moved 0\.0. rad between their ends, expected about 6"):
        make_arm().connect()
    with pytest.raises(PortMissing, match="no port"):
        YamArm(
            ROBOT, YamPlace(CanPlace("slcan", "/dev/nothing-here")), GRIPPERS["linear_4310"]
        ).connect()


def test_a_port_that_another_program_has(make_arm, stand):
    first, second = make_arm(), make_arm()
    first.connect()
    with pytest.raises(PortBusy):
        second.connect()


def test_a_network_interface_that_is_not_there_is_said():
    arm = YamArm(ROBOT, YamPlace(CanPlace.of("can_nowhere")), GRIPPERS["linear_4310"])
    with pytest.raises(ConnectFailed, match="CAN"):
        arm.connect()


# ── driving ────────────────────────────────────────────────────────────────────────────────────


def test_it_goes_where_it_is_sent_and_opens_and_closes(make_arm):
    arm = make_arm()
    arm.connect()
    target = np.array([0.3, 0.9, 0.8, -0.2, 0.3, -0.4, 0.25], np.float32)
    sent = arm.write(target)
    np.testing.assert_allclose(sent, target, atol=1e-6)
    settled(arm, lambda state: bool(np.abs(state.q - target).max() < 0.02))


def test_something_between_the_jaws_is_held_with_a_bounded_force(make_arm, stand):
    arm = make_arm()
    arm.connect()
    stand.order(Stick("follower", 7))
    arm.write(np.append(REST[:6], 0.0).astype(np.float32))
    stiff = GRIPPERS["linear_4310"]
    told = arm._jaws.push(0.0, replace(arm._chain.heard(7), torque_nm=2.0, speed_rad_s=0.0))
    pressed = stiff.kp * abs(told.position_rad - arm._chain.heard(7).position_rad)
    assert pressed == pytest.approx(stiff.grip_nm, rel=0.01)


def test_what_it_weighs_is_the_slope_of_its_height():
    """Torque = derivative of potential energy, by finite differences of the links' masses."""
    gravity, arm = Gravity("yam"), Kinematics.of("yam")
    model = arm.model
    masses, centres = model.body_mass[1:], model.body_ipos[1:]

    def energy(q) -> float:
        poses = arm.link_poses(q)
        heights = [(p[:3, :3] @ c + p[:3, 3])[2] for p, c in zip(poses, centres, strict=True)]
        return 9.81 * float(np.dot(masses, heights))

    q, step = np.array([0.4, 1.1, 0.9, -0.3, 0.4, 0.2, 0.0]), 1e-5
    slopes = [
        (energy(q + step * row) - energy(q - step * row)) / (2 * step) for row in np.eye(7)[:6]
    ]
    np.testing.assert_allclose(gravity.torques(q)[:6], slopes, atol=2e-3)


def test_an_arm_with_weight_is_held_up_driven_and_sinks_gently_when_let_go(tmp_path):
    with stand_of(tmp_path, light=False) as stand:
        arm = YamArm(ROBOT, placed(stand, "follower"), GRIPPERS["linear_4310"])
        try:
            arm.connect()
            home = np.array(HOME, np.float32)
            arm.write(home)
            settled(arm, lambda state: bool(np.abs(state.q - home)[BODY].max() < 0.05))
            arm.release()
            sunk = settled(arm, lambda state: abs(state.q[1] - home[1]) > 0.1)
            arm.hold()
            caught = arm.read().q
            due_ns = arm.read().t_ns + 300_000_000
            held = settled(arm, lambda state: state.t_ns > due_ns)
            assert np.abs(held.q - caught)[BODY].max() < 0.15
            assert sunk.q[1] != pytest.approx(home[1], abs=0.05)
        finally:
            arm.close()


# ── faults ─────────────────────────────────────────────────────────────────────────────────────


def test_frames_that_are_lost_are_asked_for_again_and_counted(make_arm, stand):
    arm = make_arm(patience=Patience(first_s=0.05, again_s=0.05, retries=5))
    arm.connect()
    stand.order(SetRates("follower", FaultRates(drop=0.05)))
    start = arm.counts["exchanges"]
    settled(arm, lambda _: arm.counts["exchanges"] > start + 40)
    assert arm.counts["retried"] > 0
    assert stand.truth("follower").spoiled["dropped"] > 0


def test_a_cable_that_is_pulled_is_said_and_comes_back(make_arm, stand):
    arm = make_arm()
    arm.connect()
    stand.order(Unplug("follower"))
    with pytest.raises(PortGone):
        settled(arm, lambda _: False)
    arm.close()
    stand.order(Plug("follower"))
    arm.connect()
    assert np.abs(arm.read().q[BODY] - REST[:6]).max() < 0.02


def test_motors_that_lost_their_supply_are_named_and_held_again(make_arm, stand):
    arm = make_arm()
    arm.connect()
    stand.order(BrownOut("follower"))
    with pytest.raises(PowerLost, match="joint2, joint3"):
        settled(arm, lambda _: False)
    arm.hold()
    assert all(stand.truth("follower").torque)


def test_a_motor_that_shuts_itself_down_says_why(make_arm, stand):
    arm = make_arm()
    arm.connect()
    stand.order(RaiseAlarm("follower", 3, 0xC))
    with pytest.raises(PowerLost, match=r"joint3 \(its coil is too hot\)"):
        settled(arm, lambda _: False)


def test_nothing_it_says_while_motors_are_silent_is_news(make_arm, stand):
    arm = make_arm(stale_s=0.2, patience=Patience(first_s=0.02, again_s=0.02, retries=0))
    arm.connect()
    for motor in range(1, 8):
        stand.order(Mute("follower", motor))
    with pytest.raises(ReadFailed, match="ms ago"):
        settled(arm, lambda _: False)


# ── the leader ─────────────────────────────────────────────────────────────────────────────────


def test_the_leader_is_where_the_hand_is_and_its_trigger_is_the_gripper(leader, stand):
    leader.connect()
    leader.engage(np.zeros(7, np.float32))
    pose = (0.2, 1.2, 1.0, 0.1, -0.2, 0.3, 0.25)
    stand.order(Push("leader", pose))
    end_s = time.monotonic() + PATIENCE_S
    while np.abs(leader.measured().q - pose).max() > 0.01:
        assert time.monotonic() < end_s, leader.measured()
    assert all(stand.truth("leader").torque)


def until_it_changes(leader, end_s: float, *, answers: bool) -> type[Exception] | None:
    """Ask until it answers no more, or again; the error it ends with."""
    while time.monotonic() < end_s:
        try:
            leader.measured()
        except ReadFailed as error:
            if answers:
                return type(error)
        else:
            if not answers:
                return None
    raise AssertionError("it stayed as it was")


def test_a_leader_that_comes_back_is_read_again(leader, stand):
    leader.connect()
    stand.order(Unplug("leader"))
    end_s = time.monotonic() + PATIENCE_S
    assert until_it_changes(leader, end_s, answers=True) is PortGone
    stand.order(Plug("leader"))
    assert until_it_changes(leader, end_s, answers=False) is None
    assert np.abs(leader.measured().q[BODY] - HOME[:6]).max() < 0.05


def test_a_follower_named_as_leader_is_noticed(stand):
    wrong = YamLeader(JOINTS, placed(stand, "follower"), name="main")
    with pytest.raises(HandleMissing, match="swapped"):
        wrong.connect()


# ── the bench file ─────────────────────────────────────────────────────────────────────────────


def bench_file(tmp_path, **follower) -> str:
    lines = "\n".join(f"{key} = {value!r}" for key, value in follower.items())
    path = tmp_path / "bench.toml"
    path.write_text(
        f"version = 1\nkind = 'yam'\n[follower]\n{lines}\n[leaders.main]\nport='can1'\n"
    )
    return str(path)


def test_a_bench_file_names_its_buses(tmp_path):
    bench = load_bench(bench_file(tmp_path, port="slcan:/dev/ttyACM0", gripper="crank_4310"))
    assert isinstance(bench.arms, OneArm)
    follower, leader = bench.arms.follower, bench.arms.leaders["main"]
    assert isinstance(follower, YamFollower)
    assert isinstance(leader, YamLeaderEntry)
    assert follower.place.port == CanPlace("slcan", "/dev/ttyACM0")
    assert follower.gripper is GRIPPERS["crank_4310"]
    assert leader.place.port == CanPlace("socketcan", "can1")
    assert bench.robot.joint_names == (*(f"joint{i}" for i in range(1, 7)), "gripper")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"port": "usb:/dev/x"}, "follower.port is 'usb:/dev/x', expected a CAN interface"),
        ({"port": "slcan: "}, "follower.port is 'slcan: '"),
        ({"port": "can0", "gripper": "claw"}, "follower.gripper is 'claw', expected 'linear_4310'"),
        ({"port": "can1"}, "leaders.main.port is 'can1', expected one of its own"),
        ({"port": "can0", "calibration": "x"}, "'calibration', expected one of port, gripper"),
    ],
)
def test_what_a_bench_file_gets_wrong_is_named(tmp_path, entry, said):
    with pytest.raises(InvalidBench, match=said):
        load_bench(bench_file(tmp_path, **entry))


def test_other_peoples_software_reads_the_emulated_bus(stand):
    bus = can.Bus(
        interface="slcan", channel=stand.ports["leader"], bitrate=1_000_000, sleep_after_open=0.1
    )
    try:
        bus.send(can.Message(arbitration_id=0x50E, data=[0xFF, 0x02], is_extended_id=False))
        end_s = time.monotonic() + PATIENCE_S
        while (message := bus.recv(0.5)) is None:
            assert time.monotonic() < end_s
        assert (message.arbitration_id, len(message.data)) == (0x50F, 6)
    finally:
        bus.shutdown()
