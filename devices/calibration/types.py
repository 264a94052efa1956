"""What was measured of one arm: where its joints' ranges lie on the encoders of its motors.

A calibration belongs to one arm and says which. Numbers that cannot be true are refused when one is
made, wherever they come from. Knows no file and no bus.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from devices.motor_errors import InvalidCalibration

STEPS = 4096  # encoder steps per turn
LARGEST_OFFSET = 2047  # what eleven bits and a sign hold
SMALLEST_SPAN = 100  # steps, 9°: nobody swept less on purpose
LARGEST_SPAN = 4000  # steps: more than this crossed the end of the encoder
LAST_ID = 253


@dataclass(frozen=True, slots=True)
class MotorCalibration:
    """One joint's motor. ``present = actual − homing_offset`` inside the motor."""

    id: int
    homing_offset: int  # step
    range_min: int  # step, of the present position
    range_max: int  # step
    drive_mode: int = 0  # 1: a gripper whose numbers grow when it closes

    @property
    def middle(self) -> float:
        """Where the joint is at 0 rad, step."""
        return (self.range_min + self.range_max) / 2

    @property
    def span(self) -> int:
        """Steps from one end to the other."""
        return self.range_max - self.range_min

    @property
    def turns_fully(self) -> bool:
        """The whole turn of the encoder: a joint without end stops."""
        return (self.range_min, self.range_max) == (0, STEPS - 1)


@dataclass(frozen=True, slots=True)
class ArmCalibration:
    """All joints of one arm, in the order of its robot description."""

    joints: Mapping[str, MotorCalibration]
    identity: str = ""  # of the arm's adapter, "" not known (imported)
    made: str = ""  # when, ISO 8601

    @property
    def fingerprint(self) -> str:
        """Sixteen digits that two calibrations share only when all their numbers are the same."""
        numbers = {name: asdict(motor) for name, motor in self.joints.items()}
        return hashlib.sha256(json.dumps(numbers).encode()).hexdigest()[:16]

    @property
    def motors(self) -> tuple[int, ...]:
        """Ids in joint order."""
        return tuple(joint.id for joint in self.joints.values())


def checked(
    calibration: ArmCalibration,
    *,
    where: str,
    names: tuple[str, ...],
    largest_offset: int = LARGEST_OFFSET,
) -> ArmCalibration:
    """The same calibration with its joints in the order of ``names``.

    Args:
        calibration: to be looked at.
        where: file or arm, for the error sentence.
        names: joints that the arm has.
        largest_offset: that its motors can hold, steps.

    Raises:
        InvalidCalibration: it cannot be true.
    """
    joints = calibration.joints
    if set(joints) != set(names):
        raise InvalidCalibration(
            where, field="joints", value=", ".join(joints), expected=", ".join(names)
        )
    owners: dict[int, str] = {}
    for name in names:
        _check_joint(where, name, joints[name], largest_offset)
        other = owners.setdefault(joints[name].id, name)
        if other != name:
            expected = f"an id of its own: {other} has this one"
            raise InvalidCalibration(
                where, field=f"{name}.id", value=joints[name].id, expected=expected
            )
    ordered = {name: joints[name] for name in names}
    return ArmCalibration(ordered, calibration.identity, calibration.made)


def _check_joint(where: str, name: str, joint: MotorCalibration, largest_offset: int) -> None:
    def refuse(field: str, value: object, expected: str) -> None:
        raise InvalidCalibration(where, field=f"{name}.{field}", value=value, expected=expected)

    if not 0 <= joint.id <= LAST_ID:
        refuse("id", joint.id, f"0 to {LAST_ID}")
    if abs(joint.homing_offset) > largest_offset:
        refuse("homing_offset", joint.homing_offset, f"-{largest_offset} to {largest_offset}")
    if joint.drive_mode not in (0, 1):
        refuse("drive_mode", joint.drive_mode, "0 or 1")
    for field, value in (("range_min", joint.range_min), ("range_max", joint.range_max)):
        if not 0 <= value < STEPS:
            refuse(field, value, f"0 to {STEPS - 1}")
    if joint.span < SMALLEST_SPAN:
        least = joint.range_min + SMALLEST_SPAN
        refuse("range_max", joint.range_max, f"at least {least} (range_min and {SMALLEST_SPAN})")
    if joint.span > LARGEST_SPAN and not joint.turns_fully:
        most = joint.range_min + LARGEST_SPAN
        refuse("range_max", joint.range_max, f"at most {most}: a wider range crossed the end")
