"""The trigger board of a teaching handle on the CAN bus of its arm. Pure functions; knows no bus.

It answers a report request with the angle of the trigger (1/4096 turn) and two buttons.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

REQUEST, REPORT = 0x50E, 0x50F  # CAN ids
ANY = 0xFF  # any board
SET_RATE, GIVE_REPORT, VERSION = 0x01, 0x02, 0x03
PULLED_RAD = 0.7  # the trigger's way
_PER_TURN = 4096
_REPORT = struct.Struct(">BhhB")


@dataclass(frozen=True, slots=True)
class HandleReport:
    """What the board measures."""

    board: int
    position: int  # 1/4096 turn
    speed: int
    inputs: int  # bit 0: the upper button, bit 1: the lower one

    @property
    def opening(self) -> float:
        """What the gripper should do: 1 open, trigger not touched; 0 closed, pulled."""
        angle = min(abs(self.position * 2 * math.pi / _PER_TURN), PULLED_RAD)
        return 1.0 - angle / PULLED_RAD


def quiet_request() -> bytes:
    """Only answer when asked."""
    return bytes([ANY, SET_RATE, 0])


def report_request() -> bytes:
    return bytes([ANY, GIVE_REPORT])


def report_of(data: bytes) -> HandleReport:
    """What six bytes of the board mean.

    Raises:
        ValueError: they are not six.
    """
    if len(data) != _REPORT.size:
        raise ValueError(f"a handle's report has 6 bytes, got {len(data)}: {data.hex(' ')}")
    return HandleReport(*_REPORT.unpack(data))


def report_frame(report: HandleReport) -> bytes:
    """The reverse of :func:`report_of`, for emulated handles."""
    return _REPORT.pack(report.board, report.position, report.speed, report.inputs)


def position_of(opening: float) -> int:
    """Where the trigger stands for an opening, for emulated handles."""
    return round((1.0 - opening) * PULLED_RAD * _PER_TURN / (2 * math.pi))
