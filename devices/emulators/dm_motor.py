"""An emulated DM motor: its registers, its watchdog, its errors, what it answers on CAN.

Positions are rad as the motor counts. What it pushes is worked out by the body it is screwed to.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping

from devices.damiao import registers as reg
from devices.damiao.mit import (
    CLEAR_ERROR,
    DISABLE,
    DISABLED,
    ENABLE,
    ENABLED,
    REPLY_OFFSET,
    SILENCE,
    Feedback,
    Limits,
    Push,
    feedback_frame,
    push_of,
)
from devices.emulators.motor import AMBIENT_C, Motor

HOT_STATUS = (0xB, 0xC)
TOO_HOT_C, VERY_HOT_C = 100.0, 130.0
COOLING_S = 120.0
FACTORY: Mapping[int, float] = {reg.WATCHDOG.number: 8000, reg.MODE.number: reg.MIT_MODE}
ENDS = (reg.POSITION_END, reg.SPEED_END, reg.TORQUE_END)
IDLE = Push()


class DmMotor(Motor):
    """One motor on a CAN bus."""

    def __init__(self, id_: int, limits: Limits, *, actual: float = 0.0) -> None:
        super().__init__(actual)
        self._id = id_
        self.limits = limits
        self.status = DISABLED
        self.push = IDLE
        self._speed = self._torque = 0.0
        self._silent_s = 0.0
        self._registers: dict[int, bytes] = {}
        self.power_on()

    # ── on the bus ─────────────────────────────────────────────────────────────────────────

    def hear(self, can_id: int, data: bytes) -> tuple[int, bytes] | None:
        """What it answers to a frame, (id, data); None: it was not meant."""
        if self.mute or not self.wired:
            return None
        if can_id == reg.TO_ALL and len(data) == 8 and data[0] | data[1] << 8 == self._id:
            return self._about_registers(data)
        if can_id != self._id or len(data) != 8:
            return None
        self._silent_s = 0.0
        if data == ENABLE:
            self.status = ENABLED if self.status == DISABLED else self.status
        elif data == DISABLE:
            self.status, self.push = DISABLED, IDLE
        elif data == CLEAR_ERROR:
            self.status = self.status if self._is_too_hot else DISABLED
            self.push = IDLE
        elif self.status == ENABLED:
            self.push = push_of(data, self.limits)
        return self._feedback()

    def _about_registers(self, data: bytes) -> tuple[int, bytes] | None:
        act, number = data[2], data[3]
        if act == reg.ASK:
            return self._feedback()
        if number not in self._registers or act not in (reg.READ, reg.WRITE):
            return None
        if act == reg.WRITE:
            self._registers[number] = data[4:]
        return self._id + REPLY_OFFSET, data[:4] + self._registers[number]

    def _feedback(self) -> tuple[int, bytes]:
        warm = round(self._temperature_c)
        told = Feedback(self._id, self.status, self._actual, self._speed, self._torque, warm, warm)
        return self._id + REPLY_OFFSET, feedback_frame(told, self.limits)

    # ── what its body asks ─────────────────────────────────────────────────────────────────

    @property
    def told(self) -> Push:
        """What it does now: a motor that heard nothing for too long only damps."""
        if self.status == ENABLED:
            return self.push
        return Push(kd=self.push.kd) if self.status == SILENCE else IDLE

    def feel(self, *, actual: float, speed: float, torque: float, seconds: float) -> None:
        """What its sensors see now: rad, rad/s, Nm."""
        self._actual, self._speed, self._torque = actual, speed, torque
        self._temperature_c += (AMBIENT_C - self._temperature_c) * seconds / COOLING_S
        self._silent_s += seconds
        watchdog_s = (
            reg.unpack(reg.WATCHDOG, self._registers[reg.WATCHDOG.number]) / reg.TICKS_PER_S
        )
        if self.status == ENABLED and 0 < watchdog_s < self._silent_s:
            self.status = SILENCE

    @property
    def _is_too_hot(self) -> bool:
        return self._temperature_c > TOO_HOT_C

    # ── what every motor has ───────────────────────────────────────────────────────────────

    @property
    def id(self) -> int:
        return self._id

    @property
    def setpoint(self) -> float | None:
        return self.push.position_rad if self.status == ENABLED else None

    @property
    def strength(self) -> float:
        return float(self.status == ENABLED)

    def hears(self, baud: int | None) -> bool:
        return self.wired

    def power_on(self) -> None:
        self.mute = False
        self.status, self.push, self._silent_s = DISABLED, IDLE, 0.0
        self._registers = {n: struct.pack("<I", int(v)) for n, v in FACTORY.items()}
        ends = (self.limits.position_rad, self.limits.speed_rad_s, self.limits.torque_nm)
        for register, end in zip(ENDS, ends, strict=True):
            self._registers[register.number] = reg.pack(register, end)

    def imprint(self, address: int, data: bytes) -> None:
        self._registers[address] = data

    def complain(self, bits: int) -> None:
        self.status = bits
        if bits in HOT_STATUS:
            self._temperature_c = VERY_HOT_C

    def way(self) -> float:
        return self.push.position_rad - self._actual if self.status == ENABLED else 0.0

    def pace(self) -> tuple[float, float]:
        return self.limits.speed_rad_s, math.inf

    def protect(self, load: float, seconds: float) -> None:
        """Its own guards are not emulated; :meth:`complain` raises them."""

    def sense(self, speed: float) -> None:
        self._speed = speed
