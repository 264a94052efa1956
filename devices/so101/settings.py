"""What the motors of an SO-101 must have in their tables before the arm is used.

The values are those that LeRobot gives the same arm, so that both programs drive it alike; the ends
of the calibrated range are added as a limit that the servo itself keeps. Knows no bus.
"""

from __future__ import annotations

from devices.calibration.types import ArmCalibration, MotorCalibration
from devices.feetech import registers as reg
from devices.servos.chain import Setting
from recordings.types import JointSpec

FASTEST = 254  # acceleration, 100 step/s²
_BOTH = (
    Setting("return delay", reg.RETURN_DELAY, 0),
    Setting("mode", reg.MODE, 0),
)
_DRIVEN = (
    Setting("gain P", reg.GAIN_P, 16),  # 32 from the factory shakes
    Setting("gain I", reg.GAIN_I, 0),
    Setting("gain D", reg.GAIN_D, 32),
    Setting("acceleration", reg.ACCELERATION, FASTEST),
    Setting("goal time", reg.GOAL_TIME, 0),
    Setting("goal speed", reg.GOAL_SPEED, 0),
)
JAW_TORQUE = 500  # 0.1 %; only a follower is given this, so it also tells the two apart
_JAW = (  # a jaw that is closed on something presses for long: half the torque, then a quarter
    Setting("greatest torque", reg.MAX_TORQUE, JAW_TORQUE),
    Setting("protection current", reg.PROTECTION_CURRENT, 250),
    Setting("overload torque", reg.OVERLOAD_TORQUE, 25),
    Setting("torque limit", reg.TORQUE_LIMIT, JAW_TORQUE),
)
_LIMB = (Setting("torque limit", reg.TORQUE_LIMIT, 1000),)


def follower_settings(
    calibration: ArmCalibration, joints: tuple[JointSpec, ...]
) -> dict[int, tuple[Setting, ...]]:
    """Motor id → settings of an arm that is driven."""
    found: dict[int, tuple[Setting, ...]] = {}
    for joint in joints:
        motor = calibration.joints[joint.name]
        own = _JAW if joint.is_gripper else _LIMB
        found[motor.id] = (*_BOTH, *_DRIVEN, *own, *_range(motor))
    return found


def leader_settings(calibration: ArmCalibration) -> dict[int, tuple[Setting, ...]]:
    """Motor id → settings of an arm that a hand moves."""
    return {motor.id: _BOTH for motor in calibration.joints.values()}


def _range(motor: MotorCalibration) -> tuple[Setting, ...]:
    return (
        Setting("smallest angle", reg.MIN_ANGLE, motor.range_min),
        Setting("largest angle", reg.MAX_ANGLE, motor.range_max),
    )
