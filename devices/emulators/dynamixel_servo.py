"""One emulated Dynamixel of the X series: its control table, and what it does when it is asked.

Behaves like the real one where drivers get hurt: lasting registers are refused while the torque is
on, a hardware error lets go of the torque until it is rebooted and shows in every status, goals
beyond the limits are refused in position mode, turns are forgotten with the power, and torque
drives to whatever goal stands there. Knows no wire.
"""

from __future__ import annotations

import math
import struct

from devices.dynamixel import registers as reg
from devices.dynamixel.packets import ALERT, Instruction
from devices.dynamixel.registers import STEPS, Model, Register
from devices.emulators.motor import Motor

TABLE_BYTES = 256
TOP_SPEEDS = {  # step/s without load
    reg.XL330_M077.number: 26_100.0,
    reg.XL330_M288.number: 7_030.0,
    reg.XL430_W250.number: 3_890.0,
}
FIRMWARES = {reg.XL430_W250.number: 45}
FIRMWARE = 46  # of the others
VOLTAGE = 5.0
OVERLOADED = 0.95  # of its full force
OVERLOAD_S = 2.5
FULL_PWM = 885
MOVING_STEP_S = 20
UNIT_STEP_S2 = 214.577 / 3600 * STEPS  # of PROFILE_ACCELERATION
RESULT_FAIL, WRONG_INSTRUCTION, OUT_OF_RANGE, WRONG_LENGTH, BEYOND_LIMIT, NO_ACCESS = (
    1,
    2,
    4,
    5,
    6,
    7,
)
FACTORY = {
    reg.BAUD: 1, reg.RETURN_DELAY: 250, reg.OPERATING_MODE: reg.POSITION, reg.MAX_TEMPERATURE: 70,
    reg.MAX_VOLTAGE: 70, reg.MIN_VOLTAGE: 35, reg.PWM_LIMIT: FULL_PWM, reg.CURRENT_LIMIT: 1750,
    reg.MAX_POSITION: STEPS - 1, reg.SHUTDOWN: 0x35,
}  # fmt: skip
AT_POWER_ON = {reg.STATUS_LEVEL: 2, reg.POSITION_P: 800}
SENSORS = struct.Struct("<hii")  # registers 126 to 135 in one piece


class DynamixelServo(Motor):
    """One motor on the bus; ``present = ± actual + homing offset``."""

    def __init__(self, motor: int, model: Model, *, baud: int = 1_000_000) -> None:
        """A motor with this id at this speed, everything else as it comes from the factory."""
        super().__init__(float(STEPS // 2))
        self._model = model
        self._table = bytearray(TABLE_BYTES)
        index = next(i for i, known in reg.BAUDS.items() if known == baud)
        firmware = FIRMWARES.get(model.number, FIRMWARE)
        own = {reg.MODEL: model.number, reg.FIRMWARE: firmware, reg.ID: motor, reg.BAUD: index}
        for register, value in (FACTORY | own).items():
            self._put(register, value)
        self._turns = 0  # whole turns of the encoder that it has forgotten with its power
        self._pressed_s = 0.0
        self._staged: bytes | None = None
        self.power_on()

    # ── power ──────────────────────────────────────────────────────────────────────────────

    def power_on(self) -> None:
        """RAM as after switching on; also what a reboot does."""
        self._table[reg.EEPROM_END :] = bytes(TABLE_BYTES - reg.EEPROM_END)
        for register, value in AT_POWER_ON.items():
            self._put(register, value)
        self._put(reg.GOAL_CURRENT, self._get(reg.CURRENT_LIMIT))
        self.mute = False
        self._turns = math.floor(self._actual / STEPS)
        self._pressed_s = 0.0
        self._setpoint = None
        if self.wakes_with_torque:  # of another program; real ones come limp
            self._put(reg.GOAL_POSITION, round(self._present()))
            self._set_torque(on=True)

    def factory_set(self, register: Register, value: int) -> None:
        """Set a value as if it had been stored long ago."""
        self._put(register, value)

    def imprint(self, address: int, data: bytes) -> None:
        self._table[address : address + len(data)] = data

    def complain(self, bits: int) -> None:
        """Hardware errors; those that shut it down take its torque."""
        self._put(reg.HARDWARE_ERROR, bits)
        if bits & self._get(reg.SHUTDOWN):
            self._set_torque(on=False)

    # ── the motor in it ────────────────────────────────────────────────────────────────────

    @property
    def id(self) -> int:
        return self._get(reg.ID)

    @property
    def error(self) -> int:
        """What every status begins with: whether there is a hardware error."""
        return ALERT if self._get(reg.HARDWARE_ERROR) else 0

    def hears(self, baud: int | None) -> bool:
        if self.mute or not self.wired:
            return False
        return baud is None or baud == reg.BAUDS.get(self._get(reg.BAUD))

    @property
    def strength(self) -> float:
        if self._setpoint is None:
            return 0.0
        limit = self._get(reg.PWM_LIMIT) / FULL_PWM
        if self._get(reg.OPERATING_MODE) != reg.CURRENT_BASED:
            return min(1.0, limit)
        amperes = abs(self._get(reg.GOAL_CURRENT)) * (self._model.ampere_per_unit or 0.001)
        return min(1.0, limit, amperes / self._model.stall_a)

    def way(self) -> float:
        return (self._get(reg.GOAL_POSITION) - self._present()) * self._direction

    def pace(self) -> tuple[float, float]:
        velocity, acceleration = (
            self._get(reg.PROFILE_VELOCITY),
            self._get(reg.PROFILE_ACCELERATION),
        )
        top = velocity * reg.STEP_S_PER_UNIT or TOP_SPEEDS.get(self._model.number, 4000.0)
        return top, acceleration * UNIT_STEP_S2 or math.inf

    def protect(self, load: float, seconds: float) -> None:
        pressing = load >= OVERLOADED and self._setpoint is not None
        self._pressed_s = self._pressed_s + seconds if pressing else 0.0
        error = self._get(reg.HARDWARE_ERROR)
        if self._pressed_s > OVERLOAD_S:
            error |= reg.OVERLOAD_ERROR
        if self._temperature_c > self._get(reg.MAX_TEMPERATURE):
            error |= reg.HEAT_ERROR
        if error != self._get(reg.HARDWARE_ERROR):
            self.complain(error)

    def sense(self, speed: float) -> None:
        unit = self._model.ampere_per_unit
        load = self._load * self._direction
        felt = round(1000 * load) if unit is None else round(self._model.stall_a * load / unit)
        velocity = round(speed * self._direction / reg.STEP_S_PER_UNIT)
        start = reg.PRESENT_CURRENT.address
        SENSORS.pack_into(self._table, start, felt, velocity, round(self._present()))
        self._put(reg.MOVING, int(abs(speed) > MOVING_STEP_S))
        self._put(reg.PRESENT_VOLTAGE, round(10 * VOLTAGE))
        self._put(reg.PRESENT_TEMPERATURE, round(self._temperature_c))

    @property
    def _direction(self) -> int:
        return -1 if self._get(reg.DRIVE_MODE) & reg.REVERSE else 1

    def _present(self) -> float:
        counted = self._actual - self._turns * STEPS
        return self._direction * counted + self._get(reg.HOMING_OFFSET)

    # ── what it is asked ───────────────────────────────────────────────────────────────────

    def execute(self, instruction: int, body: bytes) -> tuple[int, bytes] | None:
        """Do what a packet says; error number and data of its answer, None: it is not answered."""
        level = self._get(reg.STATUS_LEVEL)
        match instruction:
            case Instruction.PING:
                return 0, bytes(self._table[:2]) + bytes((self._get(reg.FIRMWARE),))
            case Instruction.READ if len(body) == 4:
                address, size = struct.unpack("<HH", body)
                return (0, self.read(address, size)) if level else None
            case Instruction.WRITE if len(body) > 2:
                error = self.store(int.from_bytes(body[:2], "little"), body[2:])
            case Instruction.REG_WRITE if len(body) > 2:
                self._staged, error = body, 0
            case Instruction.ACTION:
                staged, self._staged = self._staged, None
                if staged:
                    self.store(int.from_bytes(staged[:2], "little"), staged[2:])
                return None
            case Instruction.REBOOT:
                self.power_on()
                error = 0
            case _:
                error = WRONG_INSTRUCTION
        return (error, b"") if level == 2 else None

    def read(self, address: int, size: int) -> bytes:
        return bytes(self._table[address : address + size]).ljust(size, b"\0")

    def store(self, address: int, data: bytes) -> int:
        """Write into the table; the number of the error, 0 when it was taken."""
        if address + len(data) > TABLE_BYTES:
            return OUT_OF_RANGE
        if address < reg.EEPROM_END and self._setpoint is not None:
            return NO_ACCESS
        if address == reg.GOAL_POSITION.address and self._beyond(data):
            return BEYOND_LIMIT
        if address == reg.TORQUE_ENABLE.address:
            if data[0] and self._get(reg.HARDWARE_ERROR) & self._get(reg.SHUTDOWN):
                return RESULT_FAIL
            self._set_torque(on=bool(data[0]))
            return 0
        self._table[address : address + len(data)] = data
        return 0

    def _beyond(self, data: bytes) -> bool:
        if len(data) != reg.GOAL_POSITION.size or self._get(reg.OPERATING_MODE) != reg.POSITION:
            return False
        goal = reg.GOAL_POSITION.decode(data)
        return not self._get(reg.MIN_POSITION) <= goal <= self._get(reg.MAX_POSITION)

    def _set_torque(self, *, on: bool) -> None:
        self._put(reg.TORQUE_ENABLE, int(on))
        self.drive(on=on)
        self._pressed_s = 0.0

    def _get(self, register: Register) -> int:
        return register.decode(self._table[register.address : register.address + register.size])

    def _put(self, register: Register, value: int) -> None:
        self._table[register.address : register.address + register.size] = register.encode(value)
