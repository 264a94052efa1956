"""Which joint to move next, and the pose drawn meanwhile, from positions alone."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.calibration.guide import Guide
from devices.calibration.scale import RAD_PER_STEP
from devices.calibration.sweep import Sweep
from recordings.types import JointSpec

PAN = JointSpec("shoulder_pan", -1.5, 1.5, 3.0)
LIFT = JointSpec("shoulder_lift", -1.0, 1.0, 3.0)
ROLL = JointSpec("wrist_roll", -2.7, 2.7, 3.0)
JAW = JointSpec("gripper", 0.0, 1.0, 2.0, is_gripper=True)
JOINTS = (PAN, LIFT, ROLL, JAW)


class Hand:
    """Moves joints in degrees and asks what to do."""

    def __init__(self, start=2000) -> None:
        self.sweep = Sweep({joint.name: n for n, joint in enumerate(JOINTS, start=1)})
        self.guide = Guide(JOINTS, full_turn=("wrist_roll",))
        self.steps = dict.fromkeys((joint.name for joint in JOINTS), start)
        self.look()

    def look(self):
        self.sweep.see({name: step % 4096 for name, step in self.steps.items()})
        self.now = self.guide.guidance(self.sweep.tracks)
        return self.now

    def move(self, joint, degrees):
        goal = self.steps[joint] + round(math.radians(degrees) / RAD_PER_STEP)
        while self.steps[joint] != goal:  # slowly: a look every few degrees
            way = goal - self.steps[joint]
            self.steps[joint] += max(-50, min(50, way))
            self.look()
        return self.now


def test_it_goes_on_when_the_hand_does():
    hand = Hand()
    assert hand.now.joint == "shoulder_pan"
    hand.move("shoulder_pan", 80)
    hand.move("shoulder_pan", -160)
    assert hand.now.joint == "shoulder_pan"  # perhaps it goes further
    assert hand.move("shoulder_lift", 10).joint == "shoulder_lift"
    assert hand.now.joints[0].state == "done"


def test_what_was_swept_early_is_not_asked_for_again_and_the_roll_comes_last():
    hand = Hand()
    for joint in ("gripper", "shoulder_lift", "shoulder_pan", "gripper"):
        hand.move(joint, 110)
        hand.move(joint, -170)
    assert hand.now.joint == "wrist_roll"
    assert hand.now.may_finish
    assert hand.now.advice.startswith("Turn the wrist roll to the middle")


def test_a_joint_that_was_not_swept_keeps_it_from_ending():
    hand = Hand()
    for _ in range(3):
        hand.guide.next_joint()
    assert hand.look().joint == "wrist_roll"
    assert not hand.now.may_finish
    assert "shoulder pan only 0° of about 172°" in hand.now.remark


@given(st.integers(0, 4095))
def test_the_pose_drawn_is_the_same_wherever_the_encoder_begins(start):
    """The seam of the encoder is followed: swept from end to end, the middle is 0 rad."""
    hand = Hand(start)
    hand.move("shoulder_pan", 60)
    hand.move("shoulder_pan", -120)
    assert hand.now.q[0] == pytest.approx(-math.radians(60), abs=0.01)
    assert hand.now.joints[0].swept_rad == pytest.approx(math.radians(120), abs=0.01)
