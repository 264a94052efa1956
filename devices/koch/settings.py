"""What the motors of a Koch arm must have in their tables before it is used.

The values are those that LeRobot gives the same arm. Body joints run in extended position mode,
because a homing offset may put their range outside one turn; the jaw in current-based position
mode, so that it presses only so hard. In neither mode do the motors keep position limits: those
are stored and read back nevertheless, the driver clips to them. Knows no bus.
"""

from __future__ import annotations

from devices.calibration.types import ArmCalibration, MotorCalibration
from devices.dynamixel import registers as reg
from devices.servos.chain import Setting
from recordings.types import JointSpec

GRIP_MA = 500  # of the follower's jaw: a third of what it could press with
SPRING_MA = 150  # of the leader's jaw: a trigger that a finger overcomes
_ELBOW = (  # the small motor carries the forearm
    Setting("gain P", reg.POSITION_P, 1500),
    Setting("gain I", reg.POSITION_I, 0),
    Setting("gain D", reg.POSITION_D, 600),
)
_FAST = (
    Setting("profile velocity", reg.PROFILE_VELOCITY, 0),
    Setting("profile acceleration", reg.PROFILE_ACCELERATION, 0),
)


def follower_settings(
    calibration: ArmCalibration, joints: tuple[JointSpec, ...]
) -> dict[int, tuple[Setting, ...]]:
    """Motor id → settings of an arm that is driven."""
    found: dict[int, tuple[Setting, ...]] = {}
    for joint in joints:
        motor = calibration.joints[joint.name]
        gains = _ELBOW if joint.name == "elbow_flex" else ()
        found[motor.id] = (*_both(motor, joint), *_FAST, *gains, *_grip(joint, GRIP_MA))
    return found


def leader_settings(
    calibration: ArmCalibration, joints: tuple[JointSpec, ...]
) -> dict[int, tuple[Setting, ...]]:
    """Motor id → settings of an arm that a hand moves."""
    return {
        calibration.joints[joint.name].id: (
            *_both(calibration.joints[joint.name], joint),
            *_grip(joint, SPRING_MA),
        )
        for joint in joints
    }


def _both(motor: MotorCalibration, joint: JointSpec) -> tuple[Setting, ...]:
    mode = reg.CURRENT_BASED if joint.is_gripper else reg.EXTENDED
    return (
        Setting("return delay", reg.RETURN_DELAY, 0),
        Setting("drive mode", reg.DRIVE_MODE, motor.drive_mode),
        Setting("operating mode", reg.OPERATING_MODE, mode),
        Setting("smallest position", reg.MIN_POSITION, motor.range_min),
        Setting("largest position", reg.MAX_POSITION, motor.range_max),
    )


def _grip(joint: JointSpec, milliampere: int) -> tuple[Setting, ...]:
    return (Setting("grip", reg.GOAL_CURRENT, milliampere),) if joint.is_gripper else ()
