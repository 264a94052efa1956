"""A GELLO leader in a bench file: in front of a follower of any kind with one gripper or none.

    [leaders.gello]
    kind = "gello"
    port = "/dev/serial/by-id/usb-FTDI_USB__-__Serial_Converter_…"
    signs = [1, -1, -1, -1, 1, 1]       # per arm joint: which way its motor is mounted
    offsets = [0.0, 3.1416, 1.5708, 3.1416, 0.0, 1.5708]   # rad, each in a known pose
    trigger = [-0.597, 0.442]           # rad: open, closed; only where there is a gripper
    ids = [1, 2, 3, 4, 5, 6, 7]         # optional
    baud = 57600                        # optional

Knows no rig.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from devices.arm_entries import ArmKind, Shared
from devices.base import Leader
from devices.bench_file import BenchTable
from devices.dynamixel.packets import LAST_ID
from devices.dynamixel.registers import BAUDS
from devices.gello.leader import GelloLeader, GelloPlace
from devices.gello.scale import Trigger
from devices.servos.entry import PORT, read_patience
from recordings.types import JointSpec

BAUD = 57_600  # bit/s, what new motors are set to
LEAST_TRIGGER_RAD = 0.05  # less way tells nothing


@dataclass(frozen=True, slots=True)
class GelloEntry:
    """A GELLO of a bench. Picklable."""

    place: GelloPlace

    @property
    def fingerprint(self) -> str:
        told = (self.place.signs, self.place.offsets_rad, self.place.trigger)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:16]

    def build(self, joints: tuple[JointSpec, ...], *, name: str, device: str) -> Leader:
        """The leader, not open."""
        return GelloLeader(joints, self.place, name=name, device=device)


def _leader(table: BenchTable, shared: Shared) -> GelloEntry:
    table.only("kind", "port", "signs", "offsets", "trigger", "ids", "baud")
    port = table.text("port", PORT)
    shared.claim(table, "port", port)
    has_gripper = any(joint.is_gripper for joint in shared.joints)
    count = sum(not joint.is_gripper for joint in shared.joints)
    signs = _signs(table, count)
    offsets = table.numbers("offsets", count, f"{count} numbers, rad, one per arm joint")
    trigger = _trigger(table) if has_gripper else None
    patience, stale_s, hz = read_patience(shared.bus)
    return GelloEntry(
        GelloPlace(
            port,
            signs,
            offsets,
            trigger,
            _ids(table, count + (trigger is not None)),
            table.choice("baud", *BAUDS.values()) if table.has("baud") else BAUD,
            patience,
            stale_s,
            hz,
        )
    )


def _signs(table: BenchTable, count: int) -> tuple[int, ...]:
    expected = f"{count} times 1 or -1, one per arm joint"
    signs = table.numbers("signs", count, expected)
    if any(sign not in (1, -1) for sign in signs):
        raise table.refuse("signs", table.raw("signs"), expected)
    return tuple(int(sign) for sign in signs)


def _trigger(table: BenchTable) -> Trigger:
    expected = "two numbers, rad: where it is open, and where it is closed"
    open_rad, closed_rad = table.numbers("trigger", 2, expected)
    if abs(open_rad - closed_rad) < LEAST_TRIGGER_RAD:
        raise table.refuse("trigger", [open_rad, closed_rad], f"{expected}, apart")
    return Trigger(open_rad, closed_rad)


def _ids(table: BenchTable, count: int) -> tuple[int, ...]:
    if not table.has("ids"):
        return tuple(range(1, count + 1))
    expected = f"{count} different ids from 0 to {LAST_ID}"
    ids = tuple(int(number) for number in table.numbers("ids", count, expected))
    if len(set(ids)) < count or not all(0 <= motor <= LAST_ID for motor in ids):
        raise table.refuse("ids", list(ids), expected)
    return ids


KIND = ArmKind(leader=_leader)
