"""What a YAM arm is made of, and what its motors are told. Knows no port.

Source of ids, gains and factors: the maker's own configuration of the standard arm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devices.description import joint_specs, robot_folder
from recordings.types import JointSpec

ROBOT = "yam"
BODY = 6  # joints before the gripper
MOTORS = (1, 2, 3, 4, 5, 6)  # CAN ids
GRIPPER_MOTOR = 7

KP = (80.0, 80.0, 80.0, 10.0, 10.0, 10.0)  # Nm/rad
KD = (5.0, 5.0, 5.0, 1.5, 1.5, 1.5)  # Nm s/rad
GRAVITY_FACTORS = (1.0, 1.1, 1.1, 1.2, 1.0, 1.0)  # cables and screws weigh something too
FREE_KD = (0.1, 0.1, 0.1, 0.3, 0.05, 0.05)  # a hand moves it
LIMP_KD = (5.0, 5.0, 5.0, 1.5, 1.5, 1.5)  # let go: it sinks, it does not fall


@dataclass(frozen=True, slots=True)
class Gripper:
    """One kind of gripper, as its motor feels it."""

    kp: float  # Nm/rad
    kd: float  # Nm s/rad
    stroke_rad: float  # from closed to open
    direction: int = 1  # 1: the motor counts up while it opens
    grip_nm: float = 0.7  # about 50 N between the jaws


GRIPPERS: Mapping[str, Gripper] = {
    "linear_4310": Gripper(20.0, 0.5, 6.57),
    "linear_3507": Gripper(10.0, 0.3, 6.57),
    "crank_4310": Gripper(20.0, 0.5, 2.83),
    "flexible_4310": Gripper(20.0, 0.5, 6.57, direction=-1),
}


def described_joints() -> tuple[JointSpec, ...]:
    """Joints as the robot description has them."""
    return joint_specs(robot_folder(ROBOT) / "robot.xml")
