"""Koch v1.1 arms for whoever sets up a kit. One instance, registered in :mod:`devices.setup.makes`.

Leader and follower are told apart by their motors. Knows no screen and no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from devices.arm_make import MotorAssigned
from devices.dynamixel import registers as reg
from devices.dynamixel.bus import DynamixelBus
from devices.dynamixel.chain import DynamixelChain
from devices.koch.parts import (
    BAUD,
    FOLLOWER_MODELS,
    FULL_TURN,
    LARGEST_OFFSET,
    LEADER_MODELS,
    ROBOT,
    TURNED_IN_LEADER,
    described_joints,
)
from devices.servos.calibrating import ServoCalibrating
from devices.servos.chain import ArmPort, ServoChain, value_in
from devices.servos.make import ServoMake
from devices.servos.motor_setup import Numbering, assign
from recordings.types import JointSpec

NUMBERING = Numbering(
    bus_at=lambda port, baud: DynamixelBus("motors", port, baud=baud),
    baud=BAUD,
    bauds=reg.BAUDS,
    id=reg.ID,
    baud_index=reg.BAUD,
    torque=reg.TORQUE_ENABLE,
    model=reg.MODEL,
    lock=None,
    firmware=(reg.FIRMWARE,),
)


class KochMake(ServoMake):
    """Arms of six Dynamixels on one bus."""

    kind = ROBOT
    words = "Koch v1.1"
    robot = ROBOT
    largest_offset = LARGEST_OFFSET

    @property
    def joints(self) -> tuple[JointSpec, ...]:
        return _described()

    def bus(self, port: str) -> DynamixelBus:
        return DynamixelBus("arm", port, baud=BAUD)

    def chain(self, name: str, place: ArmPort) -> DynamixelChain:
        models = {name: (FOLLOWER_MODELS[name], LEADER_MODELS[name]) for name in FOLLOWER_MODELS}
        return DynamixelChain(name, place, self.joints, baud=BAUD, models=models)

    def role_of(self, tables: Sequence[bytes]) -> str:
        found = [value_in(table, reg.MODEL) for table in tables]
        if found == [model.number for model in FOLLOWER_MODELS.values()]:
            return "follower"
        return "leader" if found == [model.number for model in LEADER_MODELS.values()] else ""

    def calibrating(self, chain: ServoChain, port: str) -> ServoCalibrating:
        """A leader's elbow is mounted the other way round and counts so."""
        seen = self.look(port)
        turned = (TURNED_IN_LEADER,) if seen is not None and seen.role == "leader" else ()
        return ServoCalibrating(chain, self.joints, full_turn=FULL_TURN, turned=turned)

    def assign(self, port: str, joint: str, *, done: Sequence[str] = ()) -> MotorAssigned:
        """Make the one new motor on the wire the motor of ``joint``.

        Raises:
            DeviceError: none, several or a foreign motor, or it did not keep its number.
        """
        models = (FOLLOWER_MODELS[joint].number, LEADER_MODELS[joint].number)
        return assign(NUMBERING, port, joint, models=models, ids=self.ids, done=done)


@cache
def _described() -> tuple[JointSpec, ...]:
    return described_joints()


KOCH = KochMake()
