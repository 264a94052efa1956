"""A CAN bus behind a serial adapter: text lines in (``t0018…``), text lines out.

The adapter acknowledges every line; what motors and boards answer follows as lines of its own. A
frame that is spoiled on the wire is dropped by the adapter, as CAN's checksum makes real ones do.
Knows no motor's bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from devices.emulators.dm_motor import DmMotor
from devices.emulators.faults import FaultDice

CR, BELL = b"\r", b"\a"
SENT = b"z\r"
VERSION, SERIAL = b"V1013\r", b"N0001\r"

Board = Callable[[int, bytes], tuple[int, bytes] | None]
"""Whatever else hangs on the bus: (id, data) of a frame → (id, data) of its answer."""


class SlcanWire:
    """Motors and boards on one CAN bus."""

    def __init__(
        self, servos: Sequence[DmMotor], *, boards: Sequence[Board] = (), dice: FaultDice
    ) -> None:
        self.servos = list(servos)
        self.dice = dice
        self.requests = 0
        self._boards = tuple(boards)
        self._is_open = False
        self._received = bytearray()

    def feed(self, data: bytes, *, baud: int | None = None) -> list[bytes]:
        """Bytes from the driver → answers in the order they are sent."""
        self._received += data
        *lines, rest = bytes(self._received).split(CR)
        self._received = bytearray(rest)
        return [answer for line in lines for answer in self._answers(line)]

    def _answers(self, line: bytes) -> list[bytes]:
        match line[:1]:
            case b"t" if self._is_open:
                return self._frame(line)
            case b"O" | b"L":
                self._is_open = True
            case b"C":
                self._is_open = False
            case b"V":
                return [VERSION]
            case b"N":
                return [SERIAL]
            case b"S" | b"s" | b"":
                pass
            case _:
                return [BELL]
        return [CR]

    def _frame(self, line: bytes) -> list[bytes]:
        try:
            can_id, size = int(line[1:4], 16), int(line[4:5], 16)
            data = bytes.fromhex(line[5 : 5 + 2 * size].decode("ascii"))
        except ValueError:
            return [BELL]
        self.requests += 1
        hearers: list[Board] = [*(servo.hear for servo in self.servos), *self._boards]
        answers = [answer for hear in hearers if (answer := hear(can_id, data)) is not None]
        return [SENT, *(_line(*answer) for answer in answers if self._arrives(answer[1]))]

    def _arrives(self, data: bytes) -> bool:
        return self.dice.spoil(data) == data


def _line(can_id: int, data: bytes) -> bytes:
    return f"t{can_id:03X}{len(data):X}{data.hex().upper()}".encode() + CR
