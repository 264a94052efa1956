"""Arms of servos for whoever sets up a kit: looked at, hung limp, measured, put together.

What :class:`devices.arm_make.ArmMake` asks, for any maker's chain; a make fills in its bus, its
motors and how a new one gets its number. Knows no screen, no file and no maker.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from devices.arm_make import ArmSeen, MotorAssigned, MotorSeen
from devices.calibration.scale import RAD_PER_STEP
from devices.calibration.types import LARGEST_OFFSET, ArmCalibration
from devices.ports import current_port
from devices.servos.bus import Patience, ServoBus
from devices.servos.calibrating import ServoCalibrating, store, unknown_calibration
from devices.servos.chain import ArmPort, ServoChain, value_in
from recordings.types import JointSpec

KNOCK = Patience(first_s=0.05, again_s=0.05, retries=1)  # a port where nobody is must not take long


class ServoMake(ABC):
    """Arms on one bus of servos, their motors numbered 1, 2, 3 … from the base."""

    kind: str
    words: str
    robot: str
    largest_offset = LARGEST_OFFSET

    @property
    @abstractmethod
    def joints(self) -> tuple[JointSpec, ...]:
        """Of the description, in the order of the motors."""

    @abstractmethod
    def bus(self, port: str) -> ServoBus:
        """The bus at a port, not open."""

    @abstractmethod
    def chain(self, name: str, place: ArmPort) -> ServoChain:
        """The motors of an arm of either role, not open."""

    @abstractmethod
    def role_of(self, tables: Sequence[bytes]) -> str:
        """Leader, follower, or "" where the control tables of its motors do not tell."""

    @abstractmethod
    def calibrating(self, chain: ServoChain, port: str) -> ServoCalibrating:
        """How the ranges of the arm at a port are measured."""

    @abstractmethod
    def assign(self, port: str, joint: str, *, done: Sequence[str] = ()) -> MotorAssigned:
        """Make the one new motor on the wire the motor of ``joint``.

        Raises:
            DeviceError: none, several or a foreign motor, or it did not keep its number.
        """

    @property
    def motor_order(self) -> tuple[str, ...]:
        """From the gripper down: the one with id 1 comes last, new motors cannot be mistaken."""
        return tuple(reversed(self.ids))

    @property
    def ids(self) -> dict[str, int]:
        """Joint → number of its motor."""
        return {joint.name: number for number, joint in enumerate(self.joints, start=1)}

    # ── looking ────────────────────────────────────────────────────────────────────────────

    def look(self, port: str) -> ArmSeen | None:
        """Who answers on a port; writes nothing. None: nobody.

        Raises:
            ConnectFailed: in words what is wrong with the arm or the port.
        """
        if not self._somebody(port):
            return None
        chain = self._unknown("arm", port)
        layout, tables = chain.layout, chain.look()
        try:
            volts = [tenths / 10 for tenths in chain.values(layout.voltage)]
        finally:
            chain.close()
        motors = tuple(
            MotorSeen(
                id=motor,
                joint=chain.joint_of(motor),
                model=value_in(tables[motor], layout.model),
                firmware=chain.firmware(tables[motor]),
                voltage_v=voltage_v,
                offset=value_in(tables[motor], layout.offset),
            )
            for motor, voltage_v in zip(chain.motors, volts, strict=True)
        )
        return ArmSeen(motors, role=self.role_of([tables[motor] for motor in chain.motors]))

    def _somebody(self, port: str) -> bool:
        """Whether any motor of an arm answers, or several talk at once."""
        bus = self.bus(current_port(port))
        bus.patience = KNOCK
        bus.open()
        try:
            found = bus.sync_read(tuple(self.ids.values()), 0, 1)
            return bool(found.packets) or bus.tally.garbled > 0
        finally:
            bus.close()

    # ── what a hand and a person do ────────────────────────────────────────────────────────

    @contextmanager
    def hang(self, port: str) -> Iterator[LimpServos]:
        """Let go of the arm and watch it; it stays limp afterwards.

        Raises:
            ConnectFailed: in words what is wrong with the arm or the port.
            DeviceError: a motor did not answer or obey.
        """
        chain = self._unknown("arm", port)
        chain.look()
        try:
            chain.let_go()
            yield LimpServos(chain)
        finally:
            chain.close()

    def measure(self, name: str, port: str) -> ServoCalibrating:
        """Measure the ranges of its joints; the arm is limp meanwhile.

        Raises:
            ConnectFailed: in words what is wrong with the arm or the port.
        """
        return self.calibrating(self._unknown(name, port), port)

    def store(self, name: str, port: str, calibration: ArmCalibration) -> None:
        """Write a known calibration into the motors.

        Raises:
            DeviceError: it is another arm, or a motor did not answer or obey.
        """
        store(self.chain(name, ArmPort(port, calibration)), calibration)

    def _unknown(self, name: str, port: str) -> ServoChain:
        return self.chain(name, ArmPort(port, unknown_calibration(self.joints)))


class LimpServos:
    """Joints of an arm without torque."""

    def __init__(self, chain: ServoChain) -> None:
        self._chain = chain

    def angles(self) -> Mapping[str, float]:
        """Joint → rad from an unknown zero, within one turn.

        Raises:
            ReadFailed: a motor is silent.
        """
        names = [self._chain.joint_of(motor) for motor in self._chain.motors]
        steps = self._chain.positions()
        return {name: step * RAD_PER_STEP for name, step in zip(names, steps, strict=True)}
