"""What every emulated motor does, whatever its registers: drive to a setpoint, warm up, hang limp.

Moves nothing itself: :mod:`devices.emulators.bodies` turns :attr:`Motor.setpoint` and
:attr:`Motor.strength` into motion. The encoder's own number is ``actual``; what a motor tells is
its table's business. Knows no table and no wire.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

AMBIENT_C = 26.0
HOT_C = 30.0  # rise at full load
WARM_UP_S = 90.0


class Motor(ABC):
    """One motor on a bus."""

    def __init__(self, actual: float) -> None:
        """A motor without torque.

        Args:
            actual: where its encoder stands, steps.
        """
        self.mute = False  # answers nothing until its power is switched
        self.wired = True  # False: it hangs on no cable
        self.stuck = False
        self.wakes_with_torque = False  # some firmware does
        self._actual = actual
        self._load = 0.0
        self._temperature_c = AMBIENT_C
        self._setpoint: float | None = None  # actual steps; None: torque off
        self._setpoint_speed = 0.0

    @property
    def setpoint(self) -> float | None:
        """Where its motor is driven to now, actual steps; None while it is limp."""
        return self._setpoint

    @property
    def goal(self) -> float:
        """Where it is told to go, actual steps, torque or not."""
        return self._actual + self.way()

    def advance(self, seconds: float) -> None:
        """Move the setpoint on towards the goal, as fast as the registers allow."""
        if self._setpoint is None or seconds <= 0:
            return
        top_speed, gain = self.pace()
        way = self.goal - self._setpoint
        speed = min(top_speed, abs(way) / seconds)
        if gain < math.inf:
            speed = min(speed, (2 * gain * abs(way)) ** 0.5, self._setpoint_speed + gain * seconds)
        self._setpoint_speed = speed
        self._setpoint += speed * seconds * (1 if way > 0 else -1)

    def measure(self, *, actual: float, speed: float, load: float, seconds: float) -> None:
        """What its sensors see now.

        Args:
            actual: encoder, steps; any turn.
            speed: step/s.
            load: of its full force, signed.
            seconds: since the last time.
        """
        self._actual, self._load = actual, load
        rise = (AMBIENT_C + HOT_C * load**2 - self._temperature_c) / WARM_UP_S
        self._temperature_c += rise * seconds
        self.protect(abs(load), seconds)
        self.sense(speed)

    def drive(self, *, on: bool) -> None:
        """Torque on where it stands, or off."""
        if on:
            self._setpoint = self._actual if self._setpoint is None else self._setpoint
        else:
            self._setpoint = None
        self._setpoint_speed = 0.0

    # ── what its table says ────────────────────────────────────────────────────────────────

    @property
    @abstractmethod
    def id(self) -> int: ...

    @property
    @abstractmethod
    def strength(self) -> float:
        """What its motor may push with, 0…1 of the most it can."""

    @abstractmethod
    def hears(self, baud: int | None) -> bool:
        """Whether what is sent at ``baud`` bit/s reaches it; None: at whatever it is set to."""

    @abstractmethod
    def power_on(self) -> None:
        """RAM as after switching on: what was not stored is gone."""

    @abstractmethod
    def imprint(self, address: int, data: bytes) -> None:
        """Bytes of the table as if they had been there all along."""

    @abstractmethod
    def complain(self, bits: int) -> None:
        """Raise these alarms, in the numbers of its maker; 0 takes them back."""

    @abstractmethod
    def way(self) -> float:
        """From where it stands to its goal, actual steps, signed."""

    @abstractmethod
    def pace(self) -> tuple[float, float]:
        """Top speed, step/s, and acceleration, step/s² (infinite: not felt)."""

    @abstractmethod
    def protect(self, load: float, seconds: float) -> None:
        """Raise alarms when it has pushed with ``load`` (0…1) for too long, or is too hot."""

    @abstractmethod
    def sense(self, speed: float) -> None:
        """Write what the sensors see into the table; ``speed`` in step/s."""
