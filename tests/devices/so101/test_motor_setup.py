"""New motors, all of them id 1, become the motors of an arm one at a time."""

from __future__ import annotations

import pytest

from devices.emulators.arm_stand import ArmStand
from devices.emulators.orders import BrownOut, Imprint, Wire
from devices.emulators.plan import ArmPlan
from devices.feetech import registers as reg
from devices.feetech.bus import Bus, Patience
from devices.motor_errors import MotorsCollide, NoMotor, SeveralMotors, WrongMotor
from devices.so101.make import SO101

IDS = {joint.name: number for number, joint in enumerate(SO101.joints, start=1)}


@pytest.fixture
def new_motors(tmp_path):
    plan = ArmPlan("arm", str(tmp_path / "arm"), light=True, fresh=True)
    with ArmStand([plan]) as stand:
        yield stand


def read(stand, motor, *registers, baud=1_000_000):
    bus = Bus("looker", stand.ports["arm"], baud=baud, patience=Patience(5.0, 5.0))
    bus.open()
    try:
        return [bus.read(motor, register) for register in registers]
    finally:
        bus.close()


def test_one_after_the_other_until_the_arm_is_whole(new_motors):
    port, done = new_motors.ports["arm"], []
    assert SO101.motor_order == ("gripper", "wrist_roll", "wrist_flex", "elbow_flex",
                                 "shoulder_lift", "shoulder_pan")  # fmt: skip
    for joint in SO101.motor_order:  # those that have their number stay on the wire
        new_motors.order(Wire("arm", tuple(IDS[name] for name in (*done, joint))))
        found = SO101.assign(port, joint, done=done)
        assert (found.id, found.id_before, found.baud_before) == (IDS[joint], 1, 1_000_000)
        done.append(joint)
    new_motors.order(BrownOut("arm"))  # the numbers outlive the power
    seen = SO101.look(port)
    assert [motor.joint for motor in seen.motors] == list(IDS)
    assert read(new_motors, 6, reg.LOCK) == [1]


def test_a_motor_of_another_speed_is_found_and_brought_to_ours(new_motors):
    new_motors.order(Imprint("arm", 1, reg.BAUD.address, (3,)))  # 128 kbit/s
    new_motors.order(Wire("arm", (6,)))
    found = SO101.assign(new_motors.ports["arm"], "gripper")
    assert (found.baud_before, found.id) == (128_000, 6)
    new_motors.order(BrownOut("arm"))
    assert read(new_motors, 6, reg.ID, reg.BAUD, reg.LOCK) == [6, 0, 1]


def test_two_new_motors_at_once_are_refused_and_keep_their_numbers(new_motors):
    new_motors.order(Wire("arm", (5, 6)))
    with pytest.raises(MotorsCollide, match="Unplug all but one"):
        SO101.assign(new_motors.ports["arm"], "gripper")
    new_motors.order(Wire("arm", (5,)))
    assert read(new_motors, 1, reg.ID) == [1]


def test_a_whole_arm_is_not_renumbered_by_mistake(new_motors):
    port = new_motors.ports["arm"]
    new_motors.order(Wire("arm", (6,)))
    SO101.assign(port, "gripper")
    new_motors.order(Wire("arm", (5, 6)))
    with pytest.raises(SeveralMotors, match=r"2 motors answer \(ids 1, 6\)"):
        SO101.assign(port, "wrist_roll")
    assert SO101.assign(port, "wrist_roll", done=["gripper"]).id == 5


def test_who_forgets_to_plug_the_next_one_in_is_told(new_motors):
    port = new_motors.ports["arm"]
    new_motors.order(Wire("arm", (6,)))
    SO101.assign(port, "gripper")
    with pytest.raises(NoMotor, match=r"set up already answer \(id 6\)"):
        SO101.assign(port, "wrist_roll", done=["gripper"])
    new_motors.order(Wire("arm", ()))
    with pytest.raises(NoMotor, match="no motor answers at any speed"):
        SO101.assign(port, "wrist_roll")


def test_a_motor_of_another_model_is_left_alone(new_motors):
    new_motors.order(Imprint("arm", 1, reg.MODEL.address, (0x05, 0x09)))
    new_motors.order(Wire("arm", (6,)))
    with pytest.raises(WrongMotor, match="is model 2309, expected 777"):
        SO101.assign(new_motors.ports["arm"], "gripper")
    assert read(new_motors, 1, reg.ID) == [1]
