"""Control table of Dynamixel's X series, and how its numbers are written.

Negative numbers are two's complement. Everything below :data:`EEPROM_END` outlives the power and
can be written only while the torque is off. Source: ROBOTIS e-Manual, control tables of XL330-M077,
XL330-M288 and XL430-W250; addresses and units stand at each line.
"""

from __future__ import annotations

from dataclasses import dataclass

STEPS = 4096  # per turn
BAUDS = {0: 9_600, 1: 57_600, 2: 115_200, 3: 1_000_000, 4: 2_000_000, 5: 3_000_000, 6: 4_000_000}
"""Baud index → bit/s."""


@dataclass(frozen=True, slots=True)
class Register:
    """One entry of the control table."""

    address: int
    size: int  # bytes: 1, 2 or 4
    signed: bool = False

    def encode(self, value: int) -> bytes:
        """The bytes to write.

        Raises:
            ValueError: the register cannot hold the value.
        """
        try:
            return value.to_bytes(self.size, "little", signed=self.signed)
        except OverflowError as error:
            raise ValueError(f"register {self.address} cannot hold {value}") from error

    def decode(self, data: bytes | bytearray) -> int:
        """The value of the bytes read, exactly as many as the register has."""
        return int.from_bytes(data, "little", signed=self.signed)

    def within(self, block: bytes, *, start: int) -> int:
        """The value in a block of the table that was read from address ``start`` on."""
        at = self.address - start
        return self.decode(block[at : at + self.size])


@dataclass(frozen=True, slots=True)
class Model:
    """What differs between the motors."""

    number: int
    name: str
    ampere_per_unit: float | None  # of what it measures; None: it tells its load, 0.1 %
    stall_a: float  # what it draws when it is held fast


XL330_M077 = Model(1190, "XL330-M077", 0.001, 1.47)
XL330_M288 = Model(1200, "XL330-M288", 0.001, 1.47)
XL430_W250 = Model(1060, "XL430-W250", None, 1.4)
XC330_T181 = Model(1210, "XC330-T181", 0.001, 1.8)
XC330_T288 = Model(1220, "XC330-T288", 0.001, 0.8)
XM430_W350 = Model(1020, "XM430-W350", 0.00269, 2.3)
MODELS = {
    model.number: model
    for model in (XL330_M077, XL330_M288, XL430_W250, XC330_T181, XC330_T288, XM430_W350)
}

# ── EEPROM ─────────────────────────────────────────────────────────────────────────────────────
MODEL = Register(0, 2)
FIRMWARE = Register(6, 1)
ID = Register(7, 1)
BAUD = Register(8, 1)  # index, see BAUDS
RETURN_DELAY = Register(9, 1)  # 2 µs
DRIVE_MODE = Register(10, 1)  # bit 0: counts the other way round
OPERATING_MODE = Register(11, 1)
HOMING_OFFSET = Register(20, 4, signed=True)  # step; present = actual + offset
MAX_TEMPERATURE = Register(31, 1)  # °C
MAX_VOLTAGE = Register(32, 2)  # 0.1 V
MIN_VOLTAGE = Register(34, 2)  # 0.1 V
PWM_LIMIT = Register(36, 2)  # 0.113 %
CURRENT_LIMIT = Register(38, 2)  # mA for XL330
MAX_POSITION = Register(48, 4)  # step; kept in position mode only
MIN_POSITION = Register(52, 4)  # step
SHUTDOWN = Register(63, 1)  # hardware errors that let go of the torque

# ── RAM ────────────────────────────────────────────────────────────────────────────────────────
TORQUE_ENABLE = Register(64, 1)
STATUS_LEVEL = Register(68, 1)  # 2: everything is answered
HARDWARE_ERROR = Register(70, 1)
POSITION_D = Register(80, 2)
POSITION_I = Register(82, 2)
POSITION_P = Register(84, 2)
GOAL_CURRENT = Register(102, 2, signed=True)  # mA for XL330; what mode 5 pushes with at most
PROFILE_ACCELERATION = Register(108, 4)  # 214.577 rev/min², 0: as fast as it can
PROFILE_VELOCITY = Register(112, 4)  # 0.229 rev/min, 0: as fast as it can
GOAL_POSITION = Register(116, 4, signed=True)  # step
MOVING = Register(122, 1)
PRESENT_CURRENT = Register(126, 2, signed=True)  # or load, see Model
PRESENT_VELOCITY = Register(128, 4, signed=True)  # 0.229 rev/min
PRESENT_POSITION = Register(132, 4, signed=True)  # step
PRESENT_VOLTAGE = Register(144, 2)  # 0.1 V
PRESENT_TEMPERATURE = Register(146, 1)  # °C

EEPROM_END = 64
POSITION, EXTENDED, CURRENT_BASED = 3, 4, 5  # operating modes
REVERSE = 0x01  # bit of DRIVE_MODE
STEP_S_PER_UNIT = 0.229 / 60 * STEPS  # of velocity

TELEMETRY_START = PRESENT_CURRENT.address
TELEMETRY_SIZE = PRESENT_TEMPERATURE.address + PRESENT_TEMPERATURE.size - TELEMETRY_START
"""One block with everything the motor measures: current to temperature, 21 bytes."""
SETTINGS_SIZE = GOAL_POSITION.address + GOAL_POSITION.size
"""Bytes from 0 with every setting."""

VOLTAGE_ERROR, HEAT_ERROR, ENCODER_ERROR = 0x01, 0x04, 0x08
SHOCK_ERROR, OVERLOAD_ERROR = 0x10, 0x20
"""Bits of HARDWARE_ERROR."""
