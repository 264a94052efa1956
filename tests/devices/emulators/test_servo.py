"""The emulated motor does what hurts drivers: stale goals, lost EEPROM, protection, offsets."""

from __future__ import annotations

import pytest

from devices.emulators.servo import Servo
from devices.feetech import registers as reg
from devices.feetech.packets import Alarm, Instruction

STEP_S = 0.01


def put(servo: Servo, register: reg.Register, value: int) -> None:
    servo.store(register.address, register.encode(value))


def get(servo: Servo, register: reg.Register) -> int:
    return register.decode(servo.read(register.address, register.size))


def live(servo: Servo, seconds: float, *, actual: float = 2048.0, load: float = 0.0) -> float:
    """A motor that follows its setpoint perfectly; returns where it ends."""
    for _ in range(round(seconds / STEP_S)):
        servo.advance(STEP_S)
        actual = actual if servo.setpoint is None else servo.setpoint
        servo.measure(actual=actual, speed=0.0, load=load, seconds=STEP_S)
    return actual


@pytest.fixture
def servo():
    made = Servo(3)
    live(made, STEP_S)
    return made


def test_it_is_what_it_says(servo):
    assert get(servo, reg.MODEL) == 777
    assert get(servo, reg.ID) == servo.id == 3
    assert servo.execute(Instruction.PING, b"") == b""


def test_without_torque_it_stays_whatever_the_goal(servo):
    put(servo, reg.GOAL_POSITION, 3000)
    assert live(servo, 1.0) == 2048


def test_torque_drives_to_whatever_goal_stands_there(servo):
    put(servo, reg.GOAL_POSITION, 1000)
    put(servo, reg.TORQUE_ENABLE, 1)
    assert live(servo, 1.0) == pytest.approx(1000)


def test_it_is_no_faster_than_told(servo):
    put(servo, reg.GOAL_SPEED, 100)
    put(servo, reg.GOAL_POSITION, 3000)
    put(servo, reg.TORQUE_ENABLE, 1)
    assert live(servo, 1.0) == pytest.approx(2148, abs=2)


def test_goals_are_kept_within_its_own_limits(servo):
    put(servo, reg.MAX_ANGLE, 2500)
    put(servo, reg.GOAL_POSITION, 3000)
    put(servo, reg.TORQUE_ENABLE, 1)
    assert live(servo, 1.0) == pytest.approx(2500)


def test_the_offset_is_taken_from_what_it_tells(servo):
    servo.factory_set(reg.HOMING_OFFSET, -300)
    live(servo, STEP_S)
    assert get(servo, reg.PRESENT_POSITION) == 2348
    put(servo, reg.GOAL_POSITION, 2448)
    put(servo, reg.TORQUE_ENABLE, 1)
    assert live(servo, 1.0) == pytest.approx(2148)


def test_centre_here_makes_the_present_position_2048(servo):
    live(servo, STEP_S, actual=700.0)
    put(servo, reg.TORQUE_ENABLE, reg.CENTRE_HERE)
    live(servo, STEP_S, actual=700.0)
    assert get(servo, reg.PRESENT_POSITION) == 2048
    assert servo.setpoint is None


def test_pressing_for_long_weakens_it_until_the_torque_is_switched(servo):
    put(servo, reg.GOAL_POSITION, 2048)
    put(servo, reg.TORQUE_ENABLE, 1)
    live(servo, 1.5, load=0.9)
    assert servo.strength == 1.0
    live(servo, 1.0, load=0.9)
    assert servo.alarm is Alarm.OVERLOAD
    assert servo.strength == pytest.approx(0.2)
    live(servo, 1.0, load=0.0)
    assert servo.alarm is Alarm.OVERLOAD
    put(servo, reg.TORQUE_ENABLE, 0)
    put(servo, reg.TORQUE_ENABLE, 1)
    assert servo.strength == 1.0


def test_power_brings_back_what_was_stored_and_nothing_else(servo):
    put(servo, reg.GAIN_P, 20)
    put(servo, reg.LOCK, 0)
    put(servo, reg.GAIN_D, 20)
    put(servo, reg.TORQUE_ENABLE, 1)
    servo.power_on()
    assert (get(servo, reg.GAIN_P), get(servo, reg.GAIN_D)) == (32, 20)
    assert servo.setpoint is None
    assert get(servo, reg.LOCK) == 1


def test_a_registered_write_waits_for_its_action(servo):
    body = bytes((reg.GOAL_POSITION.address,)) + reg.GOAL_POSITION.encode(1234)
    assert servo.execute(Instruction.REG_WRITE, body) == b""
    assert get(servo, reg.GOAL_POSITION) == 0
    assert servo.execute(Instruction.ACTION, b"") is None
    assert get(servo, reg.GOAL_POSITION) == 1234


def test_status_level_0_answers_reads_only(servo):
    put(servo, reg.STATUS_LEVEL, 0)
    assert servo.execute(Instruction.WRITE, b"\x29\x01") is None
    assert servo.execute(Instruction.READ, b"\x29\x01") == b"\x01"
