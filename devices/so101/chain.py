"""The six motors of one SO-101 arm: found, checked, configured, and read as joints.

Leader and follower are built of the same chain. Everything that would make a wrong movement later
is refused here, when the arm is connected: a missing or foreign motor, mixed firmware, a
calibration of another arm. Moves nothing. Knows no rig.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from devices.calibration.scale import JointScale
from devices.calibration.types import ArmCalibration
from devices.errors import ReadFailed
from devices.feetech import registers as reg
from devices.feetech.bus import Bus, Patience
from devices.feetech.packets import Alarm, Packet
from devices.feetech.registers import Register
from devices.motor_errors import (
    CalibrationMismatch,
    MixedFirmware,
    MotorsCollide,
    MotorsMissing,
    NotStored,
    WrongMotor,
)
from devices.ports import current_port, identity_of
from recordings.types import F32, JointSpec, JointState, frozen_f32

TABLE_SIZE = 56  # EEPROM and the settings in RAM
UNHURRIED = Patience(first_s=0.15, again_s=0.15, retries=3)  # while connecting; EEPROM is slow
WORDS = {
    Alarm.VOLTAGE: "supply voltage",
    Alarm.ANGLE: "position sensor",
    Alarm.OVERHEAT: "too hot",
    Alarm.OVERCURRENT: "too much current",
    Alarm.OVERLOAD: "overload",
}


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


class Chain:
    """Motors on one bus in joint order."""

    def __init__(self, name: str, place: ArmPort, joints: Sequence[JointSpec]) -> None:
        """A chain that is not open.

        Args:
            name: of the arm, for errors.
            place: port and calibration.
            joints: of the robot description, in the order of the calibration.
        """
        self.name = name
        self.bus = Bus(name, place.port, patience=UNHURRIED)
        self._patience = place.patience
        self._place = place.port
        self.motors = place.calibration.motors
        self.scale = JointScale(place.calibration, joints)
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
                self._check_offsets(tables)
            self._count_one_turn(tables)
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
                self._give(motor, wrong)
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

    def _give(self, motor: int, settings: Sequence[Setting]) -> None:
        lasting = any(s.register.address < reg.EEPROM_END for s in settings)
        if lasting:
            self.bus.write(motor, reg.LOCK, 0)
        for setting in settings:
            self.bus.write(motor, setting.register, setting.value)
        if lasting:
            self.bus.write(motor, reg.LOCK, 1)

    def _tables(self) -> dict[int, bytes]:
        """The control table of every motor."""
        answers = self.bus.sync_read(self.motors, 0, TABLE_SIZE)
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
        self.bus.sync_read((motor,), 0, TABLE_SIZE)
        return self.bus.tally.garbled > before

    def _check_identity(self) -> None:
        wanted, found = self._calibration.identity, identity_of(self.bus.port_name)
        if wanted and found and wanted != found:
            reason = f"it was made for the arm on adapter {wanted}, this is {found}"
            raise CalibrationMismatch(self.name, reason=reason)

    def _check_motors(self, tables: Mapping[int, bytes]) -> None:
        for motor, joint in self._joints.items():
            model = value_in(tables[motor], reg.MODEL)
            if model != reg.MODEL_NUMBER:
                raise WrongMotor(
                    self.name, motor=motor, joint=joint, model=model, expected=reg.MODEL_NUMBER
                )
        versions = {joint: firmware_in(tables[motor]) for motor, joint in self._joints.items()}
        if len(set(versions.values())) > 1:
            raise MixedFirmware(self.name, versions=versions)

    def _count_one_turn(self, tables: Mapping[int, bytes]) -> None:
        """Positions beyond a turn would pass for others; some motors come set to count turns."""
        for motor, table in tables.items():
            phase = value_in(table, reg.PHASE)
            if phase & reg.MULTI_TURN:
                self._give(motor, [Setting("phase", reg.PHASE, phase & ~reg.MULTI_TURN)])

    def _check_offsets(self, tables: Mapping[int, bytes]) -> None:
        wrong: list[str] = []
        for motor, joint in self._joints.items():
            stored = value_in(tables[motor], reg.HOMING_OFFSET)
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
        answers = self.bus.sync_read(self.motors, reg.TELEMETRY_START, reg.TELEMETRY_SIZE)
        now_ns = time.monotonic_ns()
        self._heard.update((motor, (p, now_ns)) for motor, p in answers.packets.items())
        silent = [self._joints[motor] for motor in self.motors if motor not in self._heard]
        if silent:
            raise ReadFailed(self.name, reason=f"{', '.join(silent)} is silent")
        return self._state()

    def positions(self) -> list[int]:
        """Present positions, steps, all of them fresh.

        Raises:
            ReadFailed: a motor is silent.
        """
        return self.values(reg.PRESENT_POSITION)

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
        for motor, torque in zip(self.motors, self.values(reg.TORQUE_ENABLE), strict=True):
            if torque != reg.TORQUE_OFF:
                self.bus.write(motor, reg.TORQUE_ENABLE, reg.TORQUE_OFF)

    @property
    def counts(self) -> dict[str, int]:
        """What went wrong since the bus was opened, and how often each joint was asked again."""
        tally = self.bus.tally
        again = {self._joints[motor]: n for motor, n in tally.retried_by_motor.copy().items()}
        return tally.as_counts() | {f"retried {joint}": n for joint, n in again.items()}

    def joint_of(self, motor: int) -> str:
        return self._joints[motor]

    def _state(self) -> JointState:
        packets = [self._heard[motor][0] for motor in self.motors]
        return JointState(
            q=self.scale.q_of([_sensed(p, reg.PRESENT_POSITION) for p in packets]),
            t_ns=min(self._heard[motor][1] for motor in self.motors),
            temperature_c=_numbers(packets, reg.PRESENT_TEMPERATURE, 1.0),
            current_a=_numbers(packets, reg.PRESENT_CURRENT, reg.AMPERE_PER_UNIT),
            load=_numbers(packets, reg.PRESENT_LOAD, 0.001),
            voltage_v=_numbers(packets, reg.PRESENT_VOLTAGE, 0.1),
            alarms={self._joints[p.motor]: in_words(p.alarm) for p in packets if p.alarm},
        )


def in_words(alarm: Alarm) -> str:
    """What a motor complains about."""
    return ", ".join(words for bit, words in WORDS.items() if alarm & bit)


def value_in(table: bytes, register: Register) -> int:
    """A register in a control table that was read from its start."""
    return register.within(table, start=0)


def firmware_in(table: bytes) -> str:
    """Version of the motor, as its maker writes it."""
    return f"{value_in(table, reg.FIRMWARE_MAJOR)}.{value_in(table, reg.FIRMWARE_MINOR)}"


def _sensed(packet: Packet, register: Register) -> int:
    return register.within(packet.body, start=reg.TELEMETRY_START)


def _numbers(packets: Sequence[Packet], register: Register, unit: float) -> F32:
    return frozen_f32(np.array([_sensed(p, register) for p in packets]) * unit)
