"""A Franka robot as a bench file describes it; it has no leader of its own kind.

    kind = "franka"
    [follower]
    address = "172.16.0.2"
    speed = 0.3                         # of what the robot can do; if absent
    [leaders.gello]
    kind = "gello"
    …

Knows no rig.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.arm_entries import ArmKind, Shared
from devices.base import Arm
from devices.bench_file import BenchTable
from devices.franka.arm import STALE_S, FrankaArm
from devices.franka.parts import USUAL_SPEED, described_joints
from devices.servos.entry import read_patience
from recordings.types import JointSpec, RobotSpec


@dataclass(frozen=True, slots=True)
class FrankaFollower:
    """A follower of a bench. Picklable."""

    address: str
    speed: float = USUAL_SPEED
    stale_s: float = STALE_S

    @property
    def joints(self) -> tuple[JointSpec, ...]:
        return described_joints()

    @property
    def fingerprint(self) -> str:
        return ""

    def build(self, robot: RobotSpec, *, name: str) -> Arm:
        """The arm, not open."""
        return FrankaArm(robot, self.address, speed=self.speed, stale_s=self.stale_s, name=name)


def _follower(table: BenchTable, shared: Shared) -> FrankaFollower:
    table.only("address", "speed")
    address = table.text("address", 'the address of its control box, e.g. "172.16.0.2"')
    shared.claim(table, "address", address)
    _, stale_s, _ = read_patience(shared.bus)
    speed = table.number("speed", USUAL_SPEED, low=0.01, high=1.0, unit="")
    return FrankaFollower(address, speed, max(stale_s, STALE_S))


KIND = ArmKind(_follower)
