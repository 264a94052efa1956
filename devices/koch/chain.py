"""The six motors of one Koch arm on their bus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.dynamixel.chain import DynamixelChain
from devices.dynamixel.registers import Model
from devices.koch.parts import BAUD
from devices.servos.chain import ArmPort
from recordings.types import JointSpec


def koch_chain(
    name: str, place: ArmPort, joints: Sequence[JointSpec], parts: Mapping[str, Model]
) -> DynamixelChain:
    """A chain that is not open.

    Args:
        name: of the arm, for errors.
        place: port and calibration.
        joints: of the robot description.
        parts: joint → the motor it is built with.
    """
    models = {joint: (model,) for joint, model in parts.items()}
    return DynamixelChain(name, place, joints, baud=BAUD, models=models)
