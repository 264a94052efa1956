"""Control table of the STS3215 servo, and how its numbers are written.

Negative numbers are sign and magnitude: the sign has a bit of its own, which bit depends on the
register. This is not two's complement. Source: Feetech memory table V3.6 for the STS3215; addresses
and units stand at each line. EEPROM survives power-off only when it was written with ``LOCK`` 0.
"""

from __future__ import annotations

from dataclasses import dataclass

MODEL_NUMBER = 777  # of every STS3215, whatever its gear and voltage
STEPS = 4096  # per turn
SAFE_BAUDS = {0: 1_000_000, 1: 500_000, 2: 250_000, 3: 128_000, 4: 115_200}
"""Baud index → bit/s as far as all tables agree; 5 to 7 differ between them."""


@dataclass(frozen=True, slots=True)
class Register:
    """One entry of the control table."""

    address: int
    size: int  # bytes, 1 or 2
    sign_bit: int | None = None  # None: never negative

    @property
    def limit(self) -> int:
        """Largest magnitude it can hold."""
        return (1 << (8 * self.size if self.sign_bit is None else self.sign_bit)) - 1

    def encode(self, value: int) -> bytes:
        """The bytes to write.

        Raises:
            ValueError: the register cannot hold the value.
        """
        low = 0 if self.sign_bit is None else -self.limit
        if not low <= value <= self.limit:
            raise ValueError(f"register {self.address} holds {low} to {self.limit}, not {value}")
        raw = value if value >= 0 else -value | (1 << (self.sign_bit or 0))
        return raw.to_bytes(self.size, "little")

    def decode(self, data: bytes) -> int:
        """The value of the bytes read, exactly as many as the register has."""
        raw = int.from_bytes(data, "little")
        if self.sign_bit is None:
            return raw
        magnitude = raw & self.limit
        return -magnitude if raw >> self.sign_bit & 1 else magnitude

    def within(self, block: bytes, *, start: int) -> int:
        """The value in a block of the table that was read from address ``start`` on."""
        at = self.address - start
        return self.decode(block[at : at + self.size])


# ── EEPROM ─────────────────────────────────────────────────────────────────────────────────────
FIRMWARE_MAJOR = Register(0, 1)
FIRMWARE_MINOR = Register(1, 1)
MODEL = Register(3, 2)
ID = Register(5, 1)
BAUD = Register(6, 1)  # index, see SAFE_BAUDS
RETURN_DELAY = Register(7, 1)  # 2 µs
STATUS_LEVEL = Register(8, 1)  # 0: only PING and READ are answered
MIN_ANGLE = Register(9, 2)  # step; goals are clamped to it
MAX_ANGLE = Register(11, 2)  # step
MAX_TEMPERATURE = Register(13, 1)  # °C
MAX_VOLTAGE = Register(14, 1)  # 0.1 V
MIN_VOLTAGE = Register(15, 1)  # 0.1 V
MAX_TORQUE = Register(16, 2)  # 0.1 %, copied to TORQUE_LIMIT at power-up
PHASE = Register(18, 1)  # bit 4: feedback over several turns
PROTECTION = Register(19, 1)  # alarms that let go of the torque
GAIN_P = Register(21, 1)
GAIN_D = Register(22, 1)
GAIN_I = Register(23, 1)
PROTECTION_CURRENT = Register(28, 2)  # 6.5 mA
HOMING_OFFSET = Register(31, 2, sign_bit=11)  # step; present = actual − offset
MODE = Register(33, 1)  # 0 position, 1 speed, 2 PWM, 3 step
PROTECTIVE_TORQUE = Register(34, 1)  # %, after an overload
PROTECTION_TIME = Register(35, 1)  # 10 ms
OVERLOAD_TORQUE = Register(36, 1)  # %

# ── RAM ────────────────────────────────────────────────────────────────────────────────────────
TORQUE_ENABLE = Register(40, 1)  # 0 free, 1 on, 2 damped, 128 makes the present position 2048
ACCELERATION = Register(41, 1)  # 100 step/s², 0 = as fast as it can
GOAL_POSITION = Register(42, 2, sign_bit=15)  # step
GOAL_TIME = Register(44, 2, sign_bit=10)
GOAL_SPEED = Register(46, 2, sign_bit=15)  # step/s, 0 = as fast as it can
TORQUE_LIMIT = Register(48, 2)  # 0.1 %
LOCK = Register(55, 1)  # 0: EEPROM writes are stored
PRESENT_POSITION = Register(56, 2, sign_bit=15)  # step
PRESENT_SPEED = Register(58, 2, sign_bit=15)  # step/s
PRESENT_LOAD = Register(60, 2, sign_bit=10)  # 0.1 % of full PWM
PRESENT_VOLTAGE = Register(62, 1)  # 0.1 V
PRESENT_TEMPERATURE = Register(63, 1)  # °C
STATUS = Register(65, 1)  # the error byte
MOVING = Register(66, 1)
PRESENT_CURRENT = Register(69, 2, sign_bit=15)  # 6.5 mA
MAX_ACCELERATION = Register(85, 1)  # 100 step/s²

EEPROM_END = 40  # addresses below are EEPROM
MULTI_TURN = 0x10  # bit of PHASE
AMPERE_PER_UNIT = 0.0065
TORQUE_OFF, TORQUE_ON, CENTRE_HERE = 0, 1, 128

TELEMETRY_START = PRESENT_POSITION.address
TELEMETRY_SIZE = PRESENT_CURRENT.address + PRESENT_CURRENT.size - TELEMETRY_START
"""One block with everything the motor measures: position to current, 15 bytes."""
