"""Making a new motor one of an arm: exactly one on the wire, found, numbered, read back.

Every servo leaves the factory with id 1, some at another speed. Motors that were numbered just
before may stay on the wire, as long as only one other is there. Nothing moves: torque is off. Knows
ids and speeds, no joint's range and no maker.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from devices.arm_make import MotorAssigned
from devices.errors import WriteFailed
from devices.motor_errors import MotorsCollide, NoMotor, NotStored, SeveralMotors, WrongMotor
from devices.ports import current_port
from devices.servos.bus import Patience, ServoBus
from devices.servos.chain import TORQUE_OFF
from devices.servos.packet import Register

UNHURRIED = Patience(first_s=0.3, again_s=0.3, retries=3)
QUICK = Patience(first_s=0.03, again_s=0.03, retries=0)  # of 254 pings one after the other
SILENCE_S = 0.25  # after the last answer to a call of all motors
ROUNDS = 2  # of calling at every speed before nobody is there


@dataclass(frozen=True, slots=True)
class Numbering:
    """How motors of one maker take a number and a speed."""

    bus_at: Callable[[str, int], ServoBus]
    """Port and bit/s → the bus, not open."""
    baud: int  # bit/s that the arm runs at
    bauds: Mapping[int, int]  # index → bit/s that new motors may have
    id: Register
    baud_index: Register
    torque: Register
    model: Register
    lock: Register | None  # 0 while lasting values are written; None: there is none
    firmware: tuple[Register, ...]

    @property
    def speeds(self) -> tuple[int, ...]:
        """Where to look for a motor, the arm's own speed first."""
        return tuple(dict.fromkeys((self.baud, *self.bauds.values())))

    @property
    def index(self) -> int:
        """Of the arm's own speed."""
        return next(index for index, known in self.bauds.items() if known == self.baud)


def assign(
    how: Numbering,
    port: str,
    joint: str,
    *,
    models: Collection[int],
    ids: Mapping[str, int],
    done: Collection[str] = (),
) -> MotorAssigned:
    """Make the one new motor on the wire the motor of ``joint``.

    Args:
        how: its maker's motors take a number.
        port: where the arm is plugged in.
        joint: whose motor it becomes.
        models: that the motor may be.
        ids: joint → id, of the whole arm.
        done: joints whose motors were set up just before and may be on the wire too.

    Raises:
        ConnectFailed: none, several or a foreign motor, or it did not keep its number.
        DeviceError: it did not answer or obey.
    """
    number = ids[joint]
    baud, before = _find(how, port, joint, settled={ids[name] for name in done} - {number})
    with _on(how, port, baud) as bus:
        _check_model(bus, how.model, before, joint, models)
        bus.write(before, how.torque, TORQUE_OFF)
        if how.lock is not None:
            bus.write(before, how.lock, 0)
        if before != number:
            bus.write(before, how.id, number)
        with suppress(WriteFailed):  # it may answer at the new speed already; that is read below
            bus.write(number, how.baud_index, how.index)
    with _on(how, port, how.baud) as bus:
        if how.lock is not None:
            bus.write(number, how.lock, 1)
        _read_back(how, bus, joint, number)
        version = ".".join(str(bus.read(number, part)) for part in how.firmware)
        return MotorAssigned(joint, number, before, baud, version)


def _find(how: Numbering, port: str, joint: str, *, settled: set[int]) -> tuple[int, int]:
    """Speed and id of the one motor that is not settled."""
    seen: set[int] = set()
    for baud in how.speeds * ROUNDS:
        with _on(how, port, baud) as bus:
            present = _present(bus, joint)
        seen |= set(present)
        fresh = [motor for motor in present if motor not in settled]
        if len(fresh) > 1:
            raise SeveralMotors(_device(joint), motors=present)
        if fresh:
            return baud, fresh[0]
    raise NoMotor(_device(joint), others=tuple(sorted(seen)))


def _present(bus: ServoBus, joint: str) -> tuple[int, ...]:
    """Who is there. Answers to a call of all may spoil each other; one id must answer alone."""
    call = bus.roll_call(SILENCE_S)
    if not call.garbled:
        return call.motors
    bus.patience = QUICK
    found: list[int] = []
    for motor in range(bus.last_id + 1):
        before = bus.tally.garbled
        if bus.ping(motor) is not None:
            found.append(motor)
        elif bus.tally.garbled > before:
            raise MotorsCollide(_device(joint), motors=(motor,))
    return tuple(found)


def _check_model(
    bus: ServoBus, register: Register, motor: int, joint: str, models: Collection[int]
) -> None:
    model = bus.read(motor, register)
    if model not in models:
        raise WrongMotor(
            _device(joint), motor=motor, joint=joint, model=model, expected=next(iter(models))
        )


def _read_back(how: Numbering, bus: ServoBus, joint: str, number: int) -> None:
    wanted = [("id", how.id, number), ("speed", how.baud_index, how.index)]
    if how.lock is not None:
        wanted.append(("lock", how.lock, 1))
    for name, register, value in wanted:
        reads = bus.read(number, register)
        if reads != value:
            raise NotStored(_device(joint), joint=joint, register=name, wrote=value, reads=reads)


def _device(joint: str) -> str:
    return f"motor of {joint}"


@contextmanager
def _on(how: Numbering, port: str, baud: int) -> Iterator[ServoBus]:
    """The port at one speed."""
    bus = how.bus_at(current_port(port), baud)
    bus.patience = UNHURRIED
    bus.open()
    try:
        yield bus
    finally:
        bus.close()
