"""Arms on a chain of servos, as a bench file describes them: a port, a calibration, patience.

    port = "/dev/serial/by-id/usb-1a86_USB_Single_Serial_5A46083062-if00"
    calibration = "follower.toml"       # beside the bench file; LeRobot's .json will do

    [bus]                               # optional, for all arms: how patient the cables are
    stale_ms = 20

Knows no maker.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from devices.arm_entries import Shared
from devices.bench_file import BenchTable
from devices.calibration.store import read_calibration
from devices.calibration.types import LARGEST_OFFSET
from devices.servos.bus import Patience
from devices.servos.chain import ArmPort
from recordings.types import JointSpec

PORT = 'a port such as "/dev/serial/by-id/…" or an identity such as "usb:1A86:55D3:5A46083062"'
CALIBRATION = 'the file with the calibration of this arm, e.g. "follower.toml"'


def read_place(
    table: BenchTable,
    shared: Shared,
    joints: Sequence[JointSpec],
    *,
    largest_offset: int = LARGEST_OFFSET,
) -> ArmPort:
    """Where an arm is plugged in and what was measured of it.

    Args:
        table: with ``port`` and ``calibration``; ``kind`` may stand there too.
        shared: of the bench.
        joints: of its robot description.
        largest_offset: that its motors can hold, steps.

    Raises:
        InvalidBench: something is missing or impossible.
        InvalidCalibration: the calibration cannot be read or cannot be true.
    """
    table.only("kind", "port", "calibration")
    port = table.text("port", PORT)
    path = Path(table.source).parent / table.text("calibration", CALIBRATION)
    shared.claim(table, "port", port)
    shared.claim(table, "calibration", str(path))
    names = tuple(joint.name for joint in joints)
    calibration = read_calibration(path, names=names, largest_offset=largest_offset)
    patience, stale_s, hz = read_patience(shared.bus)
    return ArmPort(port, calibration, patience=patience, stale_s=stale_s, hz=hz)


def read_patience(table: BenchTable) -> tuple[Patience, float, float]:
    """Patience of a bus, s after which a reading is none, and readings per second.

    Raises:
        InvalidBench: something in it is impossible.
    """
    table.only("reply_ms", "retry_ms", "retries", "stale_ms", "hz")
    plain = Patience()
    patience = Patience(
        first_s=table.number("reply_ms", 1e3 * plain.first_s, low=1, high=1e4, unit="ms") / 1e3,
        again_s=table.number("retry_ms", 1e3 * plain.again_s, low=1, high=1e4, unit="ms") / 1e3,
        retries=int(table.number("retries", plain.retries, low=0, high=20, unit="")),
    )
    stale_s = table.number("stale_ms", 20.0, low=5, high=1e4, unit="ms") / 1e3
    return patience, stale_s, table.number("hz", 200.0, low=10, high=1000, unit="Hz")
