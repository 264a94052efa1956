"""A bench of SO-101 arms as a file describes it, and the devices built from that.

    version = 1
    kind = "so101"                      # or "so100"

    [follower]
    port = "/dev/serial/by-id/usb-1a86_USB_Single_Serial_5A46083062-if00"
    calibration = "follower.toml"       # beside this file; LeRobot's .json will do

    [leaders.main]                      # any name, any number
    port = "usb:1A86:55D3:5A46085921"   # the adapter's identity, wherever it is plugged in
    calibration = "leader.toml"

    [bus]                               # optional: how patient the cables are
    stale_ms = 20

Limits are narrowed to what each arm was swept over. Knows no rig.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devices.base import Arm, Leader
from devices.bench_file import BenchTable
from devices.calibration.scale import within_range
from devices.calibration.store import read_calibration
from devices.description import joint_specs, robot_folder
from devices.feetech.bus import Patience
from devices.so101.arm import SO101Arm
from devices.so101.chain import ArmPort
from devices.so101.leader import SO101Leader
from recordings.types import CameraSpec, JointSpec, RobotSpec

ROBOT = "so101"
CONTROL_HZ = 100.0
TOOL_LEADER = "hand"
PORT = 'a port such as "/dev/serial/by-id/…" or an identity such as "usb:1A86:55D3:5A46083062"'
CALIBRATION = 'the file with the calibration of this arm, e.g. "follower.toml"'


@dataclass(frozen=True, slots=True)
class SO101Arms:
    """The arms of one bench. Picklable."""

    follower: ArmPort
    leaders: Mapping[str, ArmPort]

    @property
    def leader_names(self) -> tuple[str, ...]:
        return tuple(self.leaders)

    def build(self, robot: RobotSpec) -> tuple[Arm, dict[str, Leader]]:
        """The follower and the leaders, none of them open."""
        joints = described_joints()
        leaders = {
            name: SO101Leader(joints, place, name=name) for name, place in self.leaders.items()
        }
        return SO101Arm(robot, self.follower), dict(leaders)


def described_joints() -> tuple[JointSpec, ...]:
    """Joints as the robot description has them, before any calibration."""
    return joint_specs(robot_folder(ROBOT) / "robot.xml")


def read_arms(file: BenchTable) -> SO101Arms:
    """The arms that a bench file describes.

    Raises:
        InvalidBench: something in it is missing or impossible.
        InvalidCalibration: a calibration cannot be read or cannot be true.
    """
    taken: dict[str, str] = {}
    bus = _bus(file.table("bus"))
    if not file.has("follower"):
        raise file.refuse("follower", None, "a table with port and calibration")
    follower = _place(file.table("follower"), bus, taken)
    leaders = {name: _place(table, bus, taken) for name, table in file.tables("leaders").items()}
    if TOOL_LEADER in leaders:
        expected = "another name: this one drives with mouse and keys"
        raise file.table("leaders").refuse(TOOL_LEADER, "a leader", expected)
    return SO101Arms(follower, leaders)


def robot_of(kind: str, arms: SO101Arms, cameras: tuple[CameraSpec, ...]) -> RobotSpec:
    """What this very follower is; an SO-100 has the same joints under another name."""
    joints = within_range(described_joints(), arms.follower.calibration)
    return RobotSpec(kind, joints, cameras, CONTROL_HZ)


@dataclass(frozen=True, slots=True)
class _Bus:
    """How patient the buses of a bench are."""

    patience: Patience
    stale_s: float
    hz: float


def _place(table: BenchTable, bus: _Bus, taken: dict[str, str]) -> ArmPort:
    """One arm; ``taken`` remembers ports and files of the arms before it."""
    table.only("port", "calibration")
    port = table.text("port", PORT)
    written = table.text("calibration", CALIBRATION)
    path = Path(table.source).parent / written
    for key, value in (("port", port), ("calibration", str(path))):
        owner = taken.setdefault(value, table.place_of(key))
        if owner != table.place_of(key):
            raise table.refuse(key, table.raw(key), f"one of its own: {owner} has this one")
    names = tuple(joint.name for joint in described_joints())
    calibration = read_calibration(path, names=names)
    return ArmPort(port, calibration, patience=bus.patience, stale_s=bus.stale_s, hz=bus.hz)


def _bus(table: BenchTable) -> _Bus:
    table.only("reply_ms", "retry_ms", "retries", "stale_ms", "hz")
    plain = Patience()
    patience = Patience(
        first_s=table.number("reply_ms", 1e3 * plain.first_s, low=1, high=1e4, unit="ms") / 1e3,
        again_s=table.number("retry_ms", 1e3 * plain.again_s, low=1, high=1e4, unit="ms") / 1e3,
        retries=int(table.number("retries", plain.retries, low=0, high=20, unit="")),
    )
    stale_s = table.number("stale_ms", 20.0, low=5, high=1e4, unit="ms") / 1e3
    hz = table.number("hz", 200.0, low=10, high=1000, unit="Hz")
    return _Bus(patience, stale_s, hz)
