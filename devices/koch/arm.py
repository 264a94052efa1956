"""The Koch follower: two XL430 and four XL330 with the settings that LeRobot gives them."""

from __future__ import annotations

from devices.koch.chain import koch_chain
from devices.koch.parts import FOLLOWER_MODELS
from devices.koch.settings import follower_settings
from devices.servos.arm import ServoArm
from devices.servos.chain import ArmPort
from recordings.types import RobotSpec


class KochArm(ServoArm):
    """A Koch v1.1 follower. Used from the control thread."""

    def __init__(self, spec: RobotSpec, place: ArmPort, *, name: str = "arm") -> None:
        """An arm that is not connected.

        Args:
            spec: joints and limits, narrowed to the calibrated range.
            place: port and calibration.
            name: for errors.
        """
        chain = koch_chain(name, place, spec.joints, FOLLOWER_MODELS)
        super().__init__(spec, chain, follower_settings(place.calibration, spec.joints))
