"""SO-101 and SO-100 arms for whoever sets up a kit.

One instance, registered in :mod:`devices.setup.makes`. Both models have the same motors in the same
order; a bench file calls them ``so101``. Knows no screen and no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from devices.arm_make import MotorAssigned
from devices.feetech import registers as reg
from devices.feetech.bus import BAUD, Bus
from devices.servos.calibrating import ServoCalibrating
from devices.servos.chain import ArmPort, ServoChain, value_in
from devices.servos.make import ServoMake
from devices.servos.motor_setup import Numbering, assign
from devices.so101.bench import ROBOT, described_joints
from devices.so101.calibrating import FULL_TURN
from devices.so101.chain import Chain
from devices.so101.settings import JAW_TORQUE
from recordings.types import JointSpec

NUMBERING = Numbering(
    bus_at=lambda port, baud: Bus("motors", port, baud=baud),
    baud=BAUD,
    bauds=reg.SAFE_BAUDS,
    id=reg.ID,
    baud_index=reg.BAUD,
    torque=reg.TORQUE_ENABLE,
    model=reg.MODEL,
    lock=reg.LOCK,
    firmware=(reg.FIRMWARE_MAJOR, reg.FIRMWARE_MINOR),
)


class SO101Make(ServoMake):
    """Arms of six STS3215 on one Feetech bus."""

    kind = ROBOT
    words = "SO-101 (or SO-100)"
    robot = ROBOT

    @property
    def joints(self) -> tuple[JointSpec, ...]:
        return _described()

    def bus(self, port: str) -> Bus:
        return Bus("arm", port)

    def chain(self, name: str, place: ArmPort) -> Chain:
        return Chain(name, place, self.joints)

    def role_of(self, tables: Sequence[bytes]) -> str:
        driven = value_in(tables[-1], reg.MAX_TORQUE) == JAW_TORQUE
        return "follower" if driven else ""

    def calibrating(self, chain: ServoChain, port: str) -> ServoCalibrating:
        return ServoCalibrating(chain, self.joints, full_turn=FULL_TURN)

    def assign(self, port: str, joint: str, *, done: Sequence[str] = ()) -> MotorAssigned:
        """Make the one new motor on the wire the motor of ``joint``.

        Raises:
            DeviceError: none, several or a foreign motor, or it did not keep its number.
        """
        models = (reg.MODEL_NUMBER,)
        return assign(NUMBERING, port, joint, models=models, ids=self.ids, done=done)


@cache
def _described() -> tuple[JointSpec, ...]:
    return described_joints()


SO101 = SO101Make()
