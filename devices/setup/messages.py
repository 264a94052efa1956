"""What a window asks of whoever sets up a kit, and what it is told: frozen values for a pipe.

Requests are imperatives, reports are facts. Ports are what a driver opens; ``make`` is a key of
:data:`devices.setup.makes.MAKES`. Knows no process.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devices.arm_make import ArmSeen, MotorAssigned
from devices.calibration.guide import Guidance
from recordings.types import Fault

# ── what is known of ports ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class PortLook:
    """One serial port and who answers there."""

    port: str  # what to open
    address: str  # names it for good, for a bench file
    adapter: str  # in words
    identity: str = ""  # of the adapter, "" when nothing tells it from another of its kind
    hub: str = ""  # USB place
    make: str = ""  # of the arm that answers, "" none
    arm: ArmSeen | None = None
    trouble: Fault | None = None  # why there is no usable arm
    command: str = ""  # for a terminal, that mends it; "" none
    taken: bool = False  # the rig has it open, so it was not touched
    note: str = ""  # why it was not looked at, or what is odd about it


# ── requests ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class LookAround:
    """Say what is on every serial port, without moving or writing anything."""

    extra: tuple[str, ...] = ()  # ports to look at besides those of known adapters
    taken: tuple[str, ...] = ()  # ports that the rig has open: they are not touched


@dataclass(frozen=True, slots=True)
class FindByMoving:
    """Let these arms hang limp and tell which one a hand moves."""

    arms: tuple[tuple[str, str], ...]  # make and port


@dataclass(frozen=True, slots=True)
class Measure:
    """Measure the ranges of an arm's joints while a hand moves them."""

    make: str
    name: str
    port: str
    path: Path  # of the calibration to write


@dataclass(frozen=True, slots=True)
class NextJoint:
    """The person is done with the joint that is asked for."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Store what was measured."""


@dataclass(frozen=True, slots=True)
class Leave:
    """End whatever holds a port, and put back what it changed."""


@dataclass(frozen=True, slots=True)
class TakeBack:
    """The calibration before the last one again, in the file and in the motors."""

    make: str
    name: str
    port: str
    path: Path


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Take a calibration from a file, LeRobot's or ours."""

    make: str
    name: str
    port: str
    path: Path  # to write
    source: Path  # to read
    store: bool = False  # also into motors that hold other numbers


@dataclass(frozen=True, slots=True)
class SetUpMotor:
    """Make the one new motor on the wire the motor of a joint."""

    make: str
    port: str
    joint: str
    done: tuple[str, ...] = ()  # joints whose motors were set up just before


Request = (
    LookAround | FindByMoving | Measure | NextJoint | Finish | Leave | TakeBack | TakeOver
    | SetUpMotor
)  # fmt: skip


# ── reports ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Doing:
    """What is being done now, in words; "" nothing: no port is held."""

    words: str


@dataclass(frozen=True, slots=True)
class Done:
    """A request was dealt with, one way or the other: the last report about it."""


@dataclass(frozen=True, slots=True)
class LookedAround:
    """Every serial port."""

    ports: tuple[PortLook, ...]


@dataclass(frozen=True, slots=True)
class Limp:
    """These arms hang limp now and are watched."""

    ports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArmMoved:
    """A hand has moved this arm."""

    port: str
    joint: str  # the one that moved most
    by_rad: float


@dataclass(frozen=True, slots=True)
class Measured:
    """How far the sweep is, about ten times a second."""

    name: str
    make: str
    guidance: Guidance


@dataclass(frozen=True, slots=True)
class Calibrated:
    """An arm has a calibration now, in its file and, where its port is known, in its motors."""

    name: str
    path: Path
    changes: tuple[str, ...] | None  # against the one before, in words; None: there was none
    undone: bool = False  # it is the one before again


@dataclass(frozen=True, slots=True)
class MotorReady:
    """A new motor has its number."""

    motor: MotorAssigned


@dataclass(frozen=True, slots=True)
class Refused:
    """Something asked for was not done; nothing was changed unless the sentence says so."""

    request: str  # name of its class
    fault: Fault


Report = (
    Done | Doing | LookedAround | Limp | ArmMoved | Measured | Calibrated | MotorReady | Refused
)
