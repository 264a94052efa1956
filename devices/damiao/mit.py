"""Frames of DM motors in MIT mode: what a motor is told and what it tells, as bytes.

A motor computes ``torque = kp (p_des − p) + kd (v_des − v) + torque_ff`` and answers every frame
with where it stands. Numbers are mapped linearly onto 12 or 16 bits between the limits that are
stored in the motor (truncated, as its firmware does). Pure functions; knows no bus.

Source: the maker's MIT-mode protocol of DM-J43xx motors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

KP_MAX, KD_MAX = 500.0, 5.0  # Nm/rad, Nm s/rad
REPLY_OFFSET = 0x10  # a motor of id n answers on n + 0x10
ENABLE = b"\xff" * 7 + b"\xfc"
DISABLE = b"\xff" * 7 + b"\xfd"
CLEAR_ERROR = b"\xff" * 7 + b"\xfb"

DISABLED, ENABLED, SILENCE = 0x0, 0x1, 0xD
COMPLAINTS: Mapping[int, str] = {
    0x8: "supply voltage too high",
    0x9: "supply voltage too low",
    0xA: "current too high",
    0xB: "its driver is too hot",
    0xC: "its coil is too hot",
    SILENCE: "it heard nothing for too long",
    0xE: "overloaded",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Ends of the scales, as stored in the motor: ± these."""

    position_rad: float
    speed_rad_s: float
    torque_nm: float


@dataclass(frozen=True, slots=True)
class Push:
    """What one motor is told."""

    position_rad: float = 0.0
    speed_rad_s: float = 0.0
    kp: float = 0.0  # Nm/rad
    kd: float = 0.0  # Nm s/rad
    torque_nm: float = 0.0


@dataclass(frozen=True, slots=True)
class Feedback:
    """What one motor tells."""

    motor: int  # lowest four bits of its id
    status: int
    position_rad: float
    speed_rad_s: float
    torque_nm: float
    driver_c: int
    coil_c: int

    @property
    def is_enabled(self) -> bool:
        return self.status == ENABLED

    @property
    def complaint(self) -> str:
        """Why it has switched itself off, "" it has not."""
        if self.status in (DISABLED, ENABLED):
            return ""
        return COMPLAINTS.get(self.status, f"unknown error {self.status:X}")


def push_frame(push: Push, limits: Limits) -> bytes:
    """Eight bytes that tell a motor what to do; what is beyond a scale is clipped to its end."""
    p = _pack(push.position_rad, limits.position_rad, 16)
    v = _pack(push.speed_rad_s, limits.speed_rad_s, 12)
    t = _pack(push.torque_nm, limits.torque_nm, 12)
    kp = _pack_from(push.kp, 0.0, KP_MAX, 12)
    kd = _pack_from(push.kd, 0.0, KD_MAX, 12)
    whole = p << 48 | v << 36 | kp << 24 | kd << 12 | t
    return whole.to_bytes(8, "big")


def feedback_of(data: bytes, limits: Limits) -> Feedback:
    """What eight bytes of a motor mean.

    Raises:
        ValueError: they are not eight.
    """
    if len(data) != 8:
        raise ValueError(f"a feedback frame has 8 bytes, got {len(data)}: {data.hex(' ')}")
    p, v = data[1] << 8 | data[2], data[3] << 4 | data[4] >> 4
    t = (data[4] & 0xF) << 8 | data[5]
    return Feedback(
        motor=data[0] & 0xF,
        status=data[0] >> 4,
        position_rad=_unpack(p, limits.position_rad, 16),
        speed_rad_s=_unpack(v, limits.speed_rad_s, 12),
        torque_nm=_unpack(t, limits.torque_nm, 12),
        driver_c=data[6],
        coil_c=data[7],
    )


def feedback_frame(told: Feedback, limits: Limits) -> bytes:
    """The reverse of :func:`feedback_of`, for emulated motors."""
    p = _pack(told.position_rad, limits.position_rad, 16)
    v = _pack(told.speed_rad_s, limits.speed_rad_s, 12)
    t = _pack(told.torque_nm, limits.torque_nm, 12)
    head = bytes([told.status << 4 | told.motor & 0xF])
    return head + (p << 24 | v << 12 | t).to_bytes(5, "big") + bytes([told.driver_c, told.coil_c])


def push_of(data: bytes, limits: Limits) -> Push:
    """The reverse of :func:`push_frame`, for emulated motors."""
    whole = int.from_bytes(data, "big")
    return Push(
        position_rad=_unpack(whole >> 48, limits.position_rad, 16),
        speed_rad_s=_unpack(whole >> 36 & 0xFFF, limits.speed_rad_s, 12),
        kp=(whole >> 24 & 0xFFF) * KP_MAX / 0xFFF,
        kd=(whole >> 12 & 0xFFF) * KD_MAX / 0xFFF,
        torque_nm=_unpack(whole & 0xFFF, limits.torque_nm, 12),
    )


def _pack(value: float, end: float, bits: int) -> int:
    return _pack_from(value, -end, end, bits)


def _pack_from(value: float, low: float, high: float, bits: int) -> int:
    clipped = min(max(value, low), high)
    return int((clipped - low) * ((1 << bits) - 1) / (high - low))


def _unpack(number: int, end: float, bits: int) -> float:
    return number * 2 * end / ((1 << bits) - 1) - end
