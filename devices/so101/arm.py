"""The SO-101 follower: six STS3215 with the settings that LeRobot gives them."""

from __future__ import annotations

from devices.servos.arm import ServoArm
from devices.servos.chain import ArmPort
from devices.so101.chain import Chain
from devices.so101.settings import follower_settings
from recordings.types import RobotSpec


class SO101Arm(ServoArm):
    """A follower made of six STS3215. Used from the control thread."""

    def __init__(self, spec: RobotSpec, place: ArmPort, *, name: str = "arm") -> None:
        """An arm that is not connected.

        Args:
            spec: joints and limits, narrowed to the calibrated range.
            place: port and calibration.
            name: for errors.
        """
        settings = follower_settings(place.calibration, spec.joints)
        super().__init__(spec, Chain(name, place, spec.joints), settings)
