"""SO-101 and SO-100 arms as a bench file describes them, and the devices built from that.

    version = 1
    kind = "so101"                      # or "so100"

    [follower]
    port = "/dev/serial/by-id/usb-1a86_USB_Single_Serial_5A46083062-if00"
    calibration = "follower.toml"       # beside this file; LeRobot's .json will do

    [leaders.main]                      # any name, any number
    port = "usb:1A86:55D3:5A46085921"   # the adapter's identity, wherever it is plugged in
    calibration = "leader.toml"

Limits are narrowed to what each arm was swept over. Knows no rig.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.arm_entries import ArmKind, Shared
from devices.base import Arm, Leader
from devices.bench_file import BenchTable
from devices.calibration.scale import within_range
from devices.description import joint_specs, robot_folder
from devices.servos.chain import ArmPort
from devices.servos.entry import read_place
from devices.so101.arm import SO101Arm
from devices.so101.leader import SO101Leader
from recordings.types import JointSpec, RobotSpec

ROBOT = "so101"


@dataclass(frozen=True, slots=True)
class SO101Follower:
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
        return SO101Arm(robot, self.place, name=name)


@dataclass(frozen=True, slots=True)
class SO101LeaderEntry:
    """A leader of a bench. Picklable."""

    place: ArmPort

    @property
    def fingerprint(self) -> str:
        return self.place.calibration.fingerprint

    def build(self, joints: tuple[JointSpec, ...], *, name: str, device: str) -> Leader:
        """The leader, not open; its own joints are those of the description."""
        return SO101Leader(described_joints(), self.place, name=name, device=device)


def described_joints() -> tuple[JointSpec, ...]:
    """Joints as the robot description has them, before any calibration."""
    return joint_specs(robot_folder(ROBOT) / "robot.xml")


def _follower(table: BenchTable, shared: Shared) -> SO101Follower:
    return SO101Follower(read_place(table, shared, described_joints()))


def _leader(table: BenchTable, shared: Shared) -> SO101LeaderEntry:
    return SO101LeaderEntry(read_place(table, shared, described_joints()))


KIND = ArmKind(_follower, _leader)
