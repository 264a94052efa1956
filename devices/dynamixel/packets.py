"""Packets of Dynamixel's protocol 2.0, as pure functions over bytes.

    request  FF FF FD 00 | id | length (2) | instruction | parameters … | CRC (2)
    status   FF FF FD 00 | id | length (2) | 55 | error  | data …       | CRC (2)

``length`` counts everything behind it; words are little-endian. Where a header's first three bytes
occur behind ``length``, one more FD is stuffed in, so that a header begins a packet and nothing
else. Source: ROBOTIS e-Manual, "DYNAMIXEL Protocol 2.0". Written here rather than taken from
``dynamixel-sdk``: that one spins while it waits, does not lock its port, gives up a whole group
read for one missing motor, and sends packets without what it stuffs. The tests check us against
it. Knows no register and no time.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devices.servos import packet as servo_packet
from devices.servos.packet import BROADCAST, Scan

HEADER = b"\xff\xff\xfd\x00"
SPLIT = b"\xff\xff\xfd"  # what must not occur inside a packet
LAST_ID = 252
PING_SIZE = 3  # model number and firmware
OVERHEAD = 11  # bytes of a status without data: header, id, length, 55, error, CRC
STATUS = 0x55
POLYNOMIAL = 0x8005
ALERT = 0x80  # of the error byte: the hardware error status is not 0
REFUSALS = {
    1: "it failed",
    2: "it does not know this instruction",
    3: "it received a bad checksum",
    4: "the value is out of range",
    5: "the data have the wrong length",
    6: "the value is beyond its limit",
    7: "the register cannot be written now; lasting ones only without torque",
}


class Instruction(enum.IntEnum):
    """What a request asks for."""

    PING = 0x01
    READ = 0x02
    WRITE = 0x03
    REG_WRITE = 0x04
    ACTION = 0x05
    REBOOT = 0x08
    SYNC_READ = 0x82
    SYNC_WRITE = 0x83


@dataclass(frozen=True, slots=True)
class Packet(servo_packet.Packet):
    """A request or a status of this bus."""

    is_status: bool = False

    @property
    def alarm(self) -> int:
        """Of a status: not 0 when its hardware error status is worth a look."""
        return self.code & ALERT if self.is_status else 0

    @property
    def refusal(self) -> str:
        """Of a status: why the motor did not do what it was asked; "" when it did."""
        number = self.code & ~ALERT if self.is_status else 0
        return REFUSALS.get(number, f"error {number}") if number else ""


def _table() -> tuple[int, ...]:
    rows: list[int] = []
    for byte in range(256):
        crc = byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ POLYNOMIAL if crc & 0x8000 else crc << 1) & 0xFFFF
        rows.append(crc)
    return tuple(rows)


_CRC = _table()


def checksum(content: bytes | bytearray) -> int:
    """CRC-16 over everything before it: polynomial 8005, start 0, most significant bit first."""
    crc = 0
    for byte in content:
        crc = (crc << 8 & 0xFFFF) ^ _CRC[crc >> 8 ^ byte]
    return crc


def packet(motor: int, code: int, body: bytes = b"") -> bytes:
    """The bytes of one request, or of a status when ``code`` is 55 and ``body`` begins with error.

    The length counts stuffed bytes.
    """
    inner = (bytes((code,)) + body).replace(SPLIT, SPLIT + SPLIT[-1:])
    content = HEADER + struct.pack("<BH", motor, len(inner) + 2) + inner
    return content + struct.pack("<H", checksum(content))


def status(motor: int, error: int, data: bytes = b"") -> bytes:
    return packet(motor, STATUS, bytes((error,)) + data)


def ping(motor: int) -> bytes:
    return packet(motor, Instruction.PING)


def read(motor: int, address: int, size: int) -> bytes:
    return packet(motor, Instruction.READ, struct.pack("<HH", address, size))


def write(motor: int, address: int, data: bytes) -> bytes:
    return packet(motor, Instruction.WRITE, struct.pack("<H", address) + data)


def reboot(motor: int) -> bytes:
    """Start anew: hardware errors are forgotten, and so is everything that does not last."""
    return packet(motor, Instruction.REBOOT)


def sync_read(motors: Sequence[int], address: int, size: int) -> bytes:
    """Every listed motor answers with a status of its own, in this order."""
    head = struct.pack("<HH", address, size)
    return packet(BROADCAST, Instruction.SYNC_READ, head + bytes(motors))


def sync_write(address: int, data: Mapping[int, bytes]) -> bytes:
    """Writes equally many bytes to every motor; nobody answers."""
    sizes = {len(d) for d in data.values()}
    if len(sizes) != 1:
        raise ValueError(f"one sync write carries data of one size, got sizes {sorted(sizes)}")
    blocks = b"".join(bytes((motor,)) + d for motor, d in data.items())
    head = struct.pack("<HH", address, sizes.pop())
    return packet(BROADCAST, Instruction.SYNC_WRITE, head + blocks)


def scan(stream: bytes | bytearray, *, body: int | None = None) -> Scan:
    """Find packets by their header, whatever stands between them.

    Args:
        stream: received bytes.
        body: how many data bytes every status must have; others are garbled. None: any.
    """
    found: list[Packet] = []
    garbled = noise = at = 0
    end = len(stream)
    while True:
        start = stream.find(HEADER, at)
        if start < 0:
            kept = _begun(stream, at)
            return Scan(tuple(found), garbled, noise + end - at - kept, end - kept)
        noise += start - at
        at = start
        if end - start < 7:
            return Scan(tuple(found), garbled, noise, at)
        motor, length = struct.unpack_from("<BH", stream, start + 4)
        stop = start + 7 + length
        if length < 3 or motor > BROADCAST or (body is not None and length > _longest(body)):
            at, garbled = start + len(HEADER), garbled + 1
            continue
        if stop > end:
            return Scan(tuple(found), garbled, noise, at)
        one = _opened(motor, bytes(stream[start:stop]), body)
        at, garbled = (start + len(HEADER), garbled + 1) if one is None else (stop, garbled)
        if one is not None:
            found.append(one)


def _longest(body: int) -> int:
    """Length field of a status with that much data, every third byte of it stuffed."""
    return 4 + body + body // 3 + 1


def _begun(stream: bytes | bytearray, at: int) -> int:
    """How many bytes at the end may be the begin of a header."""
    for size in range(len(HEADER) - 1, 0, -1):
        if len(stream) - at >= size and bytes(stream[-size:]) == HEADER[:size]:
            return size
    return 0


def _opened(motor: int, whole: bytes, body: int | None) -> Packet | None:
    """The packet in exactly these bytes; None when it is garbled."""
    if checksum(whole[:-2]) != int.from_bytes(whole[-2:], "little"):
        return None
    inner = whole[7:-2].replace(SPLIT + SPLIT[-1:], SPLIT)
    if inner[0] != STATUS:
        return Packet(motor, inner[0], inner[1:]) if body is None else None
    if len(inner) < 2 or (body is not None and len(inner) != body + 2):
        return None
    return Packet(motor, inner[1], inner[2:], is_status=True)
