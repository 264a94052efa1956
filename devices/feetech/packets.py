"""Packets of Feetech's half-duplex servo bus, as pure functions over bytes.

    request  FF FF | id | length | instruction | parameters … | checksum
    status   FF FF | id | length | error       | data …       | checksum

``length`` counts everything behind it. The checksum is the inverted low byte of the sum of all
bytes behind the header. Source: Feetech's communication protocol manual for the STS series; words
are little-endian. Knows no register, no port and no time.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devices.servos import packet as servo_packet
from devices.servos.packet import BROADCAST, Scan

HEADER = b"\xff\xff"
LAST_ID = 253
PING_SIZE = 0
OVERHEAD = 6  # bytes of a packet without parameters: header, id, length, instruction, checksum


class Instruction(enum.IntEnum):
    """What a request asks for."""

    PING = 0x01
    READ = 0x02
    WRITE = 0x03
    REG_WRITE = 0x04
    ACTION = 0x05
    SYNC_READ = 0x82
    SYNC_WRITE = 0x83


class Alarm(enum.IntFlag):
    """Bits of the error byte. Data that come with an alarm are valid nevertheless."""

    NONE = 0
    VOLTAGE = 0x01
    ANGLE = 0x02
    OVERHEAT = 0x04
    OVERCURRENT = 0x08
    OVERLOAD = 0x20


@dataclass(frozen=True, slots=True)
class Packet(servo_packet.Packet):
    """A request or a status of this bus."""

    @property
    def alarm(self) -> Alarm:
        """Of a status: what the motor complains about."""
        return Alarm(self.code & _KNOWN_ALARMS)


_KNOWN_ALARMS = 0x2F


def checksum(content: bytes | bytearray) -> int:
    """Of id, length, code and body."""
    return ~sum(content) & 0xFF


def packet(motor: int, code: int, body: bytes = b"") -> bytes:
    """The bytes of one request or status."""
    content = bytes((motor, len(body) + 2, code)) + body
    return HEADER + content + bytes((checksum(content),))


def ping(motor: int) -> bytes:
    return packet(motor, Instruction.PING)


def read(motor: int, address: int, size: int) -> bytes:
    return packet(motor, Instruction.READ, bytes((address, size)))


def write(motor: int, address: int, data: bytes) -> bytes:
    return packet(motor, Instruction.WRITE, bytes((address,)) + data)


def sync_read(motors: Sequence[int], address: int, size: int) -> bytes:
    """Every listed motor answers with a status of its own, in this order."""
    return packet(BROADCAST, Instruction.SYNC_READ, bytes((address, size, *motors)))


def sync_write(address: int, data: Mapping[int, bytes]) -> bytes:
    """Writes equally many bytes to every motor; nobody answers."""
    sizes = {len(d) for d in data.values()}
    if len(sizes) != 1:
        raise ValueError(f"one sync write carries data of one size, got sizes {sorted(sizes)}")
    blocks = b"".join(bytes((motor,)) + d for motor, d in data.items())
    return packet(BROADCAST, Instruction.SYNC_WRITE, bytes((address, sizes.pop())) + blocks)


def scan(stream: bytes | bytearray, *, body: int | None = None) -> Scan:
    """Find packets by their header, whatever stands between them.

    Args:
        stream: received bytes.
        body: how many body bytes every packet must have; others are garbled. None: any.
    """
    packets: list[Packet] = []
    garbled = noise = at = 0
    end = len(stream)
    while True:
        start = stream.find(HEADER, at)
        if start < 0:
            kept = 1 if end > at and stream[end - 1] == HEADER[0] else 0
            return Scan(tuple(packets), garbled, noise + end - at - kept, end - kept)
        noise += start - at
        at = start
        if end - start < 4:
            return Scan(tuple(packets), garbled, noise, at)
        motor, length = stream[start + 2], stream[start + 3]
        if motor == HEADER[0]:  # three in a row: the header begins one later
            at, noise = start + 1, noise + 1
            continue
        stop = start + 4 + length
        if length < 2 or motor > BROADCAST or (body is not None and length != body + 2):
            at, garbled = start + 2, garbled + 1
            continue
        if stop > end:
            return Scan(tuple(packets), garbled, noise, at)
        if checksum(stream[start + 2 : stop - 1]) != stream[stop - 1]:
            at, garbled = start + 2, garbled + 1
            continue
        content = bytes(stream[start + 5 : stop - 1])
        packets.append(Packet(motor, stream[start + 4], content))
        at = stop
