"""A Koch arm of emulated Dynamixels: found, checked, driven, and what its motors do otherwise."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from devices.bench import load_bench
from devices.calibration.lerobot import read_lerobot, write_lerobot
from devices.dynamixel import registers as reg
from devices.dynamixel.bus import DynamixelBus
from devices.emulators.arm_stand import ArmStand
from devices.emulators.faults import FaultRates
from devices.emulators.koch import HOME, koch_calibration
from devices.emulators.orders import BrownOut, Imprint, Plug, Push, RaiseAlarm, SetRates, Unplug
from devices.emulators.plan import ArmPlan
from devices.errors import DeviceError
from devices.koch.arm import KochArm
from devices.koch.leader import KochLeader
from devices.koch.parts import BAUD, LARGEST_OFFSET, NAMES, described_joints
from devices.motor_errors import (
    CalibrationMismatch,
    HoldsSettings,
    MixedFirmware,
    MotorsMissing,
    PowerLost,
    WrongMotor,
)
from devices.servos.bus import Patience
from devices.servos.chain import ArmPort
from recordings.types import JointState, RobotSpec

CALM = Patience(first_s=5.0, again_s=5.0, retries=4)  # a busy test machine is no bus failure
JOINTS = described_joints()
ROBOT = RobotSpec("koch", JOINTS, (), 100.0)
FOLLOWER, LEADER = koch_calibration(1), koch_calibration(2, is_leader=True)
PATIENCE_S = 60.0


@pytest.fixture
def stand(tmp_path) -> Iterator[ArmStand]:
    plans = [
        ArmPlan("follower", str(tmp_path / "follower"), seed=1, light=True, make="koch"),
        ArmPlan("leader", str(tmp_path / "leader"), seed=2, is_leader=True, make="koch"),
    ]
    with ArmStand(plans) as made:
        yield made


@pytest.fixture
def make_arm(stand) -> Iterator[Callable[..., KochArm]]:
    made: list[KochArm] = []

    def make(**changes) -> KochArm:
        place = ArmPort(stand.ports["follower"], FOLLOWER, patience=CALM, stale_s=20.0)
        made.append(KochArm(ROBOT, replace(place, **changes)))
        return made[-1]

    yield make
    for arm in made:
        arm.close()


@pytest.fixture
def leader(stand) -> Iterator[KochLeader]:
    place = ArmPort(stand.ports["leader"], LEADER, patience=CALM, stale_s=20.0)
    made = KochLeader(JOINTS, place, name="main")
    yield made
    made.close()


def imprint(stand, arm: str, motor: int, register: reg.Register, value: int) -> None:
    stand.order(Imprint(arm, motor, register.address, tuple(register.encode(value))))


def until(condition: Callable[[], bool]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s


def settled(arm, condition: Callable[[JointState], bool]) -> JointState:
    until(lambda: condition(arm.read()))
    return arm.read()


def on_bus(stand, name: str, do: Callable[[DynamixelBus], object]) -> object:
    """Another program on the same cable, before ours."""
    bus = DynamixelBus("other", stand.ports[name], baud=BAUD, patience=CALM)
    bus.open()
    try:
        return do(bus)
    finally:
        bus.close()


# ── connecting ─────────────────────────────────────────────────────────────────────────────────


def test_it_holds_where_it_stands_whatever_goal_its_motors_had(make_arm, stand):
    for motor in FOLLOWER.motors:
        imprint(stand, "follower", motor, reg.GOAL_POSITION, 300)
    before = np.array(stand.truth("follower").q)
    arm = make_arm()
    arm.connect()
    told = stand.truth("follower")
    assert all(told.torque)
    np.testing.assert_allclose(told.goal, before, atol=0.01)
    np.testing.assert_allclose(arm.read().q, before, atol=0.01)


def test_its_motors_get_what_lerobot_gives_them(make_arm, stand):
    arm = make_arm()
    arm.connect()
    arm.close()
    wanted = {
        (1, reg.OPERATING_MODE): reg.EXTENDED,
        (6, reg.OPERATING_MODE): reg.CURRENT_BASED,
        (3, reg.POSITION_P): 1500,
        (3, reg.POSITION_D): 600,
        (4, reg.RETURN_DELAY): 0,
        (2, reg.MIN_POSITION): FOLLOWER.joints["shoulder_lift"].range_min,
    }
    for (motor, register), value in wanted.items():
        assert on_bus(stand, "follower", lambda b, m=motor, r=register: b.read(m, r)) == value


def test_a_lasting_setting_is_not_worth_dropping_the_arm(make_arm, stand):
    def hold(bus: DynamixelBus) -> None:
        for motor in FOLLOWER.motors:
            bus.write(motor, reg.GOAL_POSITION, bus.read(motor, reg.PRESENT_POSITION))
            bus.write(motor, reg.TORQUE_ENABLE, 1)

    on_bus(stand, "follower", hold)
    with pytest.raises(HoldsSettings, match=r"shoulder_pan has another .*operating mode.* Support"):
        make_arm().connect()
    assert all(stand.truth("follower").torque)


def test_caught_again_while_it_holds_it_does_not_move(make_arm, stand):
    first = make_arm()
    first.connect()
    first.close()
    before = np.array(stand.truth("follower").q)
    make_arm().connect()
    np.testing.assert_allclose(stand.truth("follower").q, before, atol=0.01)


def test_turns_that_were_forgotten_with_the_power_are_found_again(make_arm, stand):
    offsets = {name: motor.homing_offset for name, motor in FOLLOWER.joints.items()}
    name = "shoulder_pan"
    for shift in (-4096, 4096):
        motor = FOLLOWER.joints[name].id
        imprint(stand, "follower", motor, reg.HOMING_OFFSET, offsets[name] + shift)
        joints = dict(FOLLOWER.joints)
        joints[name] = replace(joints[name], homing_offset=offsets[name] + shift)
        arm = make_arm(calibration=replace(FOLLOWER, joints=joints))
        arm.connect()
        truth = np.array(stand.truth("follower").q)
        np.testing.assert_allclose(arm.read().q, truth, atol=0.01)
        np.testing.assert_allclose(arm.write(arm.read().q), truth, atol=0.01)
        arm.release()
        arm.close()


@pytest.mark.parametrize(
    ("register", "value", "error", "said"),
    [
        (reg.MODEL, 1190, WrongMotor, r"wrist_flex \(id 4\) is model 1190, expected 1200"),
        (reg.FIRMWARE, 40, MixedFirmware, "wrist_flex 40"),
        (reg.HOMING_OFFSET, 77, CalibrationMismatch, "wrist_flex has offset 77 in its motor"),
        (reg.ID, 40, MotorsMissing, r"no answer from wrist_flex \(id 4\)"),
    ],
)
def test_what_would_move_wrongly_is_refused(make_arm, stand, register, value, error, said):
    imprint(stand, "follower", 4, register, value)
    with pytest.raises(error, match=said):
        make_arm(patience=Patience(5.0, 5.0, retries=1)).connect()
    assert not any(stand.truth("follower").torque)


def test_a_motor_that_shut_itself_down_is_started_anew(make_arm, stand):
    stand.order(RaiseAlarm("follower", 2, reg.OVERLOAD_ERROR))
    arm = make_arm()
    arm.connect()
    assert dict(arm.read().alarms) == {}
    assert all(stand.truth("follower").torque)


# ── in motion ──────────────────────────────────────────────────────────────────────────────────


def test_it_goes_where_it_is_sent(make_arm, stand):
    arm = make_arm()
    arm.connect()
    target = np.array(HOME, np.float32) + np.float32([0.3, -0.2, 0.2, -0.3, 0.2, 0.4])
    np.testing.assert_allclose(arm.write(target), target, atol=1e-6)
    state = settled(arm, lambda state: np.abs(state.q - target).max() < 0.01)
    np.testing.assert_allclose(stand.truth("follower").q, target, atol=0.01)
    assert state.temperature_c is not None
    assert state.voltage_v is not None
    assert state.current_a is None  # the two big motors tell a load instead


def test_an_error_is_told_in_words_and_its_joint_is_limp(make_arm, stand):
    arm = make_arm()
    arm.connect()
    stand.order(RaiseAlarm("follower", 3, reg.OVERLOAD_ERROR))
    said = r"elbow_flex \(overload\) lost its torque, shut itself down"
    with pytest.raises(PowerLost, match=said):
        until(lambda: arm.read() is None)
    assert arm.counts["alarms"] > 0


def test_a_complaint_that_takes_no_torque_comes_with_the_reading(make_arm, stand):
    for motor in FOLLOWER.motors:
        imprint(stand, "follower", motor, reg.SHUTDOWN, 0)
    arm = make_arm()
    arm.connect()
    stand.order(RaiseAlarm("follower", 3, reg.OVERLOAD_ERROR))
    state = settled(arm, lambda state: bool(state.alarms))
    assert dict(state.alarms) == {"elbow_flex": "overload"}
    stand.order(RaiseAlarm("follower", 3, 0))
    settled(arm, lambda state: not state.alarms)


def test_spoiled_answers_are_asked_for_again_and_counted(make_arm, stand):
    arm = make_arm(patience=Patience(first_s=0.05, again_s=0.05, retries=4))
    arm.connect()
    stand.order(SetRates("follower", FaultRates(drop=0.02, corrupt=0.02, cut=0.01, noise=0.02)))
    until(lambda: arm.counts["retried"] > 20)
    stand.order(SetRates("follower", FaultRates()))
    np.testing.assert_allclose(arm.read().q, stand.truth("follower").q, atol=0.01)
    assert arm.counts["garbled"] > 0


def test_a_supply_that_drops_out_is_told(make_arm, stand):
    arm = make_arm()
    arm.connect()
    stand.order(BrownOut("follower"))
    with pytest.raises(PowerLost, match=r"shoulder_pan.* lost its torque, probably its supply"):
        until(lambda: arm.read() is None)


def test_unplugged_and_plugged_in_again_it_is_caught_where_it_is(make_arm, stand):
    arm = make_arm()
    arm.connect()
    stand.order(Unplug("follower"))
    with pytest.raises(DeviceError, match="has vanished"):
        until(lambda: arm.read() is None)
    arm.close()
    stand.order(Plug("follower"))
    arm.connect()
    np.testing.assert_allclose(arm.read().q, HOME, atol=0.02)


# ── the leader ─────────────────────────────────────────────────────────────────────────────────


def test_the_leader_tells_where_the_hand_holds_it_also_a_turned_joint(leader, stand):
    leader.connect()
    hand = np.array(HOME) + np.array([0.3, 0.2, -0.4, 0.3, -0.3, 0.0])
    stand.order(Push("leader", tuple(hand)))

    def there() -> bool:
        q = leader.measured().q
        return bool(np.abs(q - hand)[:5].max() < 0.01)

    until(there)
    assert leader.measured().current_a is not None


def test_its_jaw_springs_open_and_nothing_else_pulls(leader, stand):
    leader.connect()
    assert stand.truth("leader").torque == (False,) * 5 + (True,)
    until(lambda: abs(leader.measured().q[5] - 0.5) < 0.02)
    leader.close()
    assert not any(stand.truth("leader").torque)


# ── files ──────────────────────────────────────────────────────────────────────────────────────


def test_lerobots_file_of_a_turned_joint_and_a_far_offset_is_read(tmp_path):
    joints = dict(LEADER.joints)
    joints["elbow_flex"] = replace(joints["elbow_flex"], homing_offset=5000)
    path = tmp_path / "leader.json"
    write_lerobot(path, replace(LEADER, joints=joints))
    read = read_lerobot(path, names=NAMES, largest_offset=LARGEST_OFFSET)
    assert read.joints == joints
    assert read.joints["elbow_flex"].drive_mode == 1


def test_a_bench_of_koch_arms(tmp_path):
    write_lerobot(tmp_path / "follower.json", FOLLOWER)
    write_lerobot(tmp_path / "leader.json", LEADER)
    (tmp_path / "bench.toml").write_text("""version = 1
kind = "koch"
[follower]
port = "/dev/follower"
calibration = "follower.json"
[leaders.main]
port = "/dev/leader"
calibration = "leader.json"
""")
    bench = load_bench(str(tmp_path / "bench.toml"))
    assert bench.robot.name == "koch"
    assert bench.robot.joint_names == NAMES
    hardware = bench.build()
    assert isinstance(hardware.arm, KochArm)
    assert isinstance(hardware.leaders["main"], KochLeader)
