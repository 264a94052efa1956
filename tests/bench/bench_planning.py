"""How fast the tiny policy plans on a processor: prints one JSON object.

A real policy (the shipped weights, a made-up tag) answers real requests with two pictures of a
camera's size and a running plan, K = 1 and K = 8 in turns. The rate is wall time: what a person
gets on this machine as busy as it is now, so read it beside the load. "processor" is the time the
work costs over all threads; it is steadier, and is no rate.

    taskset -c 0 python tests/bench/bench_planning.py --threads 1 --runs 50
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from typing import Any

import numpy as np

from model import checkpoint
from model.policy import Policy
from model.run_setup import shipped_foundation
from model.tags import RELATIVE, NormStats, TagMetadata
from recordings.types import (
    CameraSpec,
    Frame,
    JointSpec,
    JointState,
    Observation,
    RobotSpec,
    frozen_f32,
)
from recordings.wire import PlanRequest

WIDTH, HEIGHT = 640, 480
TASK = "put the red cube in the tray"


def robot() -> RobotSpec:
    """Six joints and two cameras, as on the simulated bench."""
    names = ("shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll")
    arm = tuple(JointSpec(name, lower=-1.9, upper=1.9, max_speed=3.0) for name in names)
    gripper = JointSpec("gripper", lower=0.0, upper=1.0, max_speed=2.5, is_gripper=True)
    cameras = tuple(CameraSpec(name, WIDTH, HEIGHT, 30.0) for name in ("front", "wrist"))
    return RobotSpec("so101", (*arm, gripper), cameras, control_hz=100.0)


def policy(spec: RobotSpec, *, threads: int) -> Policy:
    """The shipped tiny network with statistics that are good enough to be timed."""
    import torch

    torch.set_num_threads(threads)
    folder = shipped_foundation("tiny")
    if folder is None:
        sys.exit("no tiny foundation in assets/foundation/tiny")
    loaded = checkpoint.load(folder)
    tag = TagMetadata(
        state=NormStats(q01=(-2.0,) * 5 + (0.0,), q99=(2.0,) * 5 + (1.0,)),
        action=NormStats(q01=(-0.5,) * 5 + (0.0,), q99=(0.5,) * 5 + (1.0,)),
        setup_type="single so101 robotic arm in foresight",
        control_mode=RELATIVE,
        camera_keys=spec.camera_names,
        action_hz=20.0,
        robot=spec,
        tasks=(TASK,),
    )
    processor = loaded.processor.with_tag("bench", tag)
    return Policy(loaded.model, processor, tag="bench", robot=spec, name="bench")


def request(spec: RobotSpec, *, samples: int, seed: int) -> PlanRequest:
    """What the rig asks while a plan is running: new pictures every time."""
    rng = np.random.default_rng(seed)
    frames = {
        name: Frame(name, rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8), 0, seed)
        for name in spec.camera_names
    }
    state = JointState(frozen_f32(rng.uniform(0.0, 0.5, 6)), 0)
    return PlanRequest(
        observation=Observation(state, frames, TASK),
        epoch=0,
        plan_id=seed,
        prefix=frozen_f32(np.tile(state.q, (20, 1))),
        prefix_dt_s=0.05,
        delay_steps=3,
        num_samples=samples,
        seed=seed,
    )


def main() -> int:
    """Warm up, take turns, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=40)
    options = parser.parse_args()
    spec = robot()
    planner = policy(spec, threads=options.threads)
    laps: dict[int, list[dict[str, float]]] = {1: [], 8: []}
    for run in range(options.runs + 2):
        for samples, kept in laps.items():
            asked = request(spec, samples=samples, seed=run)
            began_s = time.process_time()
            plan = planner.plan(asked)
            spent_ms = (time.process_time() - began_s) * 1e3
            if run >= 2:
                kept.append({**plan.timings, "processor": spent_ms})
    load = round(os.getloadavg()[0], 2)  # programs that wanted to run in the last minute
    result: dict[str, Any] = {"threads": options.threads, "runs": options.runs, "load": load}
    for samples, kept in laps.items():
        middle = {stage: statistics.median(lap[stage] for lap in kept) for stage in kept[0]}
        result[f"k{samples}_ms"] = {stage: round(ms, 2) for stage, ms in middle.items()}
        result[f"k{samples}_hz"] = round(1e3 / middle["total"], 2)
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
