"""Emulated leader, follower and two cameras through the real drivers and the rig process.

    python tests/bench/bench_teleop.py [--seconds 20]

A hand sways the leader; the follower repeats it. Lag is from the leader's joint to the goal in the
follower's motors, both read from the emulator at one moment, so cables and processes are all in it.
Once on clean buses, once with 1 % of the answers dropped and 1 % corrupted. For comparison the
simulated bench, in the same run: there "lag" is what the rig alone adds. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from devices.bench import Bench, load_bench
from devices.commands import Connect, SelectLeader, SetAuthority
from devices.emulators.arm_stand import ArmStandProcess
from devices.emulators.faults import FaultRates
from devices.emulators.orders import SetRates
from recordings.rig_status import RigPhase, RigStatus
from recordings.types import Authority, Fault
from studio.emulate import plan_of, shared_poses, start_cameras, write_files
from studio.recorder_host import RecorderHost
from studio.rig_host import RigHost

TICK_MS = 10.0
ROLES = ("leader", "follower")


class Watcher:
    """A studio without a window that records what happens."""

    def __init__(self, stack: ExitStack, bench: Bench, folder: Path) -> None:
        self.host = RigHost(bench)
        self.host.start()
        stack.callback(self.host.close)
        self.recorder = RecorderHost(self.host.live.handle, bench.robot, folder)
        self.recorder.start()
        stack.callback(self.recorder.close)
        self.status = RigStatus()
        self.faults: list[Fault] = []

    def pump(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s and not until():
            self.host.beat()
            self.recorder.poll()
            for report in self.host.poll(timeout_s=min(0.02, seconds)):
                if isinstance(report, RigStatus):
                    self.status = report
                elif isinstance(report, Fault):
                    self.faults.append(report)

    def drive(self, leader: str) -> None:
        self.host.send(Connect())
        self.pump(60.0, until=lambda: self.status.phase in (RigPhase.READY, RigPhase.FAULT))
        if self.status.phase is not RigPhase.READY:
            raise SystemExit(f"it did not connect: {self.status.fault}")
        self.host.send(SelectLeader(leader))
        self.host.send(SetAuthority(Authority.LEADER))
        self.pump(2.0)


def lag_ms(t_s: np.ndarray, hand: np.ndarray, goal: np.ndarray) -> float:
    """By how much ``goal`` (m, n) trails ``hand`` (m, n), both rad at times ``t_s`` (m,)."""
    speed = np.gradient(hand, t_s, axis=0)[:, :5]
    apart = (hand - goal)[:, :5]
    apart = apart - apart.mean(axis=0)  # the clutch keeps a constant offset
    return float(1e3 * (apart * speed).sum() / (speed**2).sum())


def measure(watcher: Watcher, stand: ArmStandProcess | None, seconds: float) -> dict[str, object]:
    """Watch for a while, and record it."""
    missed = {c.name: c.missed for c in watcher.status.cameras}
    counted = dict(watcher.status.notes)
    newest = watcher.host.live.steps.newest_index
    watcher.faults.clear()
    episode = watcher.recorder.begin("sway")
    truths = []
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        watcher.pump(0.004)
        if stand is not None:
            truths.append(stand.told())
    watcher.recorder.end(success=True)
    watcher.recorder.discard(episode)
    steps = watcher.host.live.steps.read_since(newest).steps
    gaps_ms = np.diff([step.t_ns for step in steps]) / 1e6
    loop, notes = watcher.status.loop, watcher.status.notes
    result: dict[str, object] = {
        "hz": (len(steps) - 1) / ((steps[-1].t_ns - steps[0].t_ns) / 1e9),
        "late_p99_ms": loop.p99_ms,
        "late_max_ms": loop.max_ms,
        "slots_skipped": int((np.round(gaps_ms / TICK_MS) - 1).clip(0).sum()),
        "driven_percent": 100 * float(np.mean([s.authority is Authority.LEADER for s in steps])),
        "frames_missed": sum(c.missed - missed[c.name] for c in watcher.status.cameras),
        "camera_fps": {c.name: round(c.fps, 1) for c in watcher.status.cameras},
        "faults": [fault.code for fault in watcher.faults],
        "cable": {
            k: v - counted.get(k, 0)
            for k, v in notes.items()
            if " " in k and v != counted.get(k, 0)
        },
    }
    if truths:
        t_s = np.array([truth.t_ns for truth in truths]) / 1e9
        hand = np.array([truth.arms["leader"].q for truth in truths])
        goal = np.array([truth.arms["follower"].goal for truth in truths])
        moved = np.array([truth.arms["follower"].q for truth in truths])
        result["lag_to_goal_ms"] = lag_ms(t_s, hand, goal)
        result["lag_to_motion_ms"] = lag_ms(t_s, hand, moved)
    return result


def emulated(seconds: float, *, rates: FaultRates) -> dict[str, object]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        poses = shared_poses(stack)
        plans = [plan_of(role, folder, sways=True) for role in ROLES]
        stand = stack.enter_context(ArmStandProcess(plans, poses=poses))
        urls = start_cameras(stack, 2, poses)
        bench = load_bench(str(write_files(folder, ROLES, urls)))
        watcher = Watcher(stack, bench, folder / "episodes")
        watcher.drive("leader")
        for role in ROLES:
            stand.order(SetRates(role, rates))
        return measure(watcher, stand, seconds)


def simulated(seconds: float) -> dict[str, object]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        watcher = Watcher(stack, load_bench("sim"), folder)
        watcher.drive("demonstrator")
        return measure(watcher, None, seconds)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=15.0)
    options = parser.parse_args(argv)
    clean = emulated(options.seconds, rates=FaultRates())
    dirty = emulated(options.seconds, rates=FaultRates(drop=0.01, corrupt=0.01))
    result = {
        "clean": clean,
        "dirty": dirty,
        "simulated": simulated(options.seconds),
        "bars": {
            "lag_under_2_ticks": clean["lag_to_goal_ms"] < 2 * TICK_MS,
            "100_hz": clean["hz"] > 99.0,
            "no_frame_missed": clean["frames_missed"] == 0,
            "dirty_bus_is_no_fault": dirty["faults"] == [],
            "dirty_bus_no_tick_later_than_10_ms": dirty["late_max_ms"] <= TICK_MS,
        },
    }
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
