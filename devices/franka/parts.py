"""What a Franka robot is made of, and how gently it is driven. Knows no network."""

from __future__ import annotations

from devices.description import joint_specs, robot_folder
from recordings.types import JointSpec

ROBOT = "franka"
ARM = 7  # joints before the gripper
GOALS_HZ = 30.0  # each goal replaces the one before; the robot plans between them by itself
GRIPPER_M_S = 0.1
GRIPPER_STEP = 0.03  # of the opening: smaller changes are not worth a new command
USUAL_SPEED = 0.3  # of what the robot can do


def described_joints() -> tuple[JointSpec, ...]:
    """Joints as the robot description has them."""
    return joint_specs(robot_folder(ROBOT) / "robot.xml")
