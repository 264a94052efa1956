"""How well the tiny policy learns: prints one JSON object.

Demonstrations are recorded into real episode files, ``model.train_job`` fine-tunes on them in a
process of its own, and the policy drives the bench on fresh scenes. All of it in lockstep, on a
made-up clock: no scene is easier because the machine is slow, and a busy machine changes nothing
but the number of training steps. A plan takes effect ``LATENCY_S`` after its pictures, as it does
on the rig; until then the one before goes on.

    python tests/bench/bench_learning.py --out /tmp/learning --episodes 50 --minutes 15 --trials 20
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from devices.bench import SIM_SETTINGS
from devices.kinematics import Kinematics
from devices.sim.demonstrator import Demonstrator
from devices.sim.lockstep import Pictures, follow, lockstep
from devices.sim.render import SceneRenderer
from devices.sim.robot import CAMERA_FPS, sim_robot
from devices.sim.scene import SimScene
from devices.sim.world import World
from model.policy import Policy
from recordings.live import Live
from recordings.recorder import Recorder
from recordings.types import (
    F32,
    Authority,
    Frame,
    JointState,
    Observation,
    Plan,
    Step,
    frozen_f32,
)
from recordings.wire import PlanRequest
from studio.demonstrations import begins_after_a_miss
from studio.trials import wilson

TASK = "put the red cube in the tray"
CUBE = "red"
WIDTH, HEIGHT = 320, 240
DEMONSTRATION_SEED = 1_000_003  # first scene of the demonstrations; trials count from --seed
LONGEST_S = 20.0
REPLAN_S = SIM_SETTINGS.replan_s
LATENCY_S = 0.1


# ── demonstrations ─────────────────────────────────────────────────────────────────────────────


def record(folder: Path, *, count: int, seed: int) -> int:
    """Record ``count`` successful demonstrations; returns how many failed on the way."""
    live = Live.create(sim_robot(camera_size=(WIDTH, HEIGHT)))
    recorder = Recorder(live, folder)
    kinematics = Kinematics.of("so101")
    kept = failed = 0
    try:
        with SceneRenderer(WIDTH, HEIGHT) as renderer:
            while kept < count:
                world = World(seed + kept + failed)
                if begins_after_a_miss(kept):
                    SimScene(world, kinematics=kinematics).stand_beside(CUBE)
                success = demonstrate(world, recorder, live, renderer, kinematics)
                kept, failed = kept + success, failed + (not success)
    finally:
        recorder.close()
        live.close()
        live.unlink()
    return failed


def demonstrate(
    world: World,
    recorder: Recorder,
    live: Live,
    renderer: SceneRenderer,
    kinematics: Kinematics,
) -> bool:
    """One recorded attempt; a failed one is marked so, and training leaves it out."""
    demonstrator = Demonstrator(world, kinematics=kinematics, seed=world.seed)
    demonstrator.set_task(TASK)
    recorder.begin(TASK)
    newest = dict.fromkeys(live.frames, -1)
    start_ns = time.monotonic_ns()
    for tick in lockstep(
        world,
        follow(demonstrator),
        seconds=LONGEST_S,
        renderer=renderer,
        camera_hz=CAMERA_FPS,
        until=lambda: demonstrator.done,
    ):
        t_ns = start_ns + tick.t_ns
        for camera, image in (tick.pictures or {}).items():
            newest[camera] = live.frames[camera].write(image, t_ns)
        live.steps.write(
            Step(
                state=tick.state.q,
                action=frozen_f32(tick.action),
                authority=Authority.LEADER,
                t_ns=t_ns,
                frames=dict(newest),
            )
        )
        recorder.pump()
    recorder.end(success=demonstrator.succeeded)
    return demonstrator.succeeded


# ── training ───────────────────────────────────────────────────────────────────────────────────


def train(
    episodes: Path, run: Path, *, minutes: float, seed: int, extra: list[str]
) -> dict[str, Any]:
    """Fine-tune in a process of its own; returns what its last line says, and its CPU seconds."""
    command = [sys.executable, "-m", "model.train_job", "--episodes", str(episodes)]
    command += ["--out", str(run), "--minutes", str(minutes), "--seed", str(seed), *extra]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began_s = time.monotonic()
    log = run.with_suffix(".jsonl")
    with log.open("w", encoding="utf-8") as lines:
        subprocess.run(command, stdout=lines, check=True)
    wall_s = time.monotonic() - began_s
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    last = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])
    return {"steps": last["step"], "cpu_s": cpu_s, "wall_s": wall_s, **last["metrics"]}


# ── trials ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Trial:
    """How one fresh scene went."""

    seed: int
    lifted: bool
    placed: bool
    seconds: float
    wrong_cube: bool  # another cube than the named one was lifted


class Driver:
    """Follows a policy's plans: a new one every picture, each from its own time on."""

    def __init__(self, policy: Policy, *, seed: int) -> None:
        self.policy = policy
        self.seed = seed
        self.plan_ms: list[float] = []
        self._plan: Plan | None = None
        self._next: Plan | None = None

    def __call__(self, state: JointState, pictures: Pictures | None) -> F32:
        if pictures is not None:
            self._next = self._ask(state, pictures)
            self._plan = self._plan or self._next
        if self._next and state.t_ns >= self._next.observed_ns + LATENCY_S * 1e9:
            self._plan, self._next = self._next, None
        assert self._plan is not None
        row = (state.t_ns - self._plan.observed_ns) / 1e9 / self._plan.dt_s
        rows = np.arange(len(self._plan.q))
        return frozen_f32([np.interp(row, rows, column) for column in self._plan.q.T])

    def _ask(self, state: JointState, pictures: Pictures) -> Plan:
        number = len(self.plan_ms)
        frames = {c: Frame(c, image, state.t_ns, number) for c, image in pictures.items()}
        request = PlanRequest(
            observation=Observation(state=state, frames=frames, task=TASK),
            epoch=0,
            plan_id=number,
            prefix=None,
            prefix_dt_s=self.policy.hello.dt_s,
            delay_steps=0,
            num_samples=1,
            seed=self.seed * 1000 + number,
        )
        plan = self.policy.plan(request)
        self.plan_ms.append(plan.timings["total"])
        return plan


def try_scene(policy: Policy, seed: int, renderer: SceneRenderer) -> tuple[Trial, list[float]]:
    """One trial, ended when the cube lies in the tray."""
    world = World(seed)
    driver = Driver(policy, seed=seed)
    others = [cube for cube in world.cubes if cube != CUBE]
    lifted = wrong = False
    for tick in lockstep(
        world,
        driver,
        seconds=LONGEST_S,
        renderer=renderer,
        camera_hz=1 / REPLAN_S,
        until=lambda: world.in_tray(CUBE),
    ):
        lifted = lifted or world.lifted(CUBE)
        wrong = wrong or any(world.lifted(cube) for cube in others)
        seconds = tick.t_ns / 1e9
    trial = Trial(seed, lifted, world.in_tray(CUBE), round(seconds, 2), wrong)
    return trial, driver.plan_ms


def main() -> int:
    """Record (unless the folder has episodes), train (unless there is a run), try, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="kept folder (default: a temporary one)")
    parser.add_argument("--episodes", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("train", nargs="*", help="further arguments of the training job")
    options = parser.parse_args()
    os.environ.setdefault("MUJOCO_GL", "egl")
    out = options.out or Path(tempfile.mkdtemp(prefix="foresight-learning-"))
    episodes, run = out / "episodes", out / "run"
    summary: dict[str, Any] = {"episodes": options.episodes, "minutes": options.minutes}
    if not episodes.exists():
        first = DEMONSTRATION_SEED + options.seed
        summary["failed_demonstrations"] = record(episodes, count=options.episodes, seed=first)
    if not run.exists():
        summary["training"] = train(
            episodes, run, minutes=options.minutes, seed=options.seed, extra=options.train
        )
    policy = Policy.load(run)
    trials: list[Trial] = []
    plan_ms: list[float] = []
    with SceneRenderer(WIDTH, HEIGHT) as renderer:
        for number in range(options.trials):
            trial, took_ms = try_scene(policy, options.seed + number, renderer)
            trials.append(trial)
            plan_ms += took_ms
            sys.stderr.write(f"{trial}\n")
    lifted, placed = sum(t.lifted for t in trials), sum(t.placed for t in trials)
    low, _ = wilson(lifted, len(trials))
    summary |= {"lifted": lifted, "placed": placed, "trials": len(trials), "wilson_low": low}
    summary |= {"wrong_cube": sum(t.wrong_cube for t in trials)}
    summary |= {"plan_ms_p50": float(np.median(plan_ms)), "each": [asdict(t) for t in trials]}
    sys.stdout.write(json.dumps(summary) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
