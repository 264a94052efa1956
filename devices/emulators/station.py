"""The loop of an emulator: wait for bytes on its ports, move the arms on, answer, obey orders.

One thread does it all, so that an answer never sees half a movement. Knows no driver; whoever opens
a port may be anybody's.
"""

from __future__ import annotations

import heapq
import select
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Protocol

from devices.emulators.bodies import Body
from devices.emulators.faults import FaultDice
from devices.emulators.motor import Motor
from devices.emulators.orders import (
    ArmTold,
    BrownOut,
    Imprint,
    Leave,
    Mute,
    Order,
    Plug,
    Push,
    RaiseAlarm,
    SetRates,
    Stick,
    Tell,
    Told,
    Unplug,
)
from devices.emulators.orders import (
    Wire as WireOrder,
)
from devices.emulators.pty_port import PtyPort

IDLE_NS = 10_000_000  # arms move on at least this often
FINEST_NS = 1_000_000  # and sensors measure at most this often
_NS = 1e9


class Wire(Protocol):
    """A cable with motors, as the loop sees it."""

    @property
    def servos(self) -> Sequence[Motor]: ...

    @property
    def dice(self) -> FaultDice: ...

    @property
    def requests(self) -> int:
        """How many were understood so far."""
        ...

    def feed(self, data: bytes, *, baud: int | None = None) -> list[bytes]:
        """Bytes from the driver → answers in the order they are sent."""
        ...


@dataclass(slots=True)
class EmulatedArm:
    """One arm: its cable, its servos, its mechanics."""

    name: str
    port: PtyPort
    bus: Wire
    body: Body
    path: Callable[[float], Sequence[float]] | None = None
    """A scripted hand: seconds since start → joints (n,) rad."""
    moved_ns: int = 0


@dataclass(order=True, slots=True)
class _Due:
    """An answer that is on its way."""

    at_ns: int
    number: int
    arm: EmulatedArm = field(compare=False)
    data: bytes = field(compare=False)


class Station:
    """Emulated arms and whoever gives orders."""

    def __init__(self, arms: Sequence[EmulatedArm], orders: Connection | None = None) -> None:
        self._arms = {arm.name: arm for arm in arms}
        self._orders = orders
        self._due: list[_Due] = []
        self._sent = 0
        self._started_ns = time.monotonic_ns()
        self._leaving = False

    def run(self) -> None:
        """Until told to leave, or nobody is left to tell it."""
        try:
            self.plug()
            while not self._leaving:
                self.turn()
        finally:
            for arm in self._arms.values():
                arm.port.unplug()

    def plug(self) -> None:
        """Make all ports appear."""
        for arm in self._arms.values():
            arm.port.plug()

    def turn(self) -> None:
        """Wait for something to do, at most 10 ms, and do it."""
        ports = {a.port.descriptor: a for a in self._arms.values() if a.port.descriptor is not None}
        sources: list[int | Connection] = [*ports]
        if self._orders is not None:
            sources.append(self._orders)
        ready, _, _ = select.select(sources, [], [], self._pause_s())
        now_ns = time.monotonic_ns()
        for arm in self._arms.values():
            self._move(arm, now_ns)
        for source in ready:
            if isinstance(source, int):
                self._answer(ports[source], now_ns)
            else:
                self._listen()
        self._deliver()

    def _pause_s(self) -> float:
        if not self._due:
            return IDLE_NS / _NS
        return max(0.0, min(IDLE_NS, self._due[0].at_ns - time.monotonic_ns()) / _NS)

    def _move(self, arm: EmulatedArm, now_ns: int) -> None:
        if now_ns - arm.moved_ns < FINEST_NS:
            return
        arm.moved_ns = now_ns
        if arm.path is not None:
            arm.body.push(arm.path((now_ns - self._started_ns) / _NS))
        arm.body.step_to(now_ns, arm.bus.servos)

    def _answer(self, arm: EmulatedArm, now_ns: int) -> None:
        at_ns = now_ns
        for answer in arm.bus.feed(arm.port.receive(), baud=arm.port.baud):
            at_ns += round(arm.bus.dice.delay_s() * _NS)
            self._sent += 1
            heapq.heappush(self._due, _Due(at_ns, self._sent, arm, answer))

    def _deliver(self) -> None:
        now_ns = time.monotonic_ns()
        ready: dict[str, bytes] = {}
        while self._due and self._due[0].at_ns <= now_ns:
            due = heapq.heappop(self._due)
            ready[due.arm.name] = ready.get(due.arm.name, b"") + due.data
        for name, data in ready.items():
            self._arms[name].port.send(data)

    # ── orders ─────────────────────────────────────────────────────────────────────────────

    def _listen(self) -> None:
        assert self._orders is not None
        try:
            while self._orders.poll():
                self.obey(self._orders.recv())
        except (EOFError, OSError):
            self._leaving = True

    def obey(self, order: Order) -> None:
        """Do what was ordered, at once."""
        match order:
            case Leave():
                self._leaving = True
            case Tell():
                if self._orders is not None:
                    self._orders.send(self.told())
            case SetRates(name, rates):
                self._arms[name].bus.dice.rates = rates
            case Unplug(name):
                self._arms[name].port.unplug()
            case Plug(name):
                self._arms[name].port.plug()
            case Push(name, q):
                self._arms[name].path = None
                self._arms[name].body.push(q)
            case WireOrder(name, places):
                for place, servo in enumerate(self._arms[name].bus.servos, start=1):
                    _wire(servo, on=place in places)
            case _:
                self._hurt(order)

    def _hurt(self, order: BrownOut | Mute | Stick | RaiseAlarm | Imprint) -> None:
        for servo in self._arms[order.arm].bus.servos:
            match order:
                case BrownOut():
                    servo.power_on()
                case Mute(_, motor) if servo.id == motor:
                    servo.mute = True
                case Stick(_, motor, on) if servo.id == motor:
                    servo.stuck = on
                case Imprint(_, motor, address, data) if servo.id == motor:
                    servo.imprint(address, bytes(data))
                case RaiseAlarm(_, motor, bits) if servo.id == motor:
                    servo.complain(bits)
                case _:
                    pass

    def told(self) -> Told:
        """The truth about every arm."""
        return Told({n: _truth(arm) for n, arm in self._arms.items()}, time.monotonic_ns())


def _wire(servo: Motor, *, on: bool) -> None:
    """Its cable carries the supply as well: whoever is plugged in starts anew."""
    if on and not servo.wired:
        servo.power_on()
    servo.wired = on


def _truth(arm: EmulatedArm) -> ArmTold:
    return ArmTold(
        q=tuple(float(v) for v in arm.body.q),
        goal=arm.body.angles([servo.goal for servo in arm.bus.servos]),
        torque=tuple(servo.setpoint is not None for servo in arm.bus.servos),
        requests=arm.bus.requests,
        spoiled=arm.bus.dice.counts(),
    )
