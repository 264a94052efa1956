"""`foresight emulate so101`: arms made of software, on ports that any driver can open.

Prints the ports, then runs until Ctrl+C or the end of stdin's owner. On stdin it takes orders, one
JSON object per line: pull the cable, block a joint, spoil answers. Also writes a bench file and the
calibrations, so that ``foresight --bench FILE`` drives the emulated arms like real ones.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path

import tomli_w

from devices.calibration.lerobot import write_lerobot
from devices.calibration.store import write_calibration
from devices.emulators.arm_stand import ArmStandProcess
from devices.emulators.orders import Tell, UnknownOrder, as_line, order_of
from devices.emulators.so101 import ArmPlan, so101_calibration
from devices.sim.pose_block import PoseBlock, PoseBlockHandle
from devices.sim.robot import CAMERAS

ROLES = ("leader", "follower")
SEEDS = {"follower": 1, "leader": 2}  # two arms are never mounted alike
CAMERA_SIZE = (320, 240)  # px
PATIENT_BUS = {"reply_ms": 30, "retry_ms": 30, "stale_ms": 60}
"""Emulated arms share the processor with whatever drives them."""


def main(options: argparse.Namespace) -> int:
    """Run the emulator; returns the exit code."""
    roles = [role for role in ROLES if getattr(options, role)] or list(ROLES)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with ExitStack() as stack:
        folder = options.out or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="foresight-"))
        )
        poses = shared_poses(stack) if options.cameras and "follower" in roles else None
        plans = [plan_of(role, folder, sways=options.sway, fresh=options.fresh) for role in roles]
        stand = stack.enter_context(ArmStandProcess(plans, poses=poses))
        urls = start_cameras(stack, options.cameras, poses) if options.cameras else {}
        bench = write_files(folder, roles, urls)
        ports = {role: stand.ports.get(role) for role in ROLES}
        tell({**ports, "cameras": list(urls.values())}, bench, as_json=options.json)
        serve(stand, ended)
    return 0


def shared_poses(stack: ExitStack) -> PoseBlockHandle:
    """Where the follower shows the cameras its bench; removed when the stack ends."""
    from devices.sim.world import load_bench_model

    block = PoseBlock.create(load_bench_model().nq)
    stack.callback(block.unlink)
    stack.callback(block.close)
    return block.handle


def start_cameras(stack: ExitStack, count: int, poses: PoseBlockHandle | None) -> dict[str, str]:
    """Cameras that look at the follower's bench: name → address."""
    from devices.emulators.camera_stand import CameraStandProcess, StandPlan
    from devices.emulators.pictures import ScenePictures

    plan = StandPlan(CAMERAS[:count], *CAMERA_SIZE, pictures=ScenePictures(poses))
    cameras = CameraStandProcess(plan)
    stack.callback(cameras.stop)
    return cameras.start()


def plan_of(role: str, folder: Path, *, sways: bool, fresh: bool = False) -> ArmPlan:
    """The emulated arm of a role."""
    return ArmPlan(
        name=role,
        link=str(folder / role),
        is_leader=role == "leader",
        seed=SEEDS[role],
        sways=sways and role == "leader",
        wakes_with_torque=role == "follower",
        fresh=fresh,
    )


def write_files(
    folder: Path, roles: Iterable[str], urls: Mapping[str, str] | None = None
) -> Path | None:
    """Calibrations (ours and LeRobot's) beside the ports; a bench file where there is an arm."""
    content: dict[str, object] = {"version": 1, "kind": "so101"}
    for role in roles:
        calibration = so101_calibration(SEEDS[role])
        write_calibration(folder / f"{role}.toml", calibration)
        write_lerobot(folder / f"{role}.json", calibration)
        place = {"port": str(folder / role), "calibration": f"{role}.toml"}
        content |= {"leaders": {"leader": place}} if role == "leader" else {role: place}
    if "follower" not in content:
        return None
    width, height = CAMERA_SIZE
    content["cameras"] = {
        name: {"address": url, "width": width, "height": height, "fps": 30}
        for name, url in (urls or {}).items()
    }
    path = folder / "bench.toml"
    path.write_text(tomli_w.dumps(content | {"bus": PATIENT_BUS}), encoding="utf-8")
    return path


def tell(ports: dict[str, object], bench: Path | None, *, as_json: bool) -> None:
    """Say where everything is."""
    if as_json:
        sys.stdout.write(json.dumps(ports) + "\n")
    else:
        for name, port in ports.items():
            places = port if isinstance(port, list) else [port]
            for place in places:
                sys.stdout.write(f"{name:<10}{place or '–'}\n")
        if bench is not None:
            sys.stdout.write(f"{'bench':<10}{bench}\n\nforesight --bench {bench}\n")
        sys.stdout.write("Ctrl+C ends it.\n")
    sys.stdout.flush()


def serve(stand: ArmStandProcess, ended: threading.Event) -> None:
    """Obey the orders on stdin until told to end, or whoever started us is gone."""
    threading.Thread(target=_listen, args=(stand,), daemon=True).start()
    parent = os.getppid()
    while not ended.wait(0.5):
        if not stand.alive or os.getppid() != parent:
            return


def _listen(stand: ArmStandProcess) -> None:
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            order = order_of(line)
            stand.order(order)
            if isinstance(order, Tell):
                sys.stdout.write(as_line(stand.told()) + "\n")
                sys.stdout.flush()
        except UnknownOrder as error:
            sys.stderr.write(f"{error}\n")
            sys.stderr.flush()
