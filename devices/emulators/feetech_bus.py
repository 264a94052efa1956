"""A chain of emulated Feetech servos: from bytes a driver sends to bytes it would get back.

Pure bytes in, pure bytes out; time and motion come from outside. Two servos of one id answer at
once and spoil each other's answer, as on a real half-duplex wire.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from devices.emulators.faults import FaultDice
from devices.emulators.servo import Servo
from devices.feetech import packets
from devices.feetech.packets import BROADCAST, Instruction, Packet


class FeetechBus:
    """Servos on one wire."""

    def __init__(self, servos: Sequence[Servo], *, dice: FaultDice | None = None) -> None:
        self.servos = list(servos)
        self.dice = dice or FaultDice()
        self.requests = 0
        self._baud: int | None = None
        self._received = bytearray()

    def feed(self, data: bytes, *, baud: int | None = None) -> list[bytes]:
        """Bytes from the driver → answers in the order they are sent.

        Args:
            data: what came in.
            baud: bit/s they were sent at: servos set to another speed hear nothing. None: all do.
        """
        self._baud = baud
        self._received += data
        seen = packets.scan(self._received)
        del self._received[: seen.used]
        self.requests += len(seen.packets)
        answers = [a for request in seen.packets for a in self._answers(request)]
        return [a for a in map(self.dice.spoil, answers) if a]

    def _answers(self, request: Packet) -> Iterable[bytes]:
        match request.code:
            case Instruction.SYNC_READ if len(request.body) > 2:
                address, size, *motors = request.body
                for motor in motors:
                    yield from self._told(motor, Instruction.READ, bytes((address, size)))
            case Instruction.SYNC_WRITE if len(request.body) > 2:
                self._sync_write(request.body)
            case Instruction.PING if request.motor == BROADCAST:
                for motor in sorted({servo.id for servo in self._listening()}):
                    yield from self._told(motor, Instruction.PING, b"")
            case code if request.motor == BROADCAST:
                for servo in self._listening():
                    servo.execute(code, request.body)
            case code:
                yield from self._told(request.motor, code, request.body)

    def _sync_write(self, body: bytes) -> None:
        address, size = body[0], body[1]
        for at in range(2, len(body) - size, size + 1):
            for servo in self._listening():
                if servo.id == body[at]:
                    servo.store(address, body[at + 1 : at + 1 + size])

    def _told(self, motor: int, code: int, body: bytes) -> Iterable[bytes]:
        asked = [servo for servo in self._listening() if servo.id == motor]
        answers = []
        for servo in asked:
            data = servo.execute(code, body)
            if data is not None:
                answers.append(packets.packet(motor, int(servo.alarm), data))
        if answers:
            yield _together(answers)

    def _listening(self) -> list[Servo]:
        return [servo for servo in self.servos if servo.hears(self._baud)]


def _together(answers: Sequence[bytes]) -> bytes:
    """All at once on one wire: a bit is high only where all of them say so, and skewed a little."""
    first, *others = answers
    for other in others:
        skewed = b"\xff" + other[:-1]
        first = bytes(a & b for a, b in zip(first, skewed, strict=False))
    return first
