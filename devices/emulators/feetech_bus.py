"""A chain of emulated Feetech servos, as a driver's bytes meet it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from devices.emulators.bus import EmulatedBus
from devices.emulators.faults import FaultDice
from devices.emulators.servo import Servo
from devices.feetech import packets
from devices.feetech.packets import Instruction
from devices.servos.packet import BROADCAST, Packet


class FeetechBus(EmulatedBus[Servo]):
    """STS3215 on one wire."""

    def __init__(self, servos: Sequence[Servo], *, dice: FaultDice | None = None) -> None:
        super().__init__(servos, dialect=packets, dice=dice)

    def answers(self, request: Packet) -> Iterable[bytes]:
        match request.code:
            case Instruction.SYNC_READ if len(request.body) > 2:
                address, size, *motors = request.body
                for motor in motors:
                    yield from self.told(motor, Instruction.READ, bytes((address, size)))
            case Instruction.SYNC_WRITE if len(request.body) > 2:
                self._sync_write(request.body)
            case Instruction.PING if request.motor == BROADCAST:
                for motor in sorted({servo.id for servo in self.listening()}):
                    yield from self.told(motor, Instruction.PING, b"")
            case code if request.motor == BROADCAST:
                for servo in self.listening():
                    servo.execute(code, request.body)
            case code:
                yield from self.told(request.motor, code, request.body)

    def answer(self, servo: Servo, code: int, body: bytes) -> bytes | None:
        motor = servo.id  # a new id counts from the next packet on
        data = servo.execute(code, body)
        return None if data is None else packets.packet(motor, int(servo.alarm), data)

    def _sync_write(self, body: bytes) -> None:
        address, size = body[0], body[1]
        for at in range(2, len(body) - size, size + 1):
            for servo in self.listening():
                if servo.id == body[at]:
                    servo.store(address, body[at + 1 : at + 1 + size])
