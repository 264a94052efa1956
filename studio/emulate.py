"""`foresight emulate so101|koch|yam`: arms made of software, on ports that any driver can open.

Prints the ports, then runs until Ctrl+C or the end of stdin's owner. On stdin it takes orders, one
JSON object per line: pull the cable, block a joint, spoil answers. Also writes a bench file and the
calibrations, so that ``foresight --bench FILE`` drives the emulated arms like real ones. With
``--bimanual`` there is a left and a right one of each; cameras look at the left one's bench.
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
from devices.emulators.makes import MAKES
from devices.emulators.orders import Tell, UnknownOrder, as_line, order_of
from devices.emulators.plan import ArmPlan
from devices.sim.pose_block import PoseBlock, PoseBlockHandle
from devices.sim.robot import CAMERAS

ROLES = ("leader", "follower")
SIDES = ("left", "right")
SEEDS = {  # two arms are never mounted alike
    "follower": 1,
    "leader": 2,
    "left_follower": 1,
    "left_leader": 2,
    "right_follower": 3,
    "right_leader": 4,
}
CAMERA_SIZE = (320, 240)  # px
PATIENT_BUS = {"reply_ms": 30, "retry_ms": 30, "stale_ms": 60}
"""Emulated arms share the processor with whatever drives them."""


def main(options: argparse.Namespace) -> int:
    """Run the emulator; returns the exit code."""
    roles = [role for role in ROLES if getattr(options, role)] or list(ROLES)
    names = [f"{side}_{r}" for side in SIDES for r in roles] if options.bimanual else roles
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with ExitStack() as stack:
        folder = options.out or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="foresight-"))
        )
        pictured = "follower" in roles and MAKES[options.robot].has_bench
        poses = shared_poses(stack) if options.cameras and pictured else None
        plans = [
            plan_of(name, folder, sways=options.sway, fresh=options.fresh, make=options.robot)
            for name in names
        ]
        stand = stack.enter_context(ArmStandProcess(plans, poses=poses))
        urls = start_cameras(stack, options.cameras, poses) if options.cameras else {}
        bench = write_files(folder, names, urls, make=options.robot)
        tell(stand.ports, urls, bench, options)
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


def plan_of(
    name: str, folder: Path, *, sways: bool, fresh: bool = False, make: str = "so101"
) -> ArmPlan:
    """The emulated arm of a role, "leader" or "right_leader"."""
    is_leader = name.endswith("leader")
    return ArmPlan(
        name=name,
        link=str(folder / name),
        is_leader=is_leader,
        seed=SEEDS[name],
        sways=sways and is_leader,
        wakes_with_torque=not is_leader and make == "so101",
        fresh=fresh,
        make=make,
    )


def write_files(
    folder: Path,
    names: Iterable[str],
    urls: Mapping[str, str] | None = None,
    *,
    make: str = "so101",
) -> Path | None:
    """Calibrations (ours and LeRobot's) beside the ports; a bench file where there is an arm."""
    places: dict[str, dict[str, str]] = {}
    for name in names:
        interface, calibrated = MAKES[make].interface, MAKES[make].calibration
        port = f"{interface}:{folder / name}" if interface else str(folder / name)
        places[name] = {"port": port}
        if calibrated is not None:
            calibration = calibrated(SEEDS[name], name.endswith("leader"))
            write_calibration(folder / f"{name}.toml", calibration)
            write_lerobot(folder / f"{name}.json", calibration)
            places[name]["calibration"] = f"{name}.toml"
    if not any(name.endswith("follower") for name in places):
        return None
    content: dict[str, object] = {"version": 1, **arm_tables(places, make)}
    width, height = CAMERA_SIZE
    content["cameras"] = {
        name: {"address": url, "width": width, "height": height, "fps": 30}
        for name, url in (urls or {}).items()
    }
    path = folder / "bench.toml"
    path.write_text(tomli_w.dumps(content | {"bus": PATIENT_BUS}), encoding="utf-8")
    return path


def arm_tables(places: Mapping[str, dict[str, str]], make: str) -> dict[str, object]:
    """The tables of a bench file for arms of one make at these places, by name."""
    if "follower" in places:
        leaders = {"leader": places["leader"]} if "leader" in places else {}
        return {"kind": make, "follower": places["follower"], "leaders": leaders}
    sides = {
        side: arm_tables({n.removeprefix(f"{side}_"): place for n, place in places.items()}, make)
        for side in SIDES
    }
    return {"kind": "bimanual", **sides}


def tell(
    ports: Mapping[str, str],
    urls: Mapping[str, str],
    bench: Path | None,
    options: argparse.Namespace,
) -> None:
    """Say where everything is."""
    if options.json:
        arms = {role: ports_of(role, ports, bimanual=options.bimanual) for role in ROLES}
        sys.stdout.write(json.dumps({**arms, "cameras": list(urls.values())}) + "\n")
    else:
        for name, place in (*ports.items(), *urls.items()):
            sys.stdout.write(f"{name:<16}{place}\n")
        if bench is not None:
            sys.stdout.write(f"{'bench':<16}{bench}\n\nforesight --bench {bench}\n")
        sys.stdout.write("Ctrl+C ends it.\n")
    sys.stdout.flush()


def ports_of(role: str, ports: Mapping[str, str], *, bimanual: bool) -> object:
    """The port of a role, None without one; of a pair, those of both sides."""
    return {s: ports.get(f"{s}_{role}") for s in SIDES} if bimanual else ports.get(role)


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
