"""The SO-101 leader: six STS3215 without torque."""

from __future__ import annotations

from devices.servos.chain import ArmPort
from devices.servos.leader import ServoLeader
from devices.so101.chain import Chain
from devices.so101.settings import leader_settings
from recordings.types import JointSpec


class SO101Leader(ServoLeader):
    """A leader made of six STS3215 without torque. Used from the control thread."""

    def __init__(
        self, joints: tuple[JointSpec, ...], place: ArmPort, *, name: str, device: str = ""
    ) -> None:
        """A leader that is not connected.

        Args:
            joints: of the robot description.
            place: port and calibration.
            name: of the leader, for the person who selects it.
            device: for errors; "leader" and its name when absent.
        """
        chain = Chain(device or f"leader {name}", place, joints)
        super().__init__(name, chain, leader_settings(place.calibration))
