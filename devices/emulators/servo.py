"""One emulated STS3215: its control table, and what it does to a table when it is asked something.

Behaves like the real one where drivers get hurt: EEPROM writes are lost unless unlocked, RAM is
lost with the power, torque drives to whatever goal stands there, an overload weakens the motor
until its torque is switched off. Knows no wire.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

from devices.emulators.motor import Motor
from devices.feetech import registers as reg
from devices.feetech.packets import Alarm, Instruction
from devices.feetech.registers import STEPS, Register

TABLE_BYTES = 256
TOP_SPEED = 3400.0  # step/s without load at 7.4 V
SOFT_ACCELERATION = 254  # register value from which on the ramp is not felt
STALL_A = 2.4
VOLTAGE = 7.4
MOVING_STEP_S = 10  # faster than this it says that it moves
SENSORS = struct.Struct("<HHHBBBBBHH")  # registers 56 to 70 in one piece
FACTORY = {
    reg.FIRMWARE_MAJOR: 3, reg.FIRMWARE_MINOR: 10, reg.MODEL: reg.MODEL_NUMBER,
    reg.RETURN_DELAY: 250, reg.STATUS_LEVEL: 1, reg.MAX_ANGLE: STEPS - 1,
    reg.MAX_TEMPERATURE: 70, reg.MAX_VOLTAGE: 80, reg.MIN_VOLTAGE: 40, reg.MAX_TORQUE: 1000,
    reg.PHASE: 12, reg.PROTECTION: 44, reg.GAIN_P: 32, reg.GAIN_D: 32,
    reg.PROTECTION_CURRENT: 500, reg.PROTECTIVE_TORQUE: 20, reg.PROTECTION_TIME: 200,
    reg.OVERLOAD_TORQUE: 80,
}  # fmt: skip


@dataclass(slots=True)
class _Settings:
    """What motion needs of the table, decoded once per write instead of at every step."""

    goal: int = 0
    offset: int = 0
    low: int = 0
    high: int = STEPS - 1
    top_speed: float = TOP_SPEED
    ramp: int = 0
    torque_limit: float = 1.0
    protective_torque: float = 0.2
    overload: float = 0.8
    protection_s: float = 2.0
    hottest_c: int = 70
    baud: int = 1_000_000  # bit/s


class Servo(Motor):
    """One motor on the bus. The encoder's own number is ``actual``; what it tells has an offset."""

    def __init__(self, motor: int, *, model: int = reg.MODEL_NUMBER) -> None:
        """A servo as it comes from the factory, with this id, its power on."""
        super().__init__(float(STEPS // 2))
        self._table = bytearray(TABLE_BYTES)
        self._settings = _Settings()
        self._motor = motor
        for register, value in (FACTORY | {reg.ID: motor, reg.MODEL: model}).items():
            self._put(register, value)
        self._eeprom = bytes(self._table[: reg.EEPROM_END])
        self.alarm = Alarm.NONE
        self._pressed_s = 0.0
        self._staged: bytes | None = None
        self.power_on()

    # ── power ──────────────────────────────────────────────────────────────────────────────

    def power_on(self) -> None:
        """RAM as after switching on: what was not stored is gone."""
        self._table[:] = bytes(TABLE_BYTES)
        self._table[: reg.EEPROM_END] = self._eeprom
        self._put(reg.TORQUE_LIMIT, self._get(reg.MAX_TORQUE))
        self._put(reg.LOCK, 1)
        self._put(reg.MAX_ACCELERATION, SOFT_ACCELERATION)
        self.mute = False
        self.alarm = Alarm.NONE
        self._pressed_s = 0.0
        self._setpoint = None
        self._decode()
        if self.wakes_with_torque:
            self._put(reg.GOAL_POSITION, round(self._present()) % STEPS)
            self._decode()
            self._set_torque(reg.TORQUE_ON)

    def factory_set(self, register: Register, value: int) -> None:
        """Set a value as if it had been stored long ago."""
        self.imprint(register.address, register.encode(value))

    def imprint(self, address: int, data: bytes) -> None:
        """Bytes of the table as if they had been there all along."""
        self._table[address : address + len(data)] = data
        self._eeprom = bytes(self._table[: reg.EEPROM_END])
        self._decode()

    # ── the motor in it ────────────────────────────────────────────────────────────────────

    @property
    def id(self) -> int:
        return self._motor

    def hears(self, baud: int | None) -> bool:
        """Whether what is sent at ``baud`` bit/s reaches it; None: at whatever it is set to."""
        if self.mute or not self.wired:
            return False
        return baud is None or baud == self._settings.baud

    def complain(self, bits: int) -> None:
        self.alarm = Alarm(bits)

    @property
    def strength(self) -> float:
        """What its motor may push with, 0…1 of the most it can."""
        if self._setpoint is None:
            return 0.0
        weakened = self.alarm & (Alarm.OVERLOAD | Alarm.OVERHEAT)
        limit = self._settings.torque_limit
        return min(limit, self._settings.protective_torque) if weakened else limit

    def way(self) -> float:
        return self._goal() - self._present()

    def pace(self) -> tuple[float, float]:
        ramp = self._settings.ramp
        felt = 0 < ramp < SOFT_ACCELERATION
        return self._settings.top_speed, 100.0 * ramp if felt else math.inf

    def sense(self, speed: float) -> None:
        load = self._load
        SENSORS.pack_into(
            self._table,
            reg.PRESENT_POSITION.address,
            round(self._present()) % STEPS,
            _signed(speed, reg.PRESENT_SPEED),
            _signed(1000 * load, reg.PRESENT_LOAD),
            round(VOLTAGE * 10),
            round(self._temperature_c),
            0,
            self.alarm,
            abs(speed) > MOVING_STEP_S,
            0,
            round(STALL_A * abs(load) / reg.AMPERE_PER_UNIT),
        )

    def protect(self, load: float, seconds: float) -> None:
        """Overload: pressing hard for too long weakens the motor until its torque is switched."""
        pressing = load >= self._settings.overload and self._setpoint is not None
        self._pressed_s = self._pressed_s + seconds if pressing else 0.0
        if self._pressed_s > self._settings.protection_s:
            self.alarm |= Alarm.OVERLOAD
        if self._temperature_c > self._settings.hottest_c:
            self.alarm |= Alarm.OVERHEAT

    def _present(self) -> float:
        return (self._actual - self._settings.offset) % STEPS

    def _goal(self) -> float:
        told = self._settings
        if told.low == told.high == 0:
            return told.goal
        return min(max(told.goal, told.low), told.high)

    def _decode(self) -> None:
        self._motor = self._get(reg.ID)
        self._settings = _Settings(
            goal=self._get(reg.GOAL_POSITION),
            offset=self._get(reg.HOMING_OFFSET),
            low=self._get(reg.MIN_ANGLE),
            high=self._get(reg.MAX_ANGLE),
            top_speed=float(abs(self._get(reg.GOAL_SPEED))) or TOP_SPEED,
            ramp=self._get(reg.ACCELERATION),
            torque_limit=self._get(reg.TORQUE_LIMIT) / 1000,
            protective_torque=self._get(reg.PROTECTIVE_TORQUE) / 100,
            overload=self._get(reg.OVERLOAD_TORQUE) / 100,
            protection_s=self._get(reg.PROTECTION_TIME) / 100,
            hottest_c=self._get(reg.MAX_TEMPERATURE),
            baud=reg.SAFE_BAUDS.get(self._get(reg.BAUD), 0),
        )

    # ── what it is asked ───────────────────────────────────────────────────────────────────

    def execute(self, instruction: int, body: bytes) -> bytes | None:
        """Do what a packet says; the data of its answer, None when it does not answer that."""
        match instruction:
            case Instruction.PING:
                return b""
            case Instruction.READ if len(body) == 2:
                return self.read(body[0], body[1])
            case Instruction.WRITE:
                self.store(body[0], body[1:])
            case Instruction.REG_WRITE:
                self._staged = body
            case Instruction.ACTION:
                staged, self._staged = self._staged, None
                if staged:
                    self.store(staged[0], staged[1:])
                return None
            case _:
                return None
        return b"" if self._get(reg.STATUS_LEVEL) else None

    def read(self, address: int, size: int) -> bytes:
        return bytes(self._table[address : address + size]).ljust(size, b"\0")

    def store(self, address: int, data: bytes) -> None:
        """Write into the table; EEPROM keeps it only while unlocked."""
        self._table[address : address + len(data)] = data
        del self._table[TABLE_BYTES:]
        touched = range(address, address + len(data))
        if address < reg.EEPROM_END and not self._get(reg.LOCK):
            kept = bytearray(self._eeprom)
            stop = min(address + len(data), reg.EEPROM_END)
            kept[address:stop] = self._table[address:stop]
            self._eeprom = bytes(kept)
        if touched.start < reg.TELEMETRY_START:
            self._decode()
        if reg.TORQUE_ENABLE.address in touched:
            self._set_torque(self._get(reg.TORQUE_ENABLE))

    def _set_torque(self, value: int) -> None:
        if value == reg.CENTRE_HERE:
            offset = round(self._actual) % STEPS - STEPS // 2
            self._put(reg.HOMING_OFFSET, max(offset, -reg.HOMING_OFFSET.limit))
            self._eeprom = bytes(self._table[: reg.EEPROM_END])
            self._decode()
            value = reg.TORQUE_OFF
        self._put(reg.TORQUE_ENABLE, value)
        self.drive(on=value == reg.TORQUE_ON)
        self._pressed_s = 0.0
        if value != reg.TORQUE_ON:
            self.alarm &= ~(Alarm.OVERLOAD | Alarm.OVERCURRENT)

    def _get(self, register: Register) -> int:
        return register.decode(
            bytes(self._table[register.address : register.address + register.size])
        )

    def _put(self, register: Register, value: int) -> None:
        self._table[register.address : register.address + register.size] = register.encode(value)


def _signed(value: float, register: Register) -> int:
    """Sign and magnitude of a register, as large as it can hold."""
    limit = register.limit
    return int.from_bytes(register.encode(max(-limit, min(limit, round(value)))), "little")
