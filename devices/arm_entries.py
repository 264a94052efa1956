"""Arms as a bench file describes them: what any make must tell before its devices are built.

Entries are plain data that go through a pipe to the rig process, which builds them there. Knows no
particular make; those stand in :mod:`devices.arm_kinds`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from devices.base import Arm, Leader
from devices.bench_file import BenchTable
from devices.description import Standing
from recordings.types import JointSpec, RobotSpec

CONTROL_HZ = 100.0
RESERVED = "hand"  # the leader that drives with mouse and keys


class FollowerEntry(Protocol):
    """A follower, described."""

    @property
    def joints(self) -> tuple[JointSpec, ...]:
        """In order, limits narrowed to what this very arm can do."""
        ...

    @property
    def fingerprint(self) -> str:
        """Tells its calibration from every other one; "" where its motors keep their zero."""
        ...

    def build(self, robot: RobotSpec, *, name: str) -> Arm:
        """The arm, not open; ``name`` is for its errors."""
        ...


class LeaderEntry(Protocol):
    """A leader, described."""

    @property
    def fingerprint(self) -> str:
        """Tells its calibration from every other one; "" where its motors keep their zero."""
        ...

    def build(self, joints: tuple[JointSpec, ...], *, name: str, device: str) -> Leader:
        """The leader, not open.

        Args:
            joints: of the follower that it leads.
            name: for the person who selects it.
            device: for its errors.
        """
        ...


@dataclass(frozen=True, slots=True)
class Shared:
    """What the arms of one bench have in common."""

    bus: BenchTable
    """The ``[bus]`` table: how patient the cables are."""
    owners: dict[str, str] = field(default_factory=dict[str, str])
    """Port or calibration file → where in the bench file it was named first."""
    joints: tuple[JointSpec, ...] = ()
    """Of the follower that leaders are read for."""

    def claim(self, table: BenchTable, key: str, value: str) -> None:
        """Make sure that nobody else has this port or file.

        Raises:
            InvalidBench: another arm has it.
        """
        owner = self.owners.setdefault(value, table.place_of(key))
        if owner != table.place_of(key):
            raise table.refuse(key, table.raw(key), f"one of its own: {owner} has this one")


@dataclass(frozen=True, slots=True)
class ArmKind:
    """How arms of one kind are read from their tables; None: there are none such."""

    follower: Callable[[BenchTable, Shared], FollowerEntry] | None = None
    leader: Callable[[BenchTable, Shared], LeaderEntry] | None = None


@dataclass(frozen=True, slots=True)
class OneArm:
    """A follower and its leaders. Picklable."""

    kind: str
    follower: FollowerEntry
    leaders: Mapping[str, LeaderEntry]

    @property
    def name(self) -> str:
        """Of the robot."""
        return self.kind

    @property
    def joints(self) -> tuple[JointSpec, ...]:
        return self.follower.joints

    @property
    def standing(self) -> tuple[Standing, ...]:
        return (Standing(self.kind),)

    @property
    def leader_names(self) -> tuple[str, ...]:
        return tuple(self.leaders)

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Arm → what tells its calibration from every other one; those that have one."""
        arms = {"follower": self.follower.fingerprint}
        arms |= {f"leader {name}": entry.fingerprint for name, entry in self.leaders.items()}
        return {arm: told for arm, told in arms.items() if told}

    def build(self, robot: RobotSpec, *, side: str = "") -> tuple[Arm, dict[str, Leader]]:
        """The follower and the leaders, none of them open.

        Args:
            robot: what the follower is.
            side: "left " or "right ", for errors; "" when there is only one.
        """
        leaders = {
            name: entry.build(robot.joints, name=name, device=f"{side}leader {name}")
            for name, entry in self.leaders.items()
        }
        return self.follower.build(robot, name=f"{side}arm"), leaders
