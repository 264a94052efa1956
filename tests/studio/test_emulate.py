"""`foresight emulate` as a process of its own, and the whole rig against what it offers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from devices.bench import Bench, load_bench
from devices.calibration.lerobot import read_lerobot
from devices.calibration.store import read_calibration
from devices.clock import Pacer
from devices.commands import Connect, SelectLeader, SetAuthority
from devices.sim.robot import sim_robot
from recordings.reader import Episode
from recordings.rig_status import RigPhase, RigStatus
from recordings.types import Authority, EpisodeInfo, EpisodePhase, Fault
from studio.rig_host import RigHost
from studio.workcell import ProcessLost, Workcell

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 90.0


class Emulator:
    """The command, its one line of JSON, and its stdin."""

    def __init__(self, folder: Path, *arguments: str, robot: str = "so101") -> None:
        command = [sys.executable, "-m", "studio", "emulate", robot, "--json", "--out"]
        self.process = subprocess.Popen(
            [*command, str(folder), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "MUJOCO_GL": "egl"},
        )
        self.folder = folder
        self.ports = json.loads(self._line())

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        return line

    def order(self, **words: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()

    def truth(self) -> dict[str, dict]:
        self.order(order="tell")
        return json.loads(self._line())

    def close(self) -> int:
        self.process.terminate()
        self.process.communicate(timeout=30)
        return self.process.returncode


@pytest.fixture
def emulate(tmp_path) -> Iterator[Callable[..., Emulator]]:
    started: list[Emulator] = []

    def start(*arguments: str, robot: str = "so101") -> Emulator:
        started.append(Emulator(tmp_path / "arms", *arguments, robot=robot))
        return started[-1]

    yield start
    for emulator in started:
        emulator.close()


class Watcher:
    """A studio for one rig."""

    def __init__(self, host: RigHost) -> None:
        self.host = host
        self.status = RigStatus()
        self.faults: list[Fault] = []

    def until(self, condition: Callable[[], bool]) -> None:
        end_s = time.monotonic() + PATIENCE_S
        while not condition():
            self.host.beat()
            for report in self.host.poll(timeout_s=0.02):
                if isinstance(report, RigStatus):
                    self.status = report
                elif isinstance(report, Fault):
                    self.faults.append(report)
            assert time.monotonic() < end_s, (self.status, self.faults)


def patient_bench(emulator: Emulator) -> Bench:
    """The emulator's bench with limits that a busy test machine can keep."""
    file = emulator.folder / "bench.toml"
    patient = file.read_text().replace("stale_ms = 60", "stale_ms = 9000")
    file.write_text(patient.replace("reply_ms = 30", "reply_ms = 3000"))
    bench = load_bench(str(file))
    settings = replace(
        bench.settings,
        behind_s=9.0,
        behind_little_s=9.0,
        heartbeat_s=5.0,
        clock_gap_s=30.0,
        bus_lost_s=10.0,
    )
    return replace(bench, settings=settings)


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_the_rig_drives_emulated_arms_as_if_they_were_real(emulate):
    emulator = emulate("--leader", "--follower", "--cameras", "2")
    assert set(emulator.ports) == {"leader", "follower", "cameras"}
    bench = patient_bench(emulator)
    assert bench.robot.mismatch(sim_robot()) is None
    host = RigHost(bench)
    host.start()
    watcher = Watcher(host)
    try:
        host.send(Connect())
        watcher.until(lambda: watcher.status.phase is RigPhase.READY)
        host.send(SetAuthority(Authority.LEADER))
        watcher.until(lambda: watcher.status.authority is Authority.LEADER)
        before = np.array(watcher.status.state.q)
        hand = np.array(emulator.truth()["leader"]["q"])
        hand[0] += 0.3
        emulator.order(order="push", arm="leader", q=hand.tolist())
        watcher.until(lambda: watcher.status.state.q[0] - before[0] > 0.25)
        frames = host.live.frames
        watcher.until(lambda: min(ring.newest_index for ring in frames.values()) > 3)
        assert frames["front"].newest().image.std() > 5  # a picture of the bench, not a grey field
        assert watcher.status.notes["arm exchanges"] > 0
        emulator.order(order="unplug", arm="follower")
        watcher.until(lambda: watcher.status.phase is RigPhase.FAULT)
        emulator.order(order="plug", arm="follower")
        emulator.truth()
        host.send(Connect())
        watcher.until(lambda: watcher.status.phase is RigPhase.READY)
    finally:
        host.close()


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_two_hands_teach_two_arms_and_it_is_recorded(emulate, tmp_path):
    emulator = emulate("--bimanual")
    assert set(emulator.ports["leader"]) == {"left", "right"}
    bench = patient_bench(emulator)
    cell = Workcell(bench, tmp_path / "episodes")
    facts: list[object] = []
    pacer = Pacer(20_000_000)

    def until(condition: Callable[[], bool]) -> None:
        end_s = time.monotonic() + PATIENCE_S
        while not condition():
            facts.extend(cell.pump())
            pacer.wait()
            assert time.monotonic() < end_s, (cell.status, [f for f in facts if _is_bad(f)])

    cell.start()
    try:
        until(lambda: cell.rig.alive)
        cell.send(Connect())
        until(lambda: cell.status.phase is RigPhase.READY)
        cell.recorder.begin("both arms")
        until(lambda: any(_phase(f) is EpisodePhase.RECORDING for f in facts))
        cell.send(SelectLeader(bench.main_leader))
        cell.send(SetAuthority(Authority.LEADER))
        until(lambda: cell.status.authority is Authority.LEADER)
        start = np.array(cell.status.state.q)
        told = emulator.truth()
        for side, by in (("left", 0.3), ("right", -0.25)):
            hand = np.array(told[f"{side}_leader"]["q"])
            hand[0] += by
            emulator.order(order="push", arm=f"{side}_leader", q=hand.tolist())
        until(lambda: cell.status.state.q[0] - start[0] > 0.25)
        until(lambda: cell.status.state.q[6] - start[6] < -0.2)
        assert cell.status.notes["arm left exchanges"] > 0
        cell.recorder.end()
        until(lambda: any(isinstance(f, EpisodeInfo) and f.sealed for f in facts))
        emulator.order(order="unplug", arm="right_follower")
        until(lambda: cell.status.phase is RigPhase.FAULT)
        assert "right arm" in cell.fault.message
    finally:
        cell.close()
    path = next(f.path for f in facts if isinstance(f, EpisodeInfo) and f.sealed)
    episode = Episode.open(path)
    assert episode.robot.joint_names == bench.robot.joint_names
    assert episode.robot.joint_names[6] == "right_shoulder_pan"
    moved = episode.state[-1] - episode.state[0]
    assert moved[0] > 0.2
    assert moved[6] < -0.15
    episode.close()


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_a_koch_follower_with_weight_repeats_what_the_hand_does(emulate):
    emulator = emulate("--leader", "--follower", robot="koch")
    host = RigHost(patient_bench(emulator))
    host.start()
    watcher = Watcher(host)
    try:
        host.send(Connect())
        watcher.until(lambda: watcher.status.phase is RigPhase.READY)
        host.send(SetAuthority(Authority.LEADER))
        watcher.until(lambda: watcher.status.authority is Authority.LEADER)
        before = np.array(watcher.status.state.q)
        hand = np.array(emulator.truth()["leader"]["q"])
        hand[[0, 2]] += (0.4, 0.3)
        emulator.order(order="push", arm="leader", q=hand.tolist())
        watcher.until(lambda: (watcher.status.state.q - before)[[0, 2]].min() > 0.15)

        def carries_its_weight() -> bool:
            told = emulator.truth()["follower"]
            return bool(np.abs(np.array(told["q"]) - told["goal"])[:5].max() < 0.05)

        watcher.until(carries_its_weight)
        emulator.order(order="unplug", arm="follower")
        watcher.until(lambda: watcher.status.phase is RigPhase.FAULT)
        emulator.order(order="plug", arm="follower")
        emulator.truth()
        host.send(Connect())
        watcher.until(lambda: watcher.status.phase is RigPhase.READY)
    finally:
        host.close()


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_a_pair_of_yams_is_one_robot_that_repeats_what_both_hands_do(emulate):
    """Fourteen joints over four CAN buses; one pulled cable holds both, and comes back."""
    emulator = emulate("--leader", "--follower", "--bimanual", robot="yam")
    host = RigHost(patient_bench(emulator))
    host.start()
    watcher = Watcher(host)
    try:
        host.send(Connect())
        watcher.until(lambda: watcher.status.phase is RigPhase.READY)
        assert len(watcher.status.state.q) == 14
        host.send(SetAuthority(Authority.LEADER))
        watcher.until(lambda: watcher.status.authority is Authority.LEADER)
        before = np.array(watcher.status.state.q)
        for side in ("left", "right"):
            hand = np.array(emulator.truth()[f"{side}_leader"]["q"])
            hand[[0, 1]] += (0.3, 0.3)
            emulator.order(order="push", arm=f"{side}_leader", q=hand.tolist())
        watcher.until(lambda: (watcher.status.state.q - before)[[0, 1, 7, 8]].min() > 0.1)
        emulator.order(order="unplug", arm="left_follower")
        watcher.until(lambda: watcher.status.phase is RigPhase.FAULT)
        emulator.order(order="plug", arm="left_follower")
        emulator.truth()
        host.send(Connect())
        watcher.until(lambda: watcher.status.phase is RigPhase.READY)
        assert watcher.status.authority is Authority.HOLD
    finally:
        host.close()


def _phase(fact: object) -> EpisodePhase | None:
    return fact.phase if isinstance(fact, EpisodeInfo) else None


def _is_bad(fact: object) -> bool:
    return isinstance(fact, Fault | ProcessLost)


def test_one_arm_alone_and_its_calibrations(emulate):
    emulator = emulate("--leader")
    assert emulator.ports["follower"] is None
    assert emulator.ports["cameras"] == []
    names = sim_robot().joint_names
    ours = read_calibration(emulator.folder / "leader.toml", names=names)
    assert read_lerobot(emulator.folder / "leader.json", names=names).joints == ours.joints
    assert not (emulator.folder / "bench.toml").exists()
    assert (emulator.folder / "leader").is_symlink()
    assert emulator.close() == 0
    assert not (emulator.folder / "leader").is_symlink()


def test_an_order_that_is_none_says_which_there_are(emulate):
    emulator = emulate("--leader")
    emulator.order(order="dance")
    emulator.truth()
    emulator.process.terminate()
    said = emulator.process.communicate(timeout=30)[1]
    assert "is no order: 'dance'. Known: set_rates, unplug" in said
