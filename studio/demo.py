"""`foresight demo`: the whole loop on the simulated bench, without a window.

The demonstrator records episodes, a tiny model is fine-tuned on them, a planner serves it, and
autonomous trials run on fresh scenes through rig, plan and guard: the same processes as behind the
window, in real time. Knows no Qt and no torch.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from devices.bench import load_bench
from devices.commands import Connect, ConnectPlanner, PlanProposed
from devices.errors import DeviceError
from model.messages import Finished, Ready
from recordings.rig_status import RigPhase, RigStatus
from recordings.types import JobPhase
from studio.demo_report import DemoReport, as_json, in_words
from studio.demonstrations import DemonstrationSeries
from studio.jobs import Job, foresight_command
from studio.serving import serve_command
from studio.settings import DEFAULT_TASK, Folders
from studio.terminal import Progress
from studio.trials import Trial, TrialSeries, TrialSummary
from studio.workcell import Fact, ProcessLost, Workcell

PERIOD_S = 0.03
CONNECT_TIMEOUT_S = 60.0
TRIAL_SEED = 500_000_000  # trials' scenes; demonstrations draw from seeds below


class DemoError(Exception):
    """The loop cannot go on; the message says where and why."""


class DemoStoppedError(DemoError):
    """Somebody pressed Ctrl-C."""


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """How much of everything."""

    episodes: int
    minutes: float
    trials: int
    seed: int
    out: Path
    train_wall_s: float | None = None  # longest training in wall time, None unlimited

    @classmethod
    def of(cls, options: argparse.Namespace) -> DemoPlan:
        """The amounts asked for; what was not said comes from the full or the quick demo."""
        quick = options.quick
        name = time.strftime("demo %Y-%m-%d %H-%M-%S")
        return cls(
            episodes=options.episodes or (3 if quick else 50),
            minutes=options.minutes or (0.6 if quick else 15.0),
            trials=options.trials or (2 if quick else 20),
            seed=options.seed,
            out=(options.out or Folders.default(options.data).data / name).resolve(),
            train_wall_s=60.0 if quick and options.minutes is None else None,
        )


class Demo:
    """Runs the loop once; every stage leaves what the next one needs."""

    def __init__(self, plan: DemoPlan, cell: Workcell) -> None:
        self.plan = plan
        self._cell = cell
        self._wake = threading.Event()  # set by Ctrl-C; otherwise a wait that takes its time
        self._p99_ms: list[float] = []
        self._plan_ms: list[float] = []
        self._run = plan.out / "runs" / "demo"
        self._server: Job | None = None
        signal.signal(signal.SIGINT, lambda *_: self._wake.set())
        signal.signal(signal.SIGTERM, lambda *_: self._wake.set())

    def start(self) -> None:
        """Start rig and recorder."""
        self._cell.describe(self.plan.out / "calibrations", operator="demonstrator")
        self._cell.start()

    def run(self) -> DemoReport:
        """All stages in order.

        Raises:
            DemoError: a process is lost, a job failed, or nothing could be recorded.
            DemoStoppedError: Ctrl-C.
        """
        self._connect()
        series = self._record()
        trained = self._train()
        plan_ms = self._serve()
        trials = self._try()
        return DemoReport(
            episodes=series.kept,
            redone=series.failed,
            train_steps=trained.step,
            train_seconds=trained.metrics.get("wall_s", 0.0),
            heldout=trained.metrics.get("heldout"),
            summary=TrialSummary.of(trials),
            trials=tuple(trials),
            loop_p99_ms=statistics.median(self._p99_ms) if self._p99_ms else 0.0,
            plan_ms_p50=statistics.median(self._plan_ms) if self._plan_ms else plan_ms,
            out=self.plan.out,
            run=self._run,
        )

    def close(self) -> None:
        """Hold, park, end every process."""
        if self._server is not None:
            self._server.close(timeout_s=3.0)
        self._cell.close()

    # ── stages ─────────────────────────────────────────────────────────────────────────────────

    def _connect(self) -> None:
        progress = Progress("Connect", CONNECT_TIMEOUT_S)
        started_s = time.monotonic()
        sent = False
        while not (self._cell.ready and self._cell.scene is not None):
            self._round()
            if not sent and self._cell.rig.alive:
                self._cell.send(Connect())
                sent = True
            if time.monotonic() - started_s > CONNECT_TIMEOUT_S:
                raise DemoError(f"the simulated arm did not connect in {CONNECT_TIMEOUT_S:.0f} s")
        robot = self._cell.bench.robot
        progress.end(f"{robot.name}, {len(robot.joints)} joints, {len(robot.cameras)} cameras")

    def _record(self) -> DemonstrationSeries:
        recorder = self._cell.recorder
        assert recorder is not None
        count = self.plan.episodes
        series = DemonstrationSeries(self._cell, recorder, DEFAULT_TASK, count, self.plan.seed)
        progress = Progress("Record", count)
        while not series.done:
            self._round()
            series.tick(time.monotonic_ns())
            progress.show(series.kept, f"{series.kept} of {count} episodes")
        if series.gave_up:
            raise DemoError(f"the demonstrator failed {series.failed} times, kept {series.kept}")
        self._cell.finish_recording()
        progress.end(f"{series.kept} episodes, {series.failed} made again")
        return series

    def _train(self) -> Finished:
        arguments = ["--episodes", str(self._cell.episodes_folder), "--preset", "tiny"]
        arguments += ["--out", str(self._run), "--minutes", f"{self.plan.minutes:g}"]
        arguments += ["--seed", str(self.plan.seed)]
        job = Job.start("train", foresight_command("train", *arguments), self._run)
        progress = Progress("Train", 1.0)
        started_s = time.monotonic()
        limit_s = self.plan.train_wall_s
        try:
            while True:
                self._round()
                for event in job.poll():
                    if isinstance(event, Finished):
                        progress.end(f"{event.step:,} steps")
                        return event
                if job.status.phase is JobPhase.FAILED:
                    raise DemoError(job.status.message)
                spent_s = time.monotonic() - started_s
                if limit_s is not None and spent_s > limit_s:
                    job.stop()
                    limit_s = None
                _show_training(progress, job, spent_s)
        finally:
            job.close()

    def _serve(self) -> float:
        command = serve_command(self._run, self._cell.bench.robot)
        self._server = Job.start("serve", command, self._run / "serve")
        progress = Progress("Load policy", 1.0)
        while self._cell.status.planner != "ready":
            self._round()
            for event in self._server.poll():
                if isinstance(event, Ready):
                    self._cell.send(ConnectPlanner(event.url))
            if self._server.over:
                raise DemoError(self._server.status.message)
        plan_ms = self._server.status.metrics.get("plan_ms", 0.0)
        progress.end(f"one plan takes {plan_ms:.0f} ms")
        return plan_ms

    def _try(self) -> list[Trial]:
        first = TRIAL_SEED + self.plan.seed * 1000
        seeds = list(range(first, first + self.plan.trials))
        series = TrialSeries(self._cell, DEFAULT_TASK, seeds)
        progress = Progress("Trials", len(seeds))
        while not series.done:
            for fact in self._round():
                self._measure(fact)
            series.tick(time.monotonic_ns())
            if self._server is not None:
                self._server.poll()
                if self._server.over:
                    raise DemoError(self._server.status.message)
            lifted = sum(t.lifted for t in series.results)
            placed = sum(t.placed for t in series.results)
            progress.show(len(series.results), f"{lifted} lifted, {placed} in the tray")
        summary = TrialSummary.of(series.results)
        progress.end(f"{summary.lifted} of {summary.trials} lifted, {summary.placed} in the tray")
        return series.results

    # ── one round ──────────────────────────────────────────────────────────────────────────────

    def _round(self) -> list[Fact]:
        """Wait a little, then hear what happened.

        Raises:
            DemoStoppedError, DemoError: Ctrl-C, or the rig's process is gone.
        """
        if self._wake.wait(PERIOD_S):
            raise DemoStoppedError
        facts = self._cell.pump()
        for fact in facts:
            if isinstance(fact, ProcessLost):
                raise DemoError(f"the {fact.process} process ended (code {fact.exit_code})")
            if isinstance(fact, RigStatus) and fact.phase is RigPhase.FAULT and fact.fault:
                raise DemoError(f"{fact.fault.message} {fact.fault.hint}")
        return facts

    def _measure(self, fact: Fact) -> None:
        if isinstance(fact, RigStatus) and fact.loop.ticks:
            self._p99_ms.append(fact.loop.p99_ms)
        elif isinstance(fact, PlanProposed):
            self._plan_ms.append((time.monotonic_ns() - fact.plan.observed_ns) / 1e6)


def _show_training(progress: Progress, job: Job, spent_s: float) -> None:
    eta_s = job.status.eta_s
    share = spent_s / (spent_s + eta_s) if eta_s is not None else 0.0
    loss = job.status.metrics.get("loss")
    remark = "starting" if loss is None else f"step {job.status.step:,}, loss {loss:.3f}"
    progress.show(share, remark, eta_s)


def main(options: argparse.Namespace) -> int:
    """The command; returns the exit code."""
    try:
        bench = load_bench(options.bench or "sim")
    except DeviceError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    plan = DemoPlan.of(options)
    plan.out.mkdir(parents=True, exist_ok=True)
    sys.stderr.write(
        f"Foresight demo: {plan.episodes} episodes, {plan.minutes:g} minutes of training, "
        f"{plan.trials} trials. Everything goes to {plan.out}\n"
    )
    demo = Demo(plan, Workcell(bench, plan.out / "episodes"))
    try:
        demo.start()
        report = demo.run()
    except DemoStoppedError:
        sys.stderr.write(f"\nStopped. What was made so far is in {plan.out}\n")
        return 130
    except DemoError as error:
        sys.stderr.write(f"\nThe demo cannot go on: {error}\n")
        return 1
    finally:
        demo.close()
    sys.stdout.write(in_words(report, quick=options.quick))
    if options.json:
        sys.stdout.write(as_json(report) + "\n")
    return 0
