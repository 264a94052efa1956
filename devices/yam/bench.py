"""YAM arms as a bench file describes them, and the devices built from that.

    kind = "yam"
    [follower]
    port = "can_follower"               # a CAN network interface, or slcan:/dev/…, gs_usb:0
    gripper = "linear_4310"             # if absent
    [leaders.main]
    port = "slcan:/dev/serial/by-id/usb-…"

There is no calibration: the motors keep their zero. Knows no rig.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.arm_entries import ArmKind, Shared
from devices.base import Arm, Leader
from devices.bench_file import BenchTable
from devices.damiao.bus import CanPlace
from devices.servos.entry import read_patience
from devices.yam.arm import YamArm
from devices.yam.chain import YamPlace
from devices.yam.leader import YamLeader
from devices.yam.parts import GRIPPERS, Gripper, described_joints
from recordings.types import JointSpec, RobotSpec

PORT = 'a CAN interface like "can0", or "slcan:/dev/serial/by-id/…", "gs_usb:0"'
USUAL_GRIPPER = "linear_4310"
SERIAL_HZ = 125.0  # a serial adapter hands on text: it takes longer than the wire


@dataclass(frozen=True, slots=True)
class YamFollower:
    """A follower of a bench. Picklable."""

    place: YamPlace
    gripper: Gripper

    @property
    def joints(self) -> tuple[JointSpec, ...]:
        return described_joints()

    @property
    def fingerprint(self) -> str:
        return ""

    def build(self, robot: RobotSpec, *, name: str) -> Arm:
        """The arm, not open."""
        return YamArm(robot, self.place, self.gripper, name=name)


@dataclass(frozen=True, slots=True)
class YamLeaderEntry:
    """A leader of a bench. Picklable."""

    place: YamPlace

    @property
    def fingerprint(self) -> str:
        return ""

    def build(self, joints: tuple[JointSpec, ...], *, name: str, device: str) -> Leader:
        """The leader, not open; its own joints are those of the description."""
        return YamLeader(described_joints(), self.place, name=name, device=device)


def _place(table: BenchTable, shared: Shared) -> YamPlace:
    text = table.text("port", PORT)
    try:
        port = CanPlace.of(text)
    except ValueError as error:
        raise table.refuse("port", text, PORT) from error
    shared.claim(table, "port", text)
    patience, stale_s, hz = read_patience(shared.bus)
    if port.interface == "slcan":
        hz = min(hz, SERIAL_HZ)
    return YamPlace(port, patience, stale_s, hz)


def _follower(table: BenchTable, shared: Shared) -> YamFollower:
    table.only("port", "gripper")
    kind = table.choice("gripper", *GRIPPERS) if table.has("gripper") else USUAL_GRIPPER
    return YamFollower(_place(table, shared), GRIPPERS[kind])


def _leader(table: BenchTable, shared: Shared) -> YamLeaderEntry:
    table.only("kind", "port")
    return YamLeaderEntry(_place(table, shared))


KIND = ArmKind(_follower, _leader)
