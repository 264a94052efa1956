"""A Koch kit from single motors to a measured arm, against emulated motors."""

from __future__ import annotations

import time

import numpy as np
import pytest

from devices.calibration.scale import RAD_PER_STEP
from devices.dynamixel import registers as reg
from devices.dynamixel.bus import DynamixelBus
from devices.emulators.arm_stand import ArmStand
from devices.emulators.koch import HOME
from devices.emulators.orders import BrownOut, Push, Wire
from devices.emulators.plan import ArmPlan
from devices.koch.leader import KochLeader
from devices.koch.make import KOCH
from devices.koch.parts import BAUD, NAMES, described_joints
from devices.motor_errors import WrongMotor
from devices.servos.bus import Patience
from devices.servos.chain import ArmPort

JOINTS = described_joints()
CALM = Patience(first_s=5.0, again_s=5.0, retries=4)
PATIENCE_S = 60.0


def plan(folder, **changes) -> ArmPlan:
    return ArmPlan("arm", str(folder / "arm"), seed=6, light=True, make="koch", **changes)


@pytest.fixture
def new_leader(tmp_path):
    with ArmStand([plan(tmp_path, is_leader=True, calibrated=False)]) as stand:
        yield stand


def hand_to(stand, q, look) -> None:
    """The hand moves the arm there while somebody looks."""
    stand.order(Push("arm", tuple(float(v) for v in q)))
    end_s = time.monotonic() + PATIENCE_S
    while np.abs(np.array(stand.truth("arm").q) - q).max() > 1e-3:
        look()
        assert time.monotonic() < end_s
    look()


def test_who_answers_is_seen_with_its_role(tmp_path):
    with ArmStand([plan(tmp_path)]) as stand:
        seen = KOCH.look(stand.ports["arm"])
    assert seen is not None
    assert seen.role == "follower"
    assert [motor.joint for motor in seen.motors] == list(NAMES)
    assert {motor.voltage_v for motor in seen.motors} == {5.0}


def test_a_leader_that_was_swept_is_measured_stored_and_tells_the_truth(new_leader):
    port = new_leader.ports["arm"]
    with KOCH.measure("leader", port) as arm:
        for q in ([j.lower for j in JOINTS], [j.upper for j in JOINTS]):
            hand_to(new_leader, q, arm.look)
        hand_to(new_leader, (0.0, *HOME[1:4], 0.0, HOME[5]), arm.look)
        assert arm.unswept() == ()
        found = arm.finish()
    for joint in JOINTS[1:4]:
        span_rad = found.joints[joint.name].span * RAD_PER_STEP
        assert span_rad == pytest.approx(joint.upper - joint.lower, abs=0.01)
    assert [motor.drive_mode for motor in found.joints.values()] == [0, 0, 1, 0, 0, 0]
    assert found.joints["shoulder_pan"].turns_fully
    new_leader.order(BrownOut("arm"))  # it outlives the power
    leader = KochLeader(JOINTS, ArmPort(port, found, patience=CALM, stale_s=20.0), name="main")
    leader.connect()
    try:
        truth = np.array(new_leader.truth("arm").q)
        np.testing.assert_allclose(leader.measured().q[:5], truth[:5], atol=0.02)
    finally:
        leader.close()


def test_leaving_early_puts_back_what_was_there(tmp_path):
    with ArmStand([plan(tmp_path)]) as stand:
        port = stand.ports["arm"]
        before = KOCH.look(port)
        with KOCH.measure("follower", port) as arm:
            arm.look()
        assert KOCH.look(port) == before


def test_new_motors_are_numbered_one_after_the_other(tmp_path):
    with ArmStand([plan(tmp_path, fresh=True)]) as stand:
        port, done = stand.ports["arm"], []
        for place in (6, 5):
            stand.order(Wire("arm", (place,)))
            joint = NAMES[place - 1]
            found = KOCH.assign(port, joint, done=done)
            assert (found.id, found.id_before, found.baud_before) == (place, 1, 57_600)
            done.append(joint)
        bus = DynamixelBus("looker", port, baud=BAUD, patience=CALM)
        bus.open()
        assert bus.read(5, reg.ID) == 5
        bus.close()


def test_a_motor_of_the_wrong_model_is_not_numbered(tmp_path):
    with ArmStand([plan(tmp_path, fresh=True)]) as stand:
        stand.order(Wire("arm", (1,)))
        with pytest.raises(WrongMotor, match=r"gripper \(id 1\) is model 1060, expected 1200"):
            KOCH.assign(stand.ports["arm"], "gripper")
