"""Koch v1.1 arms as a bench file describes them, and the devices built from that.

    kind = "koch"
    [follower]
    port = "/dev/serial/by-id/usb-ROBOTIS_OpenRB-150_…"
    calibration = "follower.json"       # LeRobot's file, or ours
    [leaders.main]
    port = "…"
    calibration = "leader.json"

Knows no rig.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.arm_entries import ArmKind, Shared
from devices.base import Arm, Leader
from devices.bench_file import BenchTable
from devices.calibration.scale import within_range
from devices.koch.arm import KochArm
from devices.koch.leader import KochLeader
from devices.koch.parts import LARGEST_OFFSET, described_joints
from devices.servos.chain import ArmPort
from devices.servos.entry import read_place
from recordings.types import JointSpec, RobotSpec


@dataclass(frozen=True, slots=True)
class KochFollower:
    """A follower of a bench. Picklable."""

    place: ArmPort

    @property
    def joints(self) -> tuple[JointSpec, ...]:
        return within_range(described_joints(), self.place.calibration)

    @property
    def fingerprint(self) -> str:
        return self.place.calibration.fingerprint

    def build(self, robot: RobotSpec, *, name: str) -> Arm:
        """The arm, not open."""
        return KochArm(robot, self.place, name=name)


@dataclass(frozen=True, slots=True)
class KochLeaderEntry:
    """A leader of a bench. Picklable."""

    place: ArmPort

    @property
    def fingerprint(self) -> str:
        return self.place.calibration.fingerprint

    def build(self, joints: tuple[JointSpec, ...], *, name: str, device: str) -> Leader:
        """The leader, not open; its own joints are those of the description."""
        return KochLeader(described_joints(), self.place, name=name, device=device)


def _place(table: BenchTable, shared: Shared) -> ArmPort:
    return read_place(table, shared, described_joints(), largest_offset=LARGEST_OFFSET)


def _follower(table: BenchTable, shared: Shared) -> KochFollower:
    return KochFollower(_place(table, shared))


def _leader(table: BenchTable, shared: Shared) -> KochLeaderEntry:
    return KochLeaderEntry(_place(table, shared))


KIND = ArmKind(_follower, _leader)
