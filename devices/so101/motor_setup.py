"""Making a new STS3215 one motor of an arm: exactly one on the wire, found, numbered, read back.

Every servo leaves the factory with id 1, some at another speed. Motors that were numbered just
before may stay on the wire, as long as only one other is there. Nothing moves: torque is off. Knows
ids and speeds, no joint's range.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress

from devices.arm_make import MotorAssigned
from devices.errors import WriteFailed
from devices.feetech import registers as reg
from devices.feetech.bus import BAUD, Bus, Patience
from devices.feetech.packets import LAST_ID
from devices.motor_errors import MotorsCollide, NoMotor, NotStored, SeveralMotors, WrongMotor
from devices.ports import current_port

SPEEDS = (BAUD, *(baud for baud in reg.SAFE_BAUDS.values() if baud != BAUD))
UNHURRIED = Patience(first_s=0.3, again_s=0.3, retries=3)
QUICK = Patience(first_s=0.03, again_s=0.03, retries=0)  # of 254 pings one after the other
SILENCE_S = 0.25  # after the last answer to a call of all motors
ROUNDS = 2  # of calling at every speed before nobody is there


def assign(
    port: str, joint: str, *, ids: Mapping[str, int], done: Collection[str] = ()
) -> MotorAssigned:
    """Make the one new motor on the wire the motor of ``joint``.

    Args:
        port: where the arm is plugged in.
        joint: whose motor it becomes.
        ids: joint → id, of the whole arm.
        done: joints whose motors were set up just before and may be on the wire too.

    Raises:
        ConnectFailed: none, several or a foreign motor, or it did not keep its number.
        DeviceError: it did not answer or obey.
    """
    number = ids[joint]
    baud, before = _find(port, joint, settled={ids[name] for name in done} - {number})
    with _on(port, baud) as bus:
        _check_model(bus, before, joint)
        bus.write(before, reg.TORQUE_ENABLE, reg.TORQUE_OFF)
        bus.write(before, reg.LOCK, 0)
        if before != number:
            bus.write(before, reg.ID, number)
        with suppress(WriteFailed):  # it may answer at the new speed already; that is read below
            bus.write(number, reg.BAUD, _index_of(BAUD))
    with _on(port, BAUD) as bus:
        bus.write(number, reg.LOCK, 1)
        _read_back(bus, joint, number)
        version = (bus.read(number, part) for part in (reg.FIRMWARE_MAJOR, reg.FIRMWARE_MINOR))
        return MotorAssigned(joint, number, before, baud, ".".join(map(str, version)))


def _find(port: str, joint: str, *, settled: set[int]) -> tuple[int, int]:
    """Speed and id of the one motor that is not settled."""
    seen: set[int] = set()
    for baud in SPEEDS * ROUNDS:
        with _on(port, baud) as bus:
            present = _present(bus, joint)
        seen |= set(present)
        fresh = [motor for motor in present if motor not in settled]
        if len(fresh) > 1:
            raise SeveralMotors(_device(joint), motors=present)
        if fresh:
            return baud, fresh[0]
    raise NoMotor(_device(joint), others=tuple(sorted(seen)))


def _present(bus: Bus, joint: str) -> tuple[int, ...]:
    """Who is there. Answers to a call of all may spoil each other; one id must answer alone."""
    call = bus.roll_call(SILENCE_S)
    if not call.garbled:
        return call.motors
    bus.patience = QUICK
    found: list[int] = []
    for motor in range(LAST_ID + 1):
        before = bus.tally.garbled
        if bus.ping(motor) is not None:
            found.append(motor)
        elif bus.tally.garbled > before:
            raise MotorsCollide(_device(joint), motors=(motor,))
    return tuple(found)


def _check_model(bus: Bus, motor: int, joint: str) -> None:
    model = bus.read(motor, reg.MODEL)
    if model != reg.MODEL_NUMBER:
        raise WrongMotor(
            _device(joint), motor=motor, joint=joint, model=model, expected=reg.MODEL_NUMBER
        )


def _read_back(bus: Bus, joint: str, number: int) -> None:
    wanted = (("id", reg.ID, number), ("speed", reg.BAUD, _index_of(BAUD)), ("lock", reg.LOCK, 1))
    for name, register, value in wanted:
        reads = bus.read(number, register)
        if reads != value:
            raise NotStored(_device(joint), joint=joint, register=name, wrote=value, reads=reads)


def _index_of(baud: int) -> int:
    return next(index for index, known in reg.SAFE_BAUDS.items() if known == baud)


def _device(joint: str) -> str:
    return f"motor of {joint}"


@contextmanager
def _on(port: str, baud: int) -> Iterator[Bus]:
    """The port at one speed."""
    bus = Bus("motors", current_port(port), baud=baud, patience=UNHURRIED)
    bus.open()
    try:
        yield bus
    finally:
        bus.close()
