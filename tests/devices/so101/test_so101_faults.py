"""What happens to a driven SO-101 when a cable is pulled, a motor suffers or the bus is dirty.

The real rig, drivers and bytes; only the motors are emulated. Time limits are wide: a busy test
machine is slow, and what counts is where everything ends up.
"""

from __future__ import annotations

import threading

import numpy as np
import pytest

from devices.commands import Connect, SetAuthority
from devices.emulators.faults import FaultRates
from devices.emulators.orders import BrownOut, Plug, Push, RaiseAlarm, SetRates, Stick, Unplug
from devices.feetech.bus import Patience
from devices.feetech.packets import Alarm
from devices.sim.world import HOME
from recordings.rig_status import RigPhase
from recordings.types import Authority

HOLD, LEADER = Authority.HOLD, Authority.LEADER


def connected(stage):
    stage.do(Connect())
    assert stage.rig.phase is RigPhase.READY, stage.rig.status().fault
    return stage


def driving(stage):
    connected(stage).do(SetAuthority(LEADER))
    stage.run(5)
    assert stage.rig.authority is LEADER
    return stage


def push(stand, *, by: float) -> np.ndarray:
    """A hand turns the first two joints of the leader."""
    target = np.array(HOME) + np.array([by, -by / 2, 0, 0, 0, 0])
    stand.order(Push("leader", tuple(target)))
    return target


def test_the_follower_repeats_what_the_hand_does(stage, stand):
    driving(stage)
    target = push(stand, by=0.3)

    def arrived() -> bool:
        return bool(np.abs(np.array(stand.truth("follower").q) - target).max() < 0.02)

    stage.until(arrived)
    assert stage.largest_step() < 0.1


def test_engaging_with_the_leader_elsewhere_does_not_jump(stage, stand):
    push(stand, by=0.9)
    connected(stage)
    stage.until(lambda: abs(stage.leader.measured().q[0] - HOME[0] - 0.9) < 0.02)
    stage.do(SetAuthority(LEADER))
    stage.run(20)
    np.testing.assert_allclose(stand.truth("follower").q, HOME, atol=0.02)


def test_a_pulled_follower_is_a_fault_and_comes_back_without_a_jump(stage, stand):
    driving(stage)
    push(stand, by=0.2)
    stage.run(30)
    stand.order(Unplug("follower"))
    stage.until(lambda: stage.rig.phase is RigPhase.FAULT)
    assert stage.rig.status().fault.code == "arm_lost"
    assert stage.rig.authority is HOLD
    stood = np.array(stand.truth("follower").q)
    assert all(stand.truth("follower").torque)  # servos hold by themselves
    stand.order(Plug("follower"))
    connected(stage)
    stage.run(20)
    assert stage.rig.authority is HOLD
    assert np.abs(np.array(stand.truth("follower").q) - stood).max() < 0.03


def test_a_follower_pulled_while_it_holds_is_a_fault_too(stage, stand):
    connected(stage)
    stand.order(Unplug("follower"))
    stage.until(lambda: stage.rig.phase is RigPhase.FAULT)
    assert "arm_lost" in stage.faults()


def test_a_pulled_leader_means_hold_and_it_comes_back_by_itself(stage, stand):
    driving(stage)
    stand.order(Unplug("leader"))
    stage.until(lambda: stage.rig.authority is HOLD)
    assert stage.faults() == ["leader_lost"]
    assert stage.rig.phase is RigPhase.READY
    stood = np.array(stand.truth("follower").q)
    stand.order(Plug("leader"))
    stage.until(lambda: _answers(stage.leader))
    push(stand, by=0.2)
    stage.run(5)
    np.testing.assert_allclose(stand.truth("follower").q, stood, atol=0.02)
    stage.do(SetAuthority(LEADER))
    stage.run(10)
    assert stage.rig.authority is LEADER


def _answers(leader) -> bool:
    from devices.errors import DeviceError

    try:
        leader.measured()
    except DeviceError:
        return False
    return True


def test_a_leader_pulled_while_nobody_drives_disturbs_nobody(stage, stand):
    connected(stage)
    stand.order(Unplug("leader"))
    stage.run(30)
    assert stage.rig.phase is RigPhase.READY
    assert stage.faults() == []
    stage.do(SetAuthority(LEADER))
    stage.run(5)
    assert stage.rig.authority is HOLD
    assert "leader_lost" in stage.faults()


@pytest.mark.parametrize("alarm", [Alarm.OVERLOAD, Alarm.OVERHEAT, Alarm.VOLTAGE])
def test_a_motor_that_complains_makes_the_arm_hold(stage, stand, alarm):
    driving(stage)
    stand.order(RaiseAlarm("follower", motor=3, bits=int(alarm)))
    stage.until(lambda: stage.rig.authority is HOLD)
    assert stage.rig.status().fault.code == "arm_strained"
    assert "elbow_flex" in stage.rig.status().fault.message
    assert stage.rig.status().state.alarms.keys() == {"elbow_flex"}


def test_a_gripper_that_presses_on_what_it_holds_is_no_fault(stage, stand):
    driving(stage)
    stand.order(RaiseAlarm("follower", motor=6, bits=int(Alarm.OVERLOAD)))
    stage.until(lambda: stage.rig.status().state.alarms.keys() == {"gripper"})
    stage.run(40)
    assert stage.rig.authority is LEADER


def test_motors_that_lost_their_power_are_a_fault_and_are_caught_where_they_are(stage, stand):
    driving(stage)
    stand.order(BrownOut("follower"))
    stage.until(lambda: stage.rig.phase is RigPhase.FAULT)
    assert "lost its torque" in stage.rig.status().fault.message
    assert not any(stand.truth("follower").torque)
    connected(stage)
    stage.run(10)
    assert all(stand.truth("follower").torque)
    np.testing.assert_allclose(stand.truth("follower").q, HOME, atol=0.03)


def test_a_joint_that_something_blocks_makes_the_arm_hold(stage, stand):
    driving(stage)
    stand.order(Stick("follower", motor=1))
    push(stand, by=0.8)
    stage.until(lambda: stage.rig.authority is HOLD)
    assert stage.rig.status().fault.code in ("arm_blocked", "arm_strained")
    assert "shoulder_pan" in stage.rig.status().fault.message


def test_stop_holds_the_emulated_arm(stage, stand):
    driving(stage)
    push(stand, by=1.0)
    stage.run(15)
    stage.lifeline.stops += 1
    stage.tick()
    assert stage.rig.status().stopped
    sent = stage.actions[-1]
    stage.run(20)
    np.testing.assert_allclose(stage.actions[-1], sent, atol=1e-6)


@pytest.mark.parametrize("patience", [Patience(first_s=0.05, again_s=0.05, retries=8)])
def test_a_dirty_bus_never_reaches_the_rig_and_is_counted(stage, stand):
    driving(stage)
    for name in ("follower", "leader"):
        stand.order(SetRates(name, FaultRates(drop=0.01, corrupt=0.01)))
    push(stand, by=0.3)

    def spoiled(name: str) -> int:
        counts = stand.truth(name).spoiled
        return counts["dropped"] + counts["corrupted"]

    stage.until(lambda: min(spoiled("follower"), spoiled("leader")) > 30)
    for name in ("follower", "leader"):
        stand.order(SetRates(name, FaultRates()))
    stage.run(10)
    assert stage.faults() == []
    assert stage.rig.authority is LEADER
    counts = stage.rig.status().notes
    for name, key in (("follower", "arm"), ("leader", "main")):
        failures = counts[f"{key} timeouts"] + counts[f"{key} garbled"] + counts[f"{key} short"]
        assert failures >= spoiled(name) - 3
        assert counts[f"{key} lost"] == 0


def test_no_thread_is_left_when_everything_is_closed(stage):
    driving(stage)
    stage.rig.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("bus-")]
