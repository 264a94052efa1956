"""What an SO-101 arm refuses when it is connected, and what its motors have afterwards."""

from __future__ import annotations

import numpy as np
import pytest

from devices.emulators.orders import BrownOut, Imprint, Mute, Unplug
from devices.emulators.so101 import so101_calibration
from devices.feetech import registers as reg
from devices.feetech.bus import Bus, Patience
from devices.motor_errors import (
    CalibrationMismatch,
    MixedFirmware,
    MotorsCollide,
    MotorsMissing,
    PortBusy,
    PortMissing,
    WrongMotor,
)
from devices.sim.world import HOME
from devices.so101 import chain

IDS = (1, 2, 3, 4, 5, 6)


def imprint(stand, motor: int, register: reg.Register, value: int, *, arm="follower") -> None:
    stand.order(Imprint(arm, motor, register.address, tuple(register.encode(value))))


@pytest.fixture
def brisk(monkeypatch):
    """A motor that never answers need not be waited for at length."""
    monkeypatch.setattr(chain, "UNHURRIED", Patience(first_s=0.2, again_s=0.2, retries=1))


@pytest.fixture
def tables(stand):
    """``tables(register)``: what is in all motors of the follower, asked by somebody else."""

    def read(register: reg.Register) -> list[int]:
        bus = Bus("looker", stand.ports["follower"], patience=Patience(5.0, 5.0))
        bus.open()
        try:
            return [bus.read(motor, register) for motor in IDS]
        finally:
            bus.close()

    return read


def test_joints_are_measured_where_they_really_are(stand, make_arm):
    arm = make_arm()
    arm.connect()
    state = arm.read()
    np.testing.assert_allclose(state.q, stand.truth("follower").q, atol=0.003)
    np.testing.assert_allclose(state.q, HOME, atol=0.003)
    assert state.voltage_v == pytest.approx(np.full(6, 7.4))
    assert state.temperature_c == pytest.approx(np.full(6, 26.0))
    assert state.current_a.shape == state.load.shape == (6,)
    assert state.alarms == {}


def test_the_goal_is_where_it_stands_before_the_torque_comes(stand, make_arm):
    for motor in IDS:  # stale goals, far away
        imprint(stand, motor, reg.GOAL_POSITION, 300)
    arm = make_arm()
    arm.connect()
    for _ in range(20):
        truth = stand.truth("follower")
        np.testing.assert_allclose(truth.q, HOME, atol=0.01)
        np.testing.assert_allclose(truth.goal, HOME, atol=0.01)
    assert all(truth.torque)


def test_torque_that_was_on_stays_on_with_the_goal_here(stand, make_arm):
    first = make_arm()
    first.connect()
    first.close()
    assert all(stand.truth("follower").torque)
    again = make_arm()
    again.connect()
    np.testing.assert_allclose(stand.truth("follower").q, HOME, atol=0.01)


def test_servos_keep_the_calibrated_range_themselves(make_arm, tables):
    arm = make_arm()
    arm.connect()
    arm.close()
    joints = so101_calibration(1).joints.values()
    assert tables(reg.MIN_ANGLE) == [joint.range_min for joint in joints]
    assert tables(reg.MAX_ANGLE) == [joint.range_max for joint in joints]
    assert tables(reg.GAIN_P) == [16] * 6
    assert tables(reg.RETURN_DELAY) == [0] * 6
    assert tables(reg.TORQUE_LIMIT) == [1000] * 5 + [500]
    assert tables(reg.LOCK) == [1] * 6


def test_settings_outlive_the_power(stand, make_arm, tables):
    arm = make_arm()
    arm.connect()
    arm.close()
    stand.order(BrownOut("follower"))
    assert tables(reg.GAIN_P) == [16] * 6
    assert tables(reg.MAX_TORQUE)[5] == 500


def test_eeprom_is_not_written_again_when_nothing_differs(stand, make_arm):
    def requests() -> int:
        return stand.truth("follower").requests

    def connect_once() -> int:
        before = requests()
        arm = make_arm(hz=10.0)
        arm.connect()
        needed = requests() - before
        arm.close()
        return needed

    assert connect_once() > 30  # unlock, some settings and lock, for each motor
    assert connect_once() < 20


def test_a_port_that_is_in_use_says_so(make_arm):
    make_arm().connect()
    with pytest.raises(PortBusy, match=r"another program is using .*follower"):
        make_arm().connect()


def test_a_leader_is_left_free_for_the_hand(stand, make_leader):
    for motor in IDS:
        stand.order(Imprint("leader", motor, reg.GOAL_POSITION.address, (0, 4)))
    leader = make_leader()
    leader.connect()
    assert not any(stand.truth("leader").torque)
    np.testing.assert_allclose(leader.measured().q, stand.truth("leader").q, atol=0.003)


def test_a_motor_of_another_model_is_named(stand, make_arm):
    imprint(stand, 2, reg.MODEL, 1284)
    with pytest.raises(WrongMotor, match=r"shoulder_lift \(id 2\) is model 1284, expected 777"):
        make_arm().connect()


def test_mixed_firmware_is_refused(stand, make_arm):
    imprint(stand, 6, reg.FIRMWARE_MINOR, 9)
    with pytest.raises(MixedFirmware, match=r"gripper 3\.9.*Bring all motors to one version"):
        make_arm().connect()


def test_missing_motors_are_named_with_those_that_answer(stand, make_arm, brisk):
    for motor in (4, 5, 6):
        stand.order(Mute("follower", motor=motor))
    said = r"no answer from wrist_flex \(id 4\).*gripper \(id 6\); answering ids: 1, 2, 3\."
    with pytest.raises(MotorsMissing, match=said) as caught:
        make_arm().connect()
    assert "the cable in front of the first missing motor" in caught.value.hint


def test_an_arm_without_power_is_told_so(stand, make_arm, brisk):
    for motor in IDS:
        stand.order(Mute("follower", motor=motor))
    with pytest.raises(MotorsMissing, match=r"answering ids: none\. Check the power supply"):
        make_arm().connect()


def test_two_motors_of_one_id_are_suspected(stand, make_arm, brisk):
    imprint(stand, 5, reg.ID, 4)
    with pytest.raises(MotorsCollide, match=r"id 4 arrive garbled.*two motors have the same id"):
        make_arm().connect()


def test_a_calibration_that_the_motors_do_not_have_is_refused(make_arm):
    other = so101_calibration(9)
    with pytest.raises(CalibrationMismatch, match=r"shoulder_pan has offset -?\d+ in its motor"):
        make_arm(calibration=other).connect()


def test_a_calibration_of_another_adapter_is_refused(make_arm):
    from dataclasses import replace

    other = replace(so101_calibration(1), identity="usb:1A86:55D3:5A46083062")
    with pytest.raises(CalibrationMismatch, match=r"on adapter usb:1A86:55D3:5A46083062, this is"):
        make_arm(calibration=other).connect()


def test_what_was_refused_can_be_connected_once_it_is_right(stand, make_arm):
    arm = make_arm()
    imprint(stand, 2, reg.MODEL, 1284)
    with pytest.raises(WrongMotor):
        arm.connect()
    imprint(stand, 2, reg.MODEL, reg.MODEL_NUMBER)
    arm.connect()
    assert all(stand.truth("follower").torque)


def test_no_cable_says_so(stand, make_arm):
    stand.order(Unplug("follower"))
    with pytest.raises(PortMissing, match=r"arm did not open: there is no port"):
        make_arm().connect()
