"""SO-101 and SO-100 arms for whoever sets up a kit: looked at, hung limp, measured, put together.

One instance, registered in :mod:`devices.setup.makes`. Both models have the same motors in the same
order; a bench file calls them ``so101``. Knows no screen and no file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache

from devices.arm_make import ArmSeen, MotorAssigned, MotorSeen
from devices.calibration.scale import RAD_PER_STEP
from devices.calibration.types import STEPS, ArmCalibration, MotorCalibration
from devices.feetech import registers as reg
from devices.feetech.bus import Bus, Patience
from devices.ports import current_port
from devices.servos.chain import ArmPort, value_in
from devices.so101.bench import ROBOT, described_joints
from devices.so101.calibrating import Calibrating, store_in_motors
from devices.so101.chain import Chain
from devices.so101.motor_setup import assign
from devices.so101.settings import JAW_TORQUE
from recordings.types import JointSpec

KNOCK = Patience(first_s=0.05, again_s=0.05, retries=1)  # a port where nobody is must not take long


class SO101Make:
    """Arms of six STS3215 on one Feetech bus."""

    kind = ROBOT
    words = "SO-101 (or SO-100)"
    robot = ROBOT

    @property
    def joints(self) -> tuple[JointSpec, ...]:
        return _described()

    @property
    def motor_order(self) -> tuple[str, ...]:
        """From the gripper down: the one with id 1 comes last, new motors cannot be mistaken."""
        return tuple(reversed(self._ids))

    @property
    def _ids(self) -> dict[str, int]:
        return {joint.name: number for number, joint in enumerate(self.joints, start=1)}

    # ── looking ────────────────────────────────────────────────────────────────────────────

    def look(self, port: str) -> ArmSeen | None:
        """Who answers on a port; writes nothing. None: nobody.

        Raises:
            ConnectFailed: in words what is wrong with the arm or the port.
        """
        if not self._somebody(port):
            return None
        chain = self._chain("arm", port)
        tables = chain.look()
        try:
            volts = [tenths / 10 for tenths in chain.values(reg.PRESENT_VOLTAGE)]
        finally:
            chain.close()
        motors = tuple(
            MotorSeen(
                id=motor,
                joint=chain.joint_of(motor),
                model=value_in(tables[motor], reg.MODEL),
                firmware=chain.firmware(tables[motor]),
                voltage_v=voltage_v,
                offset=value_in(tables[motor], reg.HOMING_OFFSET),
            )
            for motor, voltage_v in zip(chain.motors, volts, strict=True)
        )
        driven = value_in(tables[chain.motors[-1]], reg.MAX_TORQUE) == JAW_TORQUE
        return ArmSeen(motors, role="follower" if driven else "")

    def _somebody(self, port: str) -> bool:
        """Whether any motor of an arm answers, or several talk at once."""
        bus = Bus("arm", current_port(port), patience=KNOCK)
        bus.open()
        try:
            found = bus.sync_read(tuple(self._ids.values()), reg.ID.address, reg.ID.size)
            return bool(found.packets) or bus.tally.garbled > 0
        finally:
            bus.close()

    # ── what a hand and a person do ────────────────────────────────────────────────────────

    @contextmanager
    def hang(self, port: str) -> Iterator[_Limp]:
        """Let go of the arm and watch it; it stays limp afterwards.

        Raises:
            ConnectFailed: in words what is wrong with the arm or the port.
            DeviceError: a motor did not answer or obey.
        """
        chain = self._chain("arm", port)
        chain.look()
        try:
            chain.let_go()
            yield _Limp(chain)
        finally:
            chain.close()

    def measure(self, name: str, port: str) -> Calibrating:
        """Measure the ranges of its joints; the arm is limp meanwhile."""
        return Calibrating(name, port, self.joints)

    def store(self, name: str, port: str, calibration: ArmCalibration) -> None:
        """Write a known calibration into the motors.

        Raises:
            DeviceError: it is another arm, or a motor did not answer or obey.
        """
        store_in_motors(name, ArmPort(port, calibration), self.joints)

    def assign(self, port: str, joint: str, *, done: Sequence[str] = ()) -> MotorAssigned:
        """Make the one new motor on the wire the motor of ``joint``.

        Raises:
            DeviceError: none, several or a foreign motor, or it did not keep its number.
        """
        return assign(port, joint, ids=self._ids, done=done)

    def _chain(self, name: str, port: str) -> Chain:
        unknown = {n: MotorCalibration(i, 0, 0, STEPS - 1) for n, i in self._ids.items()}
        return Chain(name, ArmPort(port, ArmCalibration(unknown)), self.joints)


@cache
def _described() -> tuple[JointSpec, ...]:
    return described_joints()


class _Limp:
    """Joints of an arm without torque."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    def angles(self) -> Mapping[str, float]:
        """Joint → rad from an unknown zero, within one turn.

        Raises:
            ReadFailed: a motor is silent.
        """
        names = [self._chain.joint_of(motor) for motor in self._chain.motors]
        steps = self._chain.positions()
        return {name: step * RAD_PER_STEP for name, step in zip(names, steps, strict=True)}


SO101 = SO101Make()
