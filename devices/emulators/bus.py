"""A wire with emulated motors: from bytes a driver sends to bytes it would get back.

Pure bytes in, pure bytes out; time and motion come from outside. Two motors of one id answer at
once and spoil each other's answer, as on a real half-duplex wire. Knows no maker's packets.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from devices.emulators.faults import FaultDice
from devices.emulators.motor import Motor
from devices.servos.packet import Dialect, Packet

M = TypeVar("M", bound=Motor)


class EmulatedBus(ABC, Generic[M]):
    """Motors on one wire."""

    def __init__(
        self, servos: Sequence[M], *, dialect: Dialect, dice: FaultDice | None = None
    ) -> None:
        self.servos = list(servos)
        self.dice = dice or FaultDice()
        self.requests = 0
        self._dialect = dialect
        self._baud: int | None = None
        self._received = bytearray()

    def feed(self, data: bytes, *, baud: int | None = None) -> list[bytes]:
        """Bytes from the driver → answers in the order they are sent.

        Args:
            data: what came in.
            baud: bit/s they were sent at: motors set to another speed hear nothing. None: all do.
        """
        self._baud = baud
        self._received += data
        seen = self._dialect.scan(self._received)
        del self._received[: seen.used]
        self.requests += len(seen.packets)
        answers = [a for request in seen.packets for a in self.answers(request)]
        return [a for a in map(self.dice.spoil, answers) if a]

    @abstractmethod
    def answers(self, request: Packet) -> Iterable[bytes]:
        """What the motors answer to a request, one after the other."""

    @abstractmethod
    def answer(self, servo: M, code: int, body: bytes) -> bytes | None:
        """What one motor answers to an instruction; None: nothing."""

    def told(self, motor: int, code: int, body: bytes) -> Iterable[bytes]:
        """What comes back when one id is told something."""
        asked = [servo for servo in self.listening() if servo.id == motor]
        answers = [self.answer(servo, code, body) for servo in asked]
        spoken = [answer for answer in answers if answer is not None]
        if spoken:
            yield _together(spoken)

    def listening(self) -> list[M]:
        """Motors that hear what is sent now."""
        return [servo for servo in self.servos if servo.hears(self._baud)]


def _together(answers: Sequence[bytes]) -> bytes:
    """All at once on one wire: a bit is high only where all of them say so, and skewed a little."""
    first, *others = answers
    for other in others:
        skewed = b"\xff" + other[:-1]
        first = bytes(a & b for a, b in zip(first, skewed, strict=False))
    return first
