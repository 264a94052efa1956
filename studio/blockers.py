"""What stands between a person and the first demonstration: one line each, worst first.

A pure function of what is known; decides nothing and knows no widget.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from recordings.rig_status import LoopStats, RigPhase, RigStatus
from recordings.types import RobotSpec

ENOUGH_GB = 2.0
ENOUGH_FPS, ENOUGH_HZ = 0.8, 0.95  # of what was asked for
SETUP_MENDS = (
    "calibration_mismatch", "motors_missing", "motors_collide", "wrong_motor", "mixed_firmware",
    "port_denied",
)  # fmt: skip
"""Faults of connecting that the place where a kit is set up explains and mends."""


@dataclass(frozen=True, slots=True)
class Blocker:
    """One line of "Before you can start"."""

    name: str
    text: str
    ok: bool
    blocks: bool = True  # False: worth a look, one may start all the same
    fix: str = ""  # intent on the session that mends it, "" when a person must
    fix_text: str = ""


def blockers(
    robot: RobotSpec, status: RigStatus, data: Path, *, rig_gone: bool, connect_wanted: bool
) -> list[Blocker]:
    """All lines, ready or not.

    Args:
        robot: of the bench.
        status: newest of the rig.
        data: folder where recordings go.
        rig_gone: its process has ended by itself.
        connect_wanted: the rig is told to connect as soon as it can be.
    """
    ready = status.phase is RigPhase.READY and not rig_gone
    lines = [_arm(robot, status, ready=ready, rig_gone=rig_gone, connect_wanted=connect_wanted)]
    for camera in robot.cameras:
        health = next((c for c in status.cameras if c.name == camera.name), None)
        good = ready and health is not None and health.fps > ENOUGH_FPS * camera.fps
        text = f"{health.fps:.0f} fps, {camera.width}×{camera.height}" if health else "waiting"
        lines.append(Blocker(f"Camera {camera.name}", text, good, blocks=health is None))
    lines.append(_loop(status.loop, good=ready and status.loop.hz > ENOUGH_HZ * robot.control_hz))
    lines.append(_disk(data))
    return lines


def _arm(
    robot: RobotSpec, status: RigStatus, *, ready: bool, rig_gone: bool, connect_wanted: bool
) -> Blocker:
    if rig_gone:
        text = "its process is gone; nothing is moved"
        return Blocker("Arm", text, False, fix="reconnect", fix_text="Reconnect")
    if status.phase is RigPhase.FAULT and status.fault:
        text = f"{status.fault.message} {status.fault.hint}".strip()
        if status.fault.code in SETUP_MENDS:
            return Blocker("Arm", text, False, fix="set_up", fix_text="Set up")
        return Blocker("Arm", text, False, fix="connect_rig", fix_text="Connect again")
    if ready:
        return Blocker("Arm", f"{robot.name}, {len(robot.joints)} joints", True)
    if status.phase is RigPhase.CONNECTING or connect_wanted:
        return Blocker("Arm", "connecting…", False)
    return Blocker("Arm", "not connected", False, fix="connect_rig", fix_text="Connect")


def _loop(loop: LoopStats, *, good: bool) -> Blocker:
    text = f"{loop.hz:.0f} Hz, 99 % of ticks within {loop.p99_ms:.1f} ms"
    return Blocker(
        "Control loop", text + (" (real-time)" if loop.realtime else ""), good, blocks=False
    )


def _disk(data: Path) -> Blocker:
    free_gb = shutil.disk_usage(data).free / 1e9
    return Blocker("Disk", f"{free_gb:.0f} GB free in {data}", free_gb > ENOUGH_GB)
