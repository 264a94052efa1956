"""One bus of servos: ask motors, get answers, ask again only those that did not answer.

Every exchange has an absolute deadline; every failure is counted. A motor that complains (error
byte) still answers: its data and its complaint are both handed on. Safe to use from several
threads: one exchange at a time. Knows registers as addresses only, no maker's bytes and no arm.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from devices.errors import NotConnected, ReadFailed, WriteFailed
from devices.servos.packet import BROADCAST, Dialect, Packet, Register
from devices.servos.port import Port
from devices.servos.tally import Tally

BITS_PER_BYTE = 10  # 8 data, start, stop


@dataclass(frozen=True, slots=True)
class Patience:
    """How long answers are waited for, beyond their time on the wire."""

    first_s: float = 0.010
    """Of a request: adapters hand bytes on every millisecond, motors answer within 0.5 ms."""
    again_s: float = 0.005
    """Of a repeated request: it must not hold up the next one."""
    retries: int = 2


@dataclass(frozen=True, slots=True)
class Answers:
    """Of one request to several motors."""

    packets: Mapping[int, Packet]
    missing: tuple[int, ...]  # in the order they were asked for


@dataclass(frozen=True, slots=True)
class RollCall:
    """Who answered when everybody was called."""

    motors: tuple[int, ...]
    garbled: int  # answers that several motors spoiled for each other


class ServoBus:
    """A chain of motors on one port."""

    def __init__(
        self,
        device: str,
        port: str,
        *,
        dialect: Dialect,
        baud: int,
        patience: Patience | None = None,
    ) -> None:
        """A bus that is not open yet.

        Args:
            device: what hangs on it, for error sentences.
            port: name of the serial port.
            dialect: how its maker's packets are written and found.
            baud: bit/s.
            patience: of answers.
        """
        self.device = device
        self.port_name = port
        self.tally = Tally()
        self._dialect = dialect
        self._baud = baud
        self.patience = patience or Patience()
        self._port: Port | None = None
        self._lock = threading.Lock()

    @property
    def last_id(self) -> int:
        """The highest id a motor may have."""
        return self._dialect.LAST_ID

    # ── life ───────────────────────────────────────────────────────────────────────────────

    def open(self) -> None:
        """Open the port for us alone; does nothing when it is open.

        Raises:
            ConnectFailed: in words why it does not open.
        """
        with self._lock:
            if self._port is None:
                self._port = Port(self.device, self.port_name, baud=self._baud)
                self.tally = Tally()

    def close(self) -> None:
        """Give the port back; may be called twice."""
        with self._lock:
            if self._port is not None:
                self._port.close()
                self._port = None

    # ── one motor ──────────────────────────────────────────────────────────────────────────

    def ping(self, motor: int) -> Packet | None:
        """The answer of a motor, None when there is none.

        Raises:
            PortGone: the port has vanished.
        """
        size = self._dialect.PING_SIZE
        return self._ask(self._dialect.ping(motor), (motor,), body=size).get(motor)

    def scan(self, motors: Sequence[int] | None = None) -> tuple[int, ...]:
        """Which of these ids (or of all) answer; a silent id takes some ten milliseconds."""
        asked = range(self._dialect.LAST_ID + 1) if motors is None else motors
        return tuple(motor for motor in asked if self.ping(motor) is not None)

    def roll_call(self, silence_s: float = 0.1) -> RollCall:
        """Who is on the wire at this speed; over when nobody has spoken for ``silence_s``.

        Raises:
            PortGone: the port has vanished.
        """
        received, garbled = bytearray(), 0
        found: dict[int, Packet] = {}
        with self._lock:
            port = self._open_port()
            port.write(self._dialect.ping(BROADCAST))
            quiet_s = time.monotonic() + silence_s
            while time.monotonic() < quiet_s:
                fresh = port.read(self._dialect.LAST_ID * self._dialect.OVERHEAD)
                if not fresh:
                    continue
                quiet_s = time.monotonic() + silence_s
                received += fresh
                seen = self._dialect.scan(received, body=self._dialect.PING_SIZE)
                del received[: seen.used]
                garbled += seen.garbled + bool(seen.noise)
                found.update((packet.motor, packet) for packet in seen.packets)
        return RollCall(tuple(sorted(found)), garbled + bool(received))

    def read_block(self, motor: int, address: int, size: int) -> Packet:
        """``size`` bytes of the table of one motor.

        Raises:
            ReadFailed: it did not answer, retries included.
        """
        answers = self.sync_read((motor,), address, size)
        if answers.missing:
            tries = 1 + self.patience.retries
            raise ReadFailed(self.device, reason=f"motor {motor} is silent after {tries} tries")
        return answers.packets[motor]

    def read(self, motor: int, register: Register) -> int:
        """The value of a register.

        Raises:
            ReadFailed: it did not answer, retries included.
        """
        return register.decode(self.read_block(motor, register.address, register.size).body)

    def write(self, motor: int, register: Register, value: int) -> Packet:
        """Set a register of one motor; returns its acknowledgement.

        Raises:
            WriteFailed: it refused, or did not acknowledge, retries included.
        """
        request = self._dialect.write(motor, register.address, register.encode(value))
        where = f"motor {motor}, register {register.address}"
        return self.tell(motor, request, where=where)

    def tell(self, motor: int, request: bytes, *, where: str) -> Packet:
        """Send a request that one motor acknowledges without data.

        Args:
            motor: who is told.
            request: the packet.
            where: what it is about, for the error sentence.

        Raises:
            WriteFailed: it refused, or did not acknowledge, retries included.
        """
        answers = self._insist(lambda _: request, (motor,), body=0)
        refusal = "no acknowledgement" if answers.missing else answers.packets[motor].refusal
        if refusal:
            raise WriteFailed(self.device, reason=f"{where}: {refusal}")
        return answers.packets[motor]

    # ── all motors ─────────────────────────────────────────────────────────────────────────

    def sync_read(self, motors: Sequence[int], address: int, size: int) -> Answers:
        """``size`` bytes of the table of every motor; those that fail are asked again.

        Raises:
            PortGone: the port has vanished.
        """
        dialect = self._dialect
        return self._insist(lambda ids: dialect.sync_read(ids, address, size), motors, body=size)

    def sync_write(self, register: Register, values: Mapping[int, int]) -> None:
        """Set a register of many motors in one packet; nobody acknowledges.

        Raises:
            PortGone: the port has vanished.
        """
        data = {motor: register.encode(value) for motor, value in values.items()}
        with self._lock:
            self._open_port().write(self._dialect.sync_write(register.address, data))

    # ── exchanges ──────────────────────────────────────────────────────────────────────────

    def _insist(
        self, request: Callable[[Sequence[int]], bytes], motors: Sequence[int], *, body: int
    ) -> Answers:
        """Ask all, then ask again whoever did not answer."""
        found = self._ask(request(motors), motors, body=body)
        missing = [m for m in motors if m not in found]
        for _ in range(self.patience.retries):
            if not missing:
                break
            self.tally.retried += len(missing)
            self.tally.retried_by_motor.update(missing)
            again = self._ask(request(missing), missing, body=body, again=True)
            found |= again
            missing = [m for m in missing if m not in again]
        self.tally.lost += len(missing)
        self.tally.lost_by_motor.update(missing)
        return Answers(found, tuple(missing))

    def _ask(
        self, request: bytes, motors: Sequence[int], *, body: int, again: bool = False
    ) -> dict[int, Packet]:
        """One request; the right answers among what came back until the deadline."""
        size = len(motors) * (self._dialect.OVERHEAD + body)
        wire_s = (len(request) + size) * BITS_PER_BYTE / self._baud
        wait_s = self.patience.again_s if again else self.patience.first_s
        with self._lock:
            port = self._open_port()
            port.write(request)
            deadline_s = time.monotonic() + wire_s + wait_s
            return self._listen(port, motors, body=body, deadline_s=deadline_s)

    def _listen(
        self, port: Port, motors: Sequence[int], *, body: int, deadline_s: float
    ) -> dict[int, Packet]:
        """Collect answers until all are there, or no more can come, or the deadline has passed.

        Motors answer in the order asked: once the last one did, no other will. When as many bytes
        came as were due, but garbled, one more slice of silence is the end.
        """
        wanted, last = set(motors), motors[-1]
        found: dict[int, Packet] = {}
        received, total, garbled = bytearray(), 0, 0
        expected = len(motors) * (self._dialect.OVERHEAD + body)
        while len(found) < len(wanted) and last not in found:
            fresh = port.read(max(expected - total, 1))
            received += fresh
            total += len(fresh)
            seen = self._dialect.scan(received, body=body)
            del received[: seen.used]
            garbled += seen.garbled
            self._sort(seen.packets, wanted, found)
            silent = not fresh and total >= expected
            if silent or time.monotonic() >= deadline_s:
                break
        self._count(len(wanted) - len(found), garbled=garbled, cut=bool(received))
        return found

    def _sort(self, arrived: Sequence[Packet], wanted: set[int], found: dict[int, Packet]) -> None:
        for packet in arrived:
            if packet.motor in wanted:
                found[packet.motor] = packet
                self.tally.alarms += bool(packet.alarm)
            else:
                self.tally.strangers += 1

    def _count(self, missing: int, *, garbled: int, cut: bool) -> None:
        """Why answers are missing: each is garbled, cut off or never came."""
        tally = self.tally
        tally.exchanges += 1
        garbled = min(garbled, missing)
        short = min(int(cut), missing - garbled)
        tally.garbled += garbled
        tally.short += short
        tally.timeouts += missing - garbled - short

    def _open_port(self) -> Port:
        if self._port is None:
            raise NotConnected(self.device)
        return self._port
