"""The Koch leader: six XL330 without torque, but for the jaw, which springs open like a trigger."""

from __future__ import annotations

from devices.koch.chain import koch_chain
from devices.koch.parts import LEADER_MODELS
from devices.koch.settings import leader_settings
from devices.servos.chain import ArmPort
from devices.servos.leader import ServoLeader
from recordings.types import JointSpec

OPEN = 0.5  # where the trigger springs back to; beyond it a hand may open it further


class KochLeader(ServoLeader):
    """A Koch v1.1 leader. Used from the control thread."""

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
        chain = koch_chain(device or f"leader {name}", place, joints, LEADER_MODELS)
        settings = leader_settings(place.calibration, joints)
        springs = {joint.name: OPEN for joint in joints if joint.is_gripper}
        super().__init__(name, chain, settings, springs=springs)
