"""What a Koch v1.1 arm is made of. Knows no port."""

from __future__ import annotations

from devices.description import joint_specs, robot_folder
from devices.dynamixel.registers import XL330_M077, XL330_M288, XL430_W250, Model
from recordings.types import JointSpec

ROBOT = "koch"
BAUD = 1_000_000  # bit/s
LARGEST_OFFSET = 2 * 4096  # steps; the register holds more, but nobody is mounted further off
FULL_TURN = ("shoulder_pan", "wrist_roll")  # without end stops
TURNED_IN_LEADER = "elbow_flex"  # mounted the other way round in a leader
NAMES = ("shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll", "gripper")
FOLLOWER_MODELS: dict[str, Model] = dict(
    zip(NAMES, (XL430_W250, XL430_W250, *(4 * (XL330_M288,))), strict=True)
)
LEADER_MODELS: dict[str, Model] = dict.fromkeys(NAMES, XL330_M077)


def described_joints() -> tuple[JointSpec, ...]:
    """Joints as the robot description has them, before any calibration."""
    return joint_specs(robot_folder(ROBOT) / "robot.xml")
