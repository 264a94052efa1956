"""A chain of emulated Dynamixels, as a driver's bytes meet it."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from devices.dynamixel import packets
from devices.dynamixel.packets import Instruction
from devices.emulators.bus import EmulatedBus
from devices.emulators.dynamixel_servo import DynamixelServo
from devices.emulators.faults import FaultDice
from devices.servos.packet import BROADCAST, Packet


class DynamixelBus(EmulatedBus[DynamixelServo]):
    """X series on one wire."""

    def __init__(self, servos: Sequence[DynamixelServo], *, dice: FaultDice | None = None) -> None:
        super().__init__(servos, dialect=packets, dice=dice)

    def answers(self, request: Packet) -> Iterable[bytes]:
        match request.code:
            case Instruction.SYNC_READ if len(request.body) > 4:
                for motor in request.body[4:]:
                    yield from self.told(motor, Instruction.READ, request.body[:4])
            case Instruction.SYNC_WRITE if len(request.body) > 4:
                self._sync_write(request.body)
            case Instruction.PING if request.motor == BROADCAST:
                for motor in sorted({servo.id for servo in self.listening()}):
                    yield from self.told(motor, Instruction.PING, b"")
            case code if request.motor == BROADCAST:
                for servo in self.listening():
                    servo.execute(code, request.body)
            case code:
                yield from self.told(request.motor, code, request.body)

    def answer(self, servo: DynamixelServo, code: int, body: bytes) -> bytes | None:
        motor, answer = servo.id, servo.execute(code, body)
        if answer is None:
            return None
        error, data = answer
        return packets.status(motor, error | servo.error, data)

    def _sync_write(self, body: bytes) -> None:
        address, size = struct.unpack_from("<HH", body)
        for at in range(4, len(body) - size, size + 1):
            for servo in self.listening():
                if servo.id == body[at]:
                    servo.store(address, body[at + 1 : at + 1 + size])
