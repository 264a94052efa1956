"""What setting up an arm asks of its maker's electronics: one protocol, whatever the make.

A make is registered in :mod:`devices.setup.makes`; scanning, finding by hand, calibrating and
setting up new motors then work for it as they are. Nothing here moves an arm: motors are read, let
go of and given numbers. Knows no particular make.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from devices.calibration.guide import Guidance
from devices.calibration.types import ArmCalibration
from recordings.types import JointSpec


@dataclass(frozen=True, slots=True)
class MotorSeen:
    """One motor that answered."""

    id: int
    joint: str
    model: int
    firmware: str
    voltage_v: float
    offset: int  # steps, as stored in it


@dataclass(frozen=True, slots=True)
class ArmSeen:
    """An arm that answers on a port, whole or not."""

    motors: tuple[MotorSeen, ...]
    role: str = ""  # "follower" or "leader" where its settings tell, "" where they do not


@dataclass(frozen=True, slots=True)
class MotorAssigned:
    """A new motor that has become one of an arm, read back."""

    joint: str
    id: int
    id_before: int
    baud_before: int  # bit/s
    firmware: str


class LimpArm(Protocol):
    """An arm that hangs limp and tells where its joints are."""

    def angles(self) -> Mapping[str, float]:
        """Joint → rad from an unknown zero, within one turn."""
        ...


class Measuring(Protocol):
    """An arm whose ranges are being measured. Leaving puts back what the motors had before."""

    def look(self) -> Guidance:
        """Follow the joints; at least ten times a second."""
        ...

    def next_joint(self) -> None:
        """The person is done with the joint that is asked for."""
        ...

    def unswept(self) -> tuple[str, ...]:
        """Joints that were not moved enough yet."""
        ...

    def finish(self) -> ArmCalibration:
        """Store what was measured in the motors, read it back."""
        ...


class ArmMake(Protocol):
    """How arms of one make are looked at, measured and put together."""

    @property
    def kind(self) -> str:
        """What a bench file calls it."""
        ...

    @property
    def words(self) -> str:
        """What people call it."""
        ...

    @property
    def robot(self) -> str:
        """Name of its robot description."""
        ...

    @property
    def joints(self) -> tuple[JointSpec, ...]:
        """Of the description, in the order of the motors."""
        ...

    @property
    def largest_offset(self) -> int:
        """Steps that a homing offset of its motors may have."""
        ...

    @property
    def motor_order(self) -> tuple[str, ...]:
        """Joints in the order in which new motors are set up."""
        ...

    def look(self, port: str) -> ArmSeen | None:
        """Who answers on a port; writes nothing. None: nobody of this make.

        Raises:
            ConnectFailed: in words what is wrong with the arm or the port.
        """
        ...

    def hang(self, port: str) -> AbstractContextManager[LimpArm]:
        """Let go of the arm and watch it; it stays limp afterwards."""
        ...

    def measure(self, name: str, port: str) -> AbstractContextManager[Measuring]:
        """Measure the ranges of its joints; the arm is limp meanwhile."""
        ...

    def store(self, name: str, port: str, calibration: ArmCalibration) -> None:
        """Write a known calibration into the motors."""
        ...

    def assign(self, port: str, joint: str, *, done: Sequence[str] = ()) -> MotorAssigned:
        """Make the one new motor on the wire the motor of ``joint``; those ``done`` may be there.

        Raises:
            ConnectFailed: none, several or a foreign motor, or it did not keep its number.
        """
        ...
