"""What every servo bus has in common, whatever bytes it uses: packets, and what was found of them.

A maker's own packets are subclasses that know what its error byte says. Knows no maker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

BROADCAST = 0xFE


@dataclass(frozen=True, slots=True)
class Packet:
    """One whole packet with a good checksum, request or status alike."""

    motor: int
    code: int  # instruction of a request, error byte of a status
    body: bytes  # parameters or data

    @property
    def alarm(self) -> int:
        """Of a status: what the motor complains about, as bits; its data are valid anyway."""
        return 0

    @property
    def refusal(self) -> str:
        """Of a status: why the motor did not do what it was asked; "" when it did."""
        return ""


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found in a stretch of received bytes."""

    packets: tuple[Packet, ...]
    garbled: int  # packets with a bad checksum or an impossible length
    noise: int  # bytes that belong to no packet
    used: int  # bytes that need not be looked at again; the rest is the start of a packet


class Register(Protocol):
    """One entry of a control table, and how its number is written."""

    @property
    def address(self) -> int: ...

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    def encode(self, value: int) -> bytes: ...

    def decode(self, data: bytes) -> int: ...

    def within(self, block: bytes, *, start: int) -> int:
        """The value in a block of the table that was read from address ``start`` on."""
        ...


class Dialect(Protocol):
    """How a maker's packets are written and found; its module of packets is one."""

    @property
    def LAST_ID(self) -> int: ...

    @property
    def OVERHEAD(self) -> int:
        """Bytes of a status without data."""
        ...

    @property
    def PING_SIZE(self) -> int:
        """Data bytes in the answer to a ping."""
        ...

    def ping(self, motor: int) -> bytes: ...

    def write(self, motor: int, address: int, data: bytes) -> bytes: ...

    def sync_read(self, motors: Sequence[int], address: int, size: int) -> bytes:
        """Every listed motor answers with a status of its own, in this order."""
        ...

    def sync_write(self, address: int, data: Mapping[int, bytes]) -> bytes:
        """Writes equally many bytes to every motor; nobody answers."""
        ...

    def scan(self, stream: bytes | bytearray, *, body: int | None = None) -> Scan:
        """Find packets by their header, whatever stands between them.

        Args:
            stream: received bytes.
            body: how many body bytes every packet must have; others are garbled. None: any.
        """
        ...
