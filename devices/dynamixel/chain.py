"""Dynamixels of the X series on one bus: what their registers say, and how they take settings.

Lasting registers can be written only without torque, a motor that shut itself down must be
rebooted, and whole turns are forgotten with the power; all three are dealt with when an arm is
connected. Everything that any chain of servos does is in :class:`ServoChain`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from devices.calibration.scale import Steps
from devices.calibration.types import ArmCalibration, MotorCalibration
from devices.dynamixel import registers as reg
from devices.dynamixel.bus import DynamixelBus
from devices.dynamixel.registers import STEPS, Model, Register
from devices.motor_errors import HoldsSettings, MotorShutDown
from devices.servos.chain import (
    TORQUE_OFF,
    UNHURRIED,
    ArmPort,
    Layout,
    ServoChain,
    Setting,
    value_in,
)
from devices.servos.packet import Packet
from recordings.types import F32, JointSpec, JointState, frozen_f32

WORDS = {
    reg.VOLTAGE_ERROR: "supply voltage",
    reg.HEAT_ERROR: "too hot",
    reg.ENCODER_ERROR: "position sensor",
    reg.SHOCK_ERROR: "electric shock",
    reg.OVERLOAD_ERROR: "overload",
}


class DynamixelChain(ServoChain):
    """Motors of the X series on one bus in joint order."""

    layout = Layout(
        table_size=reg.SETTINGS_SIZE,
        telemetry_start=reg.TELEMETRY_START,
        telemetry_size=reg.TELEMETRY_SIZE,
        model=reg.MODEL,
        offset=reg.HOMING_OFFSET,
        torque=reg.TORQUE_ENABLE,
        goal=reg.GOAL_POSITION,
        position=reg.PRESENT_POSITION,
        speed=reg.PRESENT_VELOCITY,
        voltage=reg.PRESENT_VOLTAGE,
        lowest=reg.MIN_POSITION,
        highest=reg.MAX_POSITION,
        offset_sign=-1,
        resting=4,  # 0.229 rev/min each: 5 °/s
    )

    def __init__(
        self,
        name: str,
        place: ArmPort,
        joints: Sequence[JointSpec],
        *,
        baud: int,
        models: Mapping[str, Sequence[Model]],
    ) -> None:
        """A chain that is not open.

        Args:
            name: of the arm, for errors.
            place: port and calibration.
            joints: of the robot description, in the order of the calibration.
            baud: bit/s.
            models: joint → models that its motor may be, the usual one first.
        """
        self.bus: DynamixelBus = DynamixelBus(name, place.port, baud=baud, patience=UNHURRIED)
        counted = replace(place, calibration=_as_counted(place.calibration))
        super().__init__(name, counted, joints, bus=self.bus)
        self._models = models
        self._units: tuple[float | None, ...] = ()  # ampere per unit, as found
        self._errors: dict[int, int] = {}  # id → hardware error of those that have one

    # ── connecting ─────────────────────────────────────────────────────────────────────────

    def prepare(self, tables: Mapping[int, bytes]) -> None:
        """Reboot motors that shut themselves down, and find out how many turns they have lost.

        Raises:
            MotorShutDown: one reports an error again at once.
            DeviceError: a motor did not answer or obey.
        """
        self._reboot({m: value_in(t, reg.HARDWARE_ERROR) for m, t in tables.items()})
        found = [reg.MODELS[value_in(tables[motor], reg.MODEL)] for motor in self.motors]
        self._units = tuple(model.ampere_per_unit for model in found)
        self.shift = np.zeros(len(self.motors), dtype=np.int64)
        self.shift = self.turns(np.array(self.values(reg.PRESENT_POSITION), dtype=np.int64))

    def turns(self, positions: Steps) -> Steps:
        """(n,) steps, whole turns that the motors count from elsewhere than their calibration.

        After switching on, a motor begins within one turn; a joint stands in its range, so the turn
        is taken that is nearest to the middle of it.
        """
        return np.rint((positions - self.middles) / STEPS).astype(np.int64) * STEPS

    def _reboot(self, errors: Mapping[int, int]) -> None:
        down = [motor for motor, error in errors.items() if error]
        for motor in down:
            self.bus.reboot(motor)
        for motor in down:
            error = self.bus.read(motor, reg.HARDWARE_ERROR)
            if error:
                raise MotorShutDown(self.name, joint=self.joint_of(motor), reason=in_words(error))

    def numbers(self, motor: MotorCalibration) -> tuple[Setting, ...]:
        """What a calibration stores in a motor; which way it counts comes first."""
        return (Setting("drive mode", reg.DRIVE_MODE, motor.drive_mode), *super().numbers(motor))

    def give(self, motor: int, settings: Sequence[Setting]) -> None:
        """Write settings; lasting ones are taken only without torque, which is not taken away.

        Raises:
            HoldsSettings: it would have to let go first, and the arm would fall.
            WriteFailed: it refused, or did not acknowledge.
        """
        lasting = [s for s in settings if s.register.address < reg.EEPROM_END]
        if lasting and self.bus.read(motor, reg.TORQUE_ENABLE) != TORQUE_OFF:
            raise HoldsSettings(
                self.name, joint=self.joint_of(motor), settings=tuple(s.name for s in lasting)
            )
        for setting in settings:
            self.bus.write(motor, setting.register, setting.value)

    def models(self, joint: str) -> tuple[int, ...]:
        return tuple(model.number for model in self._models[joint])

    def firmware(self, table: bytes) -> str:
        return str(value_in(table, reg.FIRMWARE))

    # ── reading ────────────────────────────────────────────────────────────────────────────

    def sensed(self, packets: Sequence[Packet], *, t_ns: int) -> JointState:
        self._look_at_errors(packets)
        raw = np.array([_sensed(p, reg.PRESENT_CURRENT) for p in packets], dtype=np.float64)
        return JointState(
            q=self.q_at([_sensed(p, reg.PRESENT_POSITION) for p in packets]),
            t_ns=t_ns,
            temperature_c=_numbers(packets, reg.PRESENT_TEMPERATURE, 1.0),
            current_a=self._amperes(raw),
            voltage_v=_numbers(packets, reg.PRESENT_VOLTAGE, 0.1),
            alarms={self.joint_of(motor): in_words(e) for motor, e in self._errors.items()},
        )

    def _look_at_errors(self, packets: Sequence[Packet]) -> None:
        """A status only says that there is an error; which one stands in a register."""
        alerted = [packet.motor for packet in packets if packet.alarm]
        self._errors = {m: e for m, e in self._errors.items() if m in alerted}
        fresh = [motor for motor in alerted if motor not in self._errors]
        if fresh:
            register = reg.HARDWARE_ERROR
            answers = self.bus.sync_read(fresh, register.address, register.size)
            found = {m: register.decode(p.body) for m, p in answers.packets.items()}
            self._errors |= {motor: error for motor, error in found.items() if error}

    def _amperes(self, raw: np.ndarray) -> F32 | None:
        """(n,) A; None when some motor tells a load instead."""
        if any(unit is None for unit in self._units):
            return None
        return frozen_f32(raw * np.array(self._units, dtype=np.float64))


def in_words(error: int) -> str:
    """What a motor complains about."""
    return ", ".join(words for bit, words in WORDS.items() if error & bit) or f"error {error}"


def _as_counted(calibration: ArmCalibration) -> ArmCalibration:
    """The drive mode turns the count round inside the motor, so nothing is to be turned here."""
    joints = {name: replace(motor, drive_mode=0) for name, motor in calibration.joints.items()}
    return replace(calibration, joints=joints)


def _sensed(packet: Packet, register: Register) -> int:
    return register.within(packet.body, start=reg.TELEMETRY_START)


def _numbers(packets: Sequence[Packet], register: Register, unit: float) -> F32:
    return frozen_f32(np.array([_sensed(p, register) for p in packets]) * unit)
