"""The rig in its own process: real processes, the simulated arm, real signals."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from devices.bench import load_bench
from devices.commands import (
    AuthorityChanged,
    Connect,
    Disconnect,
    ReleaseStop,
    ResetScene,
    SceneState,
    SelectLeader,
    SetAuthority,
    TorqueChanged,
)
from recordings.rig_status import RigPhase, RigStatus, Torque
from recordings.types import Authority, Fault
from studio.rig_host import RigHost

HOLD, LEADER = Authority.HOLD, Authority.LEADER
PATIENCE_S = 60.0  # starting a process on a busy machine
ROOT = Path(__file__).resolve().parents[2]


class Watcher:
    """Reads a host like the studio does."""

    def __init__(self, host: RigHost) -> None:
        self.host = host
        self.status = RigStatus()
        self.events: list[object] = []

    def until(self, condition: Callable[[], bool], *, beats: bool = True) -> float:
        """Seconds until the condition holds."""
        started_s = time.monotonic()
        while not condition():
            if beats:
                self.host.beat()
            for report in self.host.poll(timeout_s=0.02):
                if isinstance(report, RigStatus):
                    self.status = report
                else:
                    self.events.append(report)
            waited_s = time.monotonic() - started_s
            assert waited_s < PATIENCE_S, f"{self.status} {self.events[-5:]}"
        return time.monotonic() - started_s

    def connect(self) -> None:
        self.host.send(Connect())
        self.until(lambda: self.status.phase is RigPhase.READY)

    def drive(self) -> None:
        """The demonstrator moves the arm."""
        self.host.send(SelectLeader("demonstrator"))
        self.host.send(SetAuthority(LEADER))
        self.until(lambda: self.status.authority is LEADER)
        start = self.status.action
        self.until(lambda: bool(np.abs(self.status.action - start).max() > 0.05))

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    """A rig process on the simulated bench without cameras: they are tested where they live.

    Its loop watchdog is patient: a busy test machine must not take authority in between.
    """
    bench = load_bench("sim")
    settings = replace(bench.settings, heartbeat_s=3.0, clock_gap_s=30.0)
    blind = replace(bench, robot=replace(bench.robot, cameras=()), settings=settings)
    host = RigHost(blind)
    host.start()
    yield Watcher(host)
    host.close()


def test_the_rig_connects_holds_and_tells_20_times_a_second(watcher):
    watcher.connect()
    told = [watcher.status.t_ns]

    def ten_more() -> bool:
        if watcher.status.t_ns != told[-1]:
            told.append(watcher.status.t_ns)
        return len(told) > 10

    watcher.until(ten_more)
    assert told[-1] - told[0] >= 9 * 50_000_000
    assert watcher.status.loop.ticks > 10
    assert watcher.host.live.steps.newest().authority is HOLD
    assert watcher.of(SceneState)[-1].cubes


def test_stop_acts_within_two_ticks_whatever_the_pipe_does(watcher):
    watcher.connect()
    watcher.drive()
    steps = watcher.host.live.steps
    watcher.host.stop()
    pressed_ns = time.monotonic_ns()
    watcher.until(lambda: watcher.status.stopped)
    after = [s for s in steps.window(400) if s.t_ns > pressed_ns]
    ticks = next(i for i, step in enumerate(after) if step.authority is HOLD)
    assert ticks <= 1
    held = np.array([s.action for s in after[ticks:]])
    assert watcher.of(AuthorityChanged)[-1].reason == "STOP was pressed"
    assert np.ptp(held, axis=0).max() < 1e-6


def test_stop_twice_parks_the_arm_and_gravity_takes_it_and_resuming_catches_it(watcher):
    watcher.connect()
    watcher.drive()
    watcher.host.stop()
    watcher.until(lambda: watcher.status.stopped)
    watcher.host.release_torque()
    watcher.until(lambda: watcher.status.torque is Torque.OFF)
    let_go = watcher.status.state.q
    watcher.until(lambda: bool(np.abs(watcher.status.state.q - let_go).max() > 0.1))
    watcher.host.send(ReleaseStop())
    watcher.until(lambda: watcher.status.torque is Torque.ON)
    caught = watcher.status.action
    told_ns = watcher.status.t_ns
    watcher.until(lambda: watcher.status.t_ns - told_ns > 300_000_000)
    assert [c.torque for c in watcher.of(TorqueChanged)] == [
        Torque.PARKING,
        Torque.OFF,
        Torque.ON,
    ]
    assert watcher.status.action == pytest.approx(caught, abs=1e-6)
    assert watcher.status.state.q[:5] == pytest.approx(caught[:5], abs=0.1)


def test_a_studio_that_falls_silent_makes_the_arm_hold(watcher):
    watcher.connect()
    watcher.drive()
    watcher.until(lambda: watcher.status.authority is HOLD, beats=False)
    assert [f.code for f in watcher.of(Fault)] == ["studio_silent"]


def test_resetting_the_scene_puts_arm_and_cubes_to_the_start_of_the_seed(watcher):
    watcher.connect()
    watcher.host.send(ResetScene(42))
    watcher.until(lambda: any(s.seed == 42 for s in watcher.of(SceneState)))
    watcher.until(lambda: watcher.status.authority is HOLD)
    step = watcher.host.live.steps.newest()
    assert np.abs(step.state - step.action).max() < 0.1


def test_a_killed_rig_is_reported_with_its_signal(watcher):
    watcher.connect()
    assert watcher.host.pid is not None
    os.kill(watcher.host.pid, signal.SIGKILL)
    watcher.until(lambda: not watcher.host.alive)
    assert watcher.host.exit_code == -signal.SIGKILL
    watcher.host.send(SetAuthority(LEADER))  # goes nowhere, breaks nothing


def test_a_terminated_rig_parks_and_ends_in_order(watcher):
    watcher.connect()
    assert watcher.host.pid is not None
    os.kill(watcher.host.pid, signal.SIGTERM)
    watcher.until(lambda: not watcher.host.alive)
    assert watcher.host.exit_code == 0


def test_disconnecting_and_connecting_again_keeps_the_process(watcher):
    watcher.connect()
    watcher.host.send(Disconnect())
    watcher.until(lambda: watcher.status.phase is RigPhase.OFFLINE)
    watcher.connect()
    assert watcher.host.alive


def test_closing_holds_parks_and_ends_the_process():
    host = RigHost(load_bench("sim"))
    host.start()
    watcher = Watcher(host)
    watcher.connect()
    watcher.until(lambda: len(watcher.status.cameras) == 2 and watcher.status.cameras[0].fps > 0)
    last = host.close(timeout_s=PATIENCE_S)
    assert host.exit_code == 0
    assert [r for r in last if isinstance(r, RigStatus)][-1].phase is RigPhase.OFFLINE


PARENT = """
import json, sys, time
from dataclasses import replace
from devices.bench import load_bench
from devices.commands import Connect, SelectLeader, SetAuthority
from recordings.types import Authority
from recordings.rig_status import RigPhase, RigStatus
from studio.rig_host import RigHost

def run():
    bench = load_bench("sim")
    patient = replace(bench.settings, heartbeat_s=30.0, clock_gap_s=30.0)
    host = RigHost(
        replace(bench, robot=replace(bench.robot, cameras=()), settings=patient)
    )
    host.start()
    host.send(Connect())
    host.send(SelectLeader("demonstrator"))
    host.send(SetAuthority(Authority.LEADER))
    told = False
    while True:
        host.beat()
        for report in host.poll(0.05):
            moving = isinstance(report, RigStatus) and report.authority is Authority.LEADER
            if moving and not told:
                told = True
                sys.stdout.write(json.dumps({"rig": host.pid}) + "\\n")
                sys.stdout.flush()

if __name__ == "__main__":
    run()
"""


def test_a_rig_whose_parent_is_killed_holds_parks_and_exits(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, env=environment, text=True
    )
    assert parent.stdout is not None
    rig_pid = json.loads(parent.stdout.readline())["rig"]
    rig = os.pidfd_open(rig_pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    ended = wait_for_end(rig)
    os.close(rig)
    assert ended


def wait_for_end(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], PATIENCE_S)[0])
