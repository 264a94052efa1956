"""The motors of one arm on one bus: found, checked, configured, and read as joints.

Leader and follower are built of the same chain. Everything that would make a wrong movement later
is refused here, when the arm is connected: a missing or foreign motor, mixed firmware, a
calibration of another arm. What a maker's motors do otherwise is in a subclass beside their
registers. Moves nothing. Knows no rig and no maker.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from devices.calibration.scale import JointScale, Scale, Steps
from devices.calibration.types import ArmCalibration, MotorCalibration
from devices.errors import ReadFailed
from devices.motor_errors import (
    CalibrationMismatch,
    MixedFirmware,
    MotorsCollide,
    MotorsMissing,
    NotStored,
    WrongMotor,
)
from devices.ports import current_port, identity_of
from devices.servos.bus import Patience, ServoBus
from devices.servos.packet import Packet, Register
from recordings.types import F32, JointSpec, JointState

TORQUE_OFF, TORQUE_ON = 0, 1
UNHURRIED = Patience(first_s=0.15, again_s=0.15, retries=3)  # while connecting; EEPROM is slow


@dataclass(frozen=True, slots=True)
class ArmPort:
    """Where an arm is plugged in, what was measured of it, and how patient its bus is."""

    port: str  # or the identity of its adapter
    calibration: ArmCalibration  # checked, in joint order
    patience: Patience = field(default_factory=Patience)
    stale_s: float = 0.02
    """A reading older than this is no reading: two ticks at 100 Hz."""
    hz: float = 200.0
    """Readings per second; twice the control rate, so that none is older than half a tick."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One value that a motor must have before it may move."""

    name: str  # in words, for errors
    register: Register
    value: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Where motors of one family keep what every driver needs."""

    table_size: int  # bytes from 0 that hold every setting
    telemetry_start: int
    telemetry_size: int  # bytes with everything a motor measures
    model: Register
    offset: Register
    torque: Register  # 0 off, 1 on
    goal: Register
    position: Register
    speed: Register
    voltage: Register  # 0.1 V
    lowest: Register  # of the calibrated range
    highest: Register
    offset_sign: int  # 1: present = actual − offset; −1: + offset
    resting: int  # of the speed register: a joint slower than this has come to rest


class ServoChain(ABC):
    """Motors on one bus in joint order."""

    layout: Layout

    def __init__(
        self, name: str, place: ArmPort, joints: Sequence[JointSpec], *, bus: ServoBus
    ) -> None:
        """A chain that is not open.

        Args:
            name: of the arm, for errors.
            place: port and calibration.
            joints: of the robot description, in the order of the calibration.
            bus: to the motors, not open.
        """
        self.name = name
        self.bus = bus
        self.stale_s, self.hz = place.stale_s, place.hz
        self._patience = place.patience
        self._place = place.port
        self.motors = place.calibration.motors
        self.scale: Scale = JointScale(place.calibration, joints)
        self.middles = np.array([motor.middle for motor in place.calibration.joints.values()])
        self.shift: Steps = np.zeros(len(self.motors), dtype=np.int64)
        """(n,) steps that motors count more than their calibration: whole turns."""
        self._calibration = place.calibration
        self._joints = dict(zip(self.motors, place.calibration.joints, strict=True))
        self._heard: dict[int, tuple[Packet, int]] = {}  # id → newest telemetry and its time

    # ── connecting ─────────────────────────────────────────────────────────────────────────

    def open(self, *, calibrated: bool = True) -> None:
        """Open the port and make sure that this is the arm that was calibrated.

        Args:
            calibrated: False while it is being calibrated: its motors may have any offsets.

        Raises:
            ConnectFailed: in words what is wrong and what to do.
        """
        tables = self.look()
        try:
            if calibrated:
                self.check_offsets(tables)
            self.prepare(tables)
        except BaseException:
            self.bus.close()
            raise

    def look(self) -> dict[int, bytes]:
        """Open the port and read the control table of every motor; writes nothing.

        Raises:
            ConnectFailed: a motor is missing, foreign or talks at once with another.
        """
        self.bus.patience = UNHURRIED
        self.bus.port_name = current_port(self._place)
        self.bus.open()
        try:
            self._check_identity()
            tables = self._tables()
            self._check_motors(tables)
        except BaseException:
            self.bus.close()
            raise
        return tables

    def close(self) -> None:
        self.bus.close()

    def be_brisk(self) -> None:
        """From now on others wait for every answer: no more patience than the port was given."""
        self.bus.patience = self._patience

    def configure(self, settings: Mapping[int, Sequence[Setting]]) -> None:
        """Give motors their settings, write only what differs, and read it all back.

        Args:
            settings: id → what that motor must have.

        Raises:
            WriteFailed: a motor does not acknowledge.
            NotStored: a motor did not keep a value.
        """
        tables = self._tables()
        for motor, wanted in settings.items():
            wrong = [s for s in wanted if value_in(tables[motor], s.register) != s.value]
            if wrong:
                self.give(motor, wrong)
        tables = self._tables()
        for motor, wanted in settings.items():
            for setting in wanted:
                reads = value_in(tables[motor], setting.register)
                if reads != setting.value:
                    raise NotStored(
                        self.name,
                        joint=self._joints[motor],
                        register=setting.name,
                        wrote=setting.value,
                        reads=reads,
                    )

    def numbers(self, motor: MotorCalibration) -> tuple[Setting, ...]:
        """What a calibration stores in a motor."""
        return (
            Setting("homing offset", self.layout.offset, motor.homing_offset),
            Setting("smallest angle", self.layout.lowest, motor.range_min),
            Setting("largest angle", self.layout.highest, motor.range_max),
        )

    @abstractmethod
    def prepare(self, tables: Mapping[int, bytes]) -> None:
        """Put right what would spoil readings or commands, whatever was stored."""

    @abstractmethod
    def give(self, motor: int, settings: Sequence[Setting]) -> None:
        """Write settings so that a motor keeps them."""

    @abstractmethod
    def models(self, joint: str) -> tuple[int, ...]:
        """Model numbers that the motor of a joint may have."""

    @abstractmethod
    def firmware(self, table: bytes) -> str:
        """Version of a motor, as its maker writes it."""

    @abstractmethod
    def sensed(self, packets: Sequence[Packet], *, t_ns: int) -> JointState:
        """Telemetry of all motors, in joint order, as the state of an arm."""

    def _tables(self) -> dict[int, bytes]:
        """The control table of every motor."""
        answers = self.bus.sync_read(self.motors, 0, self.layout.table_size)
        if answers.missing:
            self._blame(answers.missing, found=tuple(answers.packets))
        return {motor: packet.body for motor, packet in answers.packets.items()}

    def _blame(self, missing: tuple[int, ...], *, found: tuple[int, ...]) -> None:
        garbled = tuple(motor for motor in missing if self._talks_garbled(motor))
        if garbled:
            raise MotorsCollide(self.name, motors=garbled)
        names = {motor: self._joints[motor] for motor in missing}
        raise MotorsMissing(self.name, missing=names, found=found)

    def _talks_garbled(self, motor: int) -> bool:
        before = self.bus.tally.garbled
        self.bus.sync_read((motor,), 0, self.layout.table_size)
        return self.bus.tally.garbled > before

    def _check_identity(self) -> None:
        wanted, found = self._calibration.identity, identity_of(self.bus.port_name)
        if wanted and found and wanted != found:
            reason = f"it was made for the arm on adapter {wanted}, this is {found}"
            raise CalibrationMismatch(self.name, reason=reason)

    def _check_motors(self, tables: Mapping[int, bytes]) -> None:
        for motor, joint in self._joints.items():
            model, allowed = value_in(tables[motor], self.layout.model), self.models(joint)
            if model not in allowed:
                raise WrongMotor(
                    self.name, motor=motor, joint=joint, model=model, expected=allowed[0]
                )
        self._check_firmware(tables)

    def _check_firmware(self, tables: Mapping[int, bytes]) -> None:
        """Motors of one model must run the same version; others have versions of their own."""
        found: dict[int, set[str]] = {}
        for table in tables.values():
            found.setdefault(value_in(table, self.layout.model), set()).add(self.firmware(table))
        if any(len(different) > 1 for different in found.values()):
            versions = {self._joints[motor]: self.firmware(tables[motor]) for motor in self.motors}
            raise MixedFirmware(self.name, versions=versions)

    def check_offsets(self, tables: Mapping[int, bytes]) -> None:
        """Refuse motors that have other offsets than were calibrated.

        Raises:
            CalibrationMismatch: naming them.
        """
        wrong: list[str] = []
        for motor, joint in self._joints.items():
            stored = value_in(tables[motor], self.layout.offset)
            wanted = self._calibration.joints[joint].homing_offset
            if stored != wanted:
                wrong.append(f"{joint} has offset {stored} in its motor, {wanted} in the file")
        if wrong:
            raise CalibrationMismatch(self.name, reason="; ".join(wrong))

    # ── reading ────────────────────────────────────────────────────────────────────────────

    def read(self) -> JointState:
        """Everything the motors measure now; a motor that is silent keeps its last reading.

        The time of the state is that of its oldest joint.

        Raises:
            ReadFailed: a motor has never answered, or the port is gone.
        """
        answers = self.bus.sync_read(
            self.motors, self.layout.telemetry_start, self.layout.telemetry_size
        )
        now_ns = time.monotonic_ns()
        self._heard.update((motor, (p, now_ns)) for motor, p in answers.packets.items())
        silent = [self._joints[motor] for motor in self.motors if motor not in self._heard]
        if silent:
            raise ReadFailed(self.name, reason=f"{', '.join(silent)} is silent")
        packets = [self._heard[motor][0] for motor in self.motors]
        return self.sensed(packets, t_ns=min(self._heard[motor][1] for motor in self.motors))

    def q_at(self, positions: npt.ArrayLike) -> F32:
        """(n,) present positions, steps → (n,) rad."""
        return self.scale.q_of(np.asarray(positions) - self.shift)

    def goals_of(self, q: npt.ArrayLike) -> Steps:
        """(n,) rad → (n,) goal positions, steps, within the calibrated range."""
        return self.scale.steps_of(q) + self.shift

    def positions(self) -> list[int]:
        """Present positions, steps, all of them fresh.

        Raises:
            ReadFailed: a motor is silent.
        """
        return self.values(self.layout.position)

    def values(self, register: Register) -> list[int]:
        """A register of all motors, all of them fresh.

        Raises:
            ReadFailed: a motor is silent.
        """
        answers = self.bus.sync_read(self.motors, register.address, register.size)
        if answers.missing:
            silent = ", ".join(self._joints[motor] for motor in answers.missing)
            raise ReadFailed(self.name, reason=f"{silent} is silent")
        return [register.decode(answers.packets[motor].body) for motor in self.motors]

    def let_go(self) -> None:
        """Torque off, motor by motor, each acknowledged.

        Raises:
            DeviceError: a motor did not answer or obey.
        """
        torque = self.layout.torque
        for motor, value in zip(self.motors, self.values(torque), strict=True):
            if value != TORQUE_OFF:
                self.bus.write(motor, torque, TORQUE_OFF)

    def pull(self, joints: Mapping[str, float]) -> None:
        """Drive single joints to where they belong; their settings say how hard.

        Args:
            joints: name → rad, or opening 0…1.

        Raises:
            DeviceError: a motor did not answer or obey.
        """
        q = np.array(self.q_at(self.positions()))
        for place, joint in enumerate(self._joints.values()):
            q[place] = joints.get(joint, q[place])
        for motor, goal in zip(self.motors, self.goals_of(q), strict=True):
            if self._joints[motor] in joints:
                self.bus.write(motor, self.layout.goal, int(goal))
                self.bus.write(motor, self.layout.torque, TORQUE_ON)

    @property
    def counts(self) -> dict[str, int]:
        """What went wrong since the bus was opened, and how often each joint was asked again."""
        tally = self.bus.tally
        again = {self._joints[motor]: n for motor, n in tally.retried_by_motor.copy().items()}
        return tally.as_counts() | {f"retried {joint}": n for joint, n in again.items()}

    def joint_of(self, motor: int) -> str:
        return self._joints[motor]


def value_in(table: bytes, register: Register) -> int:
    """A register in a control table that was read from its start."""
    return register.within(table, start=0)
