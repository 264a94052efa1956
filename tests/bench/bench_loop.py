"""How well the control loop keeps time, measured on the real processes of the simulated bench.

    python tests/bench/bench_loop.py [--seconds 20] [--presses 10]

The rig process with two cameras, the recorder process and a policy server that keeps sending
plans; beside it, in the same seconds, a bare Python loop at 100 Hz for comparison. Prints one JSON
object. Lateness is how long after its absolute deadline a tick began, ms.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from websockets.sync.server import ServerConnection, serve

from devices.bench import load_bench
from devices.clock import LoopMeter, Pacer
from devices.commands import (
    Connect,
    ConnectPlanner,
    PlanActivated,
    PlanProposed,
    ReleaseStop,
    SelectLeader,
    SetAuthority,
    SetAutonomy,
    SetTask,
)
from recordings.rig_status import RigPhase, RigStatus
from recordings.types import Authority, Autonomy, Plan, Step, frozen_f32
from recordings.wire import ServerHello, decode_request, encode_hello, encode_plan
from studio.recorder_host import RecorderHost
from studio.rig_host import RigHost

PERIOD_NS = 10_000_000
PERIOD_MS = 10.0
TASK = "put the red cube in the tray"


def bare_loop(seconds: float, answer: multiprocessing.SimpleQueue) -> None:
    """What Python can do here: nothing but waiting for absolute deadlines."""
    pacer, meter = Pacer(PERIOD_NS), LoopMeter(PERIOD_NS, ticks=round(seconds * 100))
    for _ in range(round(seconds * 100)):
        meter.add(pacer.wait(), time.monotonic_ns())
    stats = meter.stats()
    answer.put({"p50_ms": stats.p50_ms, "p99_ms": stats.p99_ms, "max_ms": stats.max_ms})


class SwayingPolicy:
    """A policy server that answers after 80 ms with a slow sway about the present place."""

    def __init__(self, robot) -> None:
        self._robot = robot
        self._server = serve(self._talk, "127.0.0.1", 0, compression=None, max_size=2**24)
        self._pause = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        port = self._server.socket.getsockname()[1]
        self.url = f"ws://127.0.0.1:{port}"

    def close(self) -> None:
        self._pause.set()
        self._server.shutdown()
        self._thread.join()

    def _talk(self, connection: ServerConnection) -> None:
        low, high = self._robot.lower, self._robot.upper
        hello = ServerHello("swaying", self._robot, 0.1, 30, 96, low, high)
        connection.send(encode_hello(hello))
        for message in connection:
            request = decode_request(message)
            self._pause.wait(0.08)
            start = request.observation.state.q if request.prefix is None else request.prefix[0]
            rows = np.tile(np.asarray(start, float), (30, 1))
            rows[:, 0] += 0.05 * np.sin(0.3 * np.arange(30))
            samples = frozen_f32(np.stack([rows] * request.num_samples))
            plan = Plan(
                request.plan_id, request.epoch, frozen_f32(rows), 0.1, 0, "swaying", samples
            )
            connection.send(encode_plan(plan))


class Bench:
    """The running processes and everything they published."""

    def __init__(self, host: RigHost, recorder: RecorderHost) -> None:
        self.host = host
        self.recorder = recorder
        self.status = RigStatus()
        self.events: list[object] = []
        self.steps: list[Step] = []
        self._read = -1

    def pump(self) -> None:
        self.host.beat()
        for report in self.host.poll(timeout_s=0.02):
            if isinstance(report, RigStatus):
                self.status = report
            else:
                self.events.append(report)
        self.recorder.poll()
        block = self.host.live.steps.read_since(self._read)
        self.steps += block.steps
        self._read = block.first_index + len(block.steps) - 1

    def run(self, seconds: float) -> None:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self.pump()

    def until(self, condition, *, within_s: float = 30.0) -> None:
        end_s = time.monotonic() + within_s
        while not condition():
            self.pump()
            if time.monotonic() > end_s:
                raise SystemExit(f"not within {within_s} s: {self.status}")

    def ticks_until(self, authority: Authority, since_ns: int) -> int:
        """Ticks that began after ``since_ns`` before one was driven by ``authority``."""
        self.until(lambda: any(s.t_ns > since_ns and s.authority is authority for s in self.steps))
        after = [s for s in self.steps if s.t_ns > since_ns]
        return next(i for i, step in enumerate(after) if step.authority is authority)


def lateness_ms(steps: list[Step]) -> np.ndarray:
    """(m,) ms against the median tick: where most ticks begin, promptness is a tenth of a ms."""
    t_ns = np.array([s.t_ns for s in steps])
    phase_ms = (t_ns % PERIOD_NS) / 1e6
    turned = np.exp(2j * np.pi * phase_ms / PERIOD_MS)
    middle = np.angle(np.median(turned.real) + 1j * np.median(turned.imag)) / (2 * np.pi)
    late = (phase_ms - middle * PERIOD_MS) % PERIOD_MS
    return np.where(late > PERIOD_MS - 1.0, 0.0, late)


def summary(late_ms: np.ndarray) -> dict[str, float]:
    p50, p99 = np.percentile(late_ms, (50, 99))
    return {"p50_ms": float(p50), "p99_ms": float(p99), "max_ms": float(late_ms.max())}


def measure_driving(bench: Bench, seconds: float) -> dict[str, object]:
    """The demonstrator drives, everything is recorded."""
    bench.host.send(SelectLeader("demonstrator"))
    bench.host.send(SetAuthority(Authority.LEADER))
    episode = bench.recorder.begin(TASK)
    missed_before = sum(c.missed for c in bench.status.cameras)
    spawn = multiprocessing.get_context("spawn")
    answer = spawn.SimpleQueue()
    bare = spawn.Process(target=bare_loop, args=(seconds, answer))
    bare.start()
    bench.run(1.5)  # the bare loop has started
    bench.steps.clear()
    bench.run(seconds)
    bench.recorder.end(success=True)
    bench.recorder.discard(episode)
    bare.join()
    steps, own = bench.steps, bench.status.loop
    gaps = np.diff([s.t_ns for s in steps]) / 1e6
    frames = {name: steps[-1].frames[name] - steps[0].frames[name] for name in steps[0].frames}
    span_s = (steps[-1].t_ns - steps[0].t_ns) / 1e9
    return {
        "rig": {**summary(lateness_ms(steps)), "hz": len(steps) / span_s},
        "rig_own_meter": {"p50_ms": own.p50_ms, "p99_ms": own.p99_ms, "max_ms": own.max_ms},
        "bare_loop": answer.get(),
        "realtime": own.realtime,
        "slots_skipped": int((np.round(gaps / PERIOD_MS) - 1).clip(0).sum()),
        "frames_missed": sum(c.missed for c in bench.status.cameras) - missed_before,
        "camera_fps": {name: count / span_s for name, count in frames.items()},
    }


def measure_reactions(bench: Bench, presses: int) -> dict[str, object]:
    """STOP while the demonstrator drives, and taking over again."""
    stops, takes = [], []
    for _ in range(presses):
        bench.steps.clear()
        bench.host.stop()
        stops.append(bench.ticks_until(Authority.HOLD, time.monotonic_ns()))
        bench.until(lambda: bench.status.stopped)
        bench.host.send(ReleaseStop())
        bench.until(lambda: not bench.status.stopped)
        bench.steps.clear()
        asked_ns = time.monotonic_ns()
        bench.host.send(SetAuthority(Authority.LEADER))
        takes.append(bench.ticks_until(Authority.LEADER, asked_ns))
        bench.run(0.3)
    return {"stop_ticks": stops, "take_over_ticks": takes}


def measure_plans(bench: Bench, robot, seconds: float) -> dict[str, object]:
    """Plans arrive twice a second while the policy drives."""
    server = SwayingPolicy(robot)
    try:
        for command in (
            SetAuthority(Authority.HOLD),
            SetTask(TASK),
            ConnectPlanner(server.url),
            SetAutonomy(Autonomy.AUTO),
        ):
            bench.host.send(command)
        bench.until(lambda: bench.status.planner == "ready")
        bench.host.send(SetAuthority(Authority.POLICY))
        bench.until(lambda: bench.status.active_plan >= 0)
        bench.events.clear()
        bench.steps.clear()
        bench.run(seconds)
    finally:
        bench.host.send(SetAuthority(Authority.HOLD))
        bench.host.send(ConnectPlanner(""))
        bench.run(0.5)
        server.close()
    arrivals = np.array([e.t_ns for e in bench.events if isinstance(e, PlanActivated)])
    t_ns = np.array([s.t_ns for s in bench.steps])
    late = lateness_ms(bench.steps)
    near = np.array([np.abs(arrivals - t).min() < 50_000_000 for t in t_ns])
    gap_ms = np.diff(t_ns, prepend=t_ns[0] - PERIOD_NS) / 1e6  # a whole slot late shows only here
    return {
        "plans_proposed": sum(isinstance(e, PlanProposed) for e in bench.events),
        "plans_run": len(arrivals),
        "near_arrival": summary(late[near]),
        "elsewhere": summary(late[~near]),
        "largest_gap_near_ms": float(gap_ms[near].max()),
        "largest_gap_elsewhere_ms": float(gap_ms[~near].max()),
        "policy_share": float(np.mean([s.authority is Authority.POLICY for s in bench.steps])),
    }


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--presses", type=int, default=10)
    options = parser.parse_args(argv)
    described = load_bench("sim")
    with tempfile.TemporaryDirectory() as folder:
        host = RigHost(described)
        host.start()
        recorder = RecorderHost(host.live.handle, described.robot, Path(folder))
        recorder.start()
        bench = Bench(host, recorder)
        try:
            host.send(Connect())
            bench.until(lambda: bench.status.phase is RigPhase.READY)
            bench.run(2.0)
            driving = measure_driving(bench, options.seconds)
            reactions = measure_reactions(bench, options.presses)
            plans = measure_plans(bench, described.robot, options.seconds / 2)
        finally:
            recorder.close()
            host.close()
    bars = {
        "p99_within_bare_plus_1ms": driving["rig_own_meter"]["p99_ms"]
        <= driving["bare_loop"]["p99_ms"] + 1.0,
        "stop_within_2_ticks": max(reactions["stop_ticks"]) <= 2,
        "take_over_within_2_ticks": max(reactions["take_over_ticks"]) <= 2,
        "plan_delays_at_most_2ms": plans["largest_gap_near_ms"]
        <= max(plans["largest_gap_elsewhere_ms"], PERIOD_MS) + 2.0,
        "no_frame_missed": driving["frames_missed"] == 0,
    }
    result = {"loop": driving, "reactions": reactions, "plans": plans, "bars": bars}
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
