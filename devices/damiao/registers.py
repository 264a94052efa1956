"""Registers of DM motors and the frames that read and write them. Pure functions; knows no bus.

All motors of a bus hear id 0x7FF; the one that is named answers on its reply id, with the first
four bytes of the request and the value behind them. What is written here is not stored: it is gone
with the power.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

TO_ALL = 0x7FF
READ, WRITE, ASK = 0x33, 0x55, 0xCC
MIT_MODE = 1
TICKS_PER_S = 20_000  # the watchdog counts 50 µs


@dataclass(frozen=True, slots=True)
class Register:
    """One value of a motor."""

    number: int
    name: str  # in words, for errors
    is_float: bool = False


WATCHDOG = Register(9, "watchdog time")  # TICKS_PER_S; 0: off
MODE = Register(10, "control mode")
POSITION_END = Register(21, "largest position", is_float=True)  # rad
SPEED_END = Register(22, "largest speed", is_float=True)  # rad/s
TORQUE_END = Register(23, "largest torque", is_float=True)  # Nm


def read_frame(motor: int, register: Register) -> bytes:
    """Asks a motor for a register."""
    return _head(motor, READ, register) + bytes(4)


def write_frame(motor: int, register: Register, value: float) -> bytes:
    """Sets a register of a motor until its power is switched."""
    return _head(motor, WRITE, register) + pack(register, value)


def ask_frame(motor: int) -> bytes:
    """Asks a motor where it stands without telling it anything; also a disabled one answers."""
    return bytes([motor & 0xFF, motor >> 8, ASK, 0]) + bytes(4)


def pack(register: Register, value: float) -> bytes:
    """Four bytes, little end first."""
    return struct.pack("<f", value) if register.is_float else struct.pack("<I", int(value))


def unpack(register: Register, data: bytes) -> float:
    """The reverse of :func:`pack`."""
    return struct.unpack("<f" if register.is_float else "<I", data)[0]


def _head(motor: int, act: int, register: Register) -> bytes:
    return bytes([motor & 0xFF, motor >> 8, act, register.number])
