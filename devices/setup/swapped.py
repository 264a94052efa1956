"""Whether two arms of a bench were plugged in the wrong way round: their motors tell.

Every calibrated arm holds the offsets of its own calibration in its motors. When each of two arms
holds those of the other, the cables (or the lines of the bench file) were exchanged. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from devices.arm_make import ArmSeen
from devices.calibration.types import ArmCalibration


def swapped(
    seen: Mapping[str, ArmSeen], calibrations: Mapping[str, ArmCalibration]
) -> tuple[str, str] | None:
    """Two roles whose arms hold each other's offsets; None when all are in their place.

    Args:
        seen: role → the arm that answers on its port.
        calibrations: role → what its file says.
    """
    for one, other in combinations([role for role in calibrations if role in seen], 2):
        if _holds(seen[one], calibrations[one]) or _holds(seen[other], calibrations[other]):
            continue
        if _holds(seen[one], calibrations[other]) and _holds(seen[other], calibrations[one]):
            return one, other
    return None


def _holds(arm: ArmSeen, calibration: ArmCalibration) -> bool:
    """Whether the motors have the offsets of this calibration."""
    joints = calibration.joints
    return all(
        motor.joint in joints and joints[motor.joint].homing_offset == motor.offset
        for motor in arm.motors
    )
