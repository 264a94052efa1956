"""Emulated arms in a thread, the real drivers, and a real rig on the real clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from devices.bench import Hardware
from devices.calibration.scale import within_range
from devices.clock import Pacer, SystemClock
from devices.emulators.arm_stand import ArmStand
from devices.emulators.plan import ArmPlan
from devices.emulators.so101 import so101_calibration
from devices.feetech.bus import Patience
from devices.rig import Rig
from devices.rig_settings import RigSettings
from devices.servos.chain import ArmPort
from devices.sim.robot import sim_robot
from devices.so101.arm import SO101Arm
from devices.so101.leader import SO101Leader
from recordings.live import Live
from recordings.types import Fault

CALM = Patience(first_s=5.0, again_s=5.0, retries=4)  # a busy test machine is no bus failure
FOLLOWER_SEED, LEADER_SEED = 1, 2
TICK_NS = 10_000_000
SETTINGS = RigSettings(bus_lost_s=0.5, behind_s=5.0, behind_little_s=5.0, clock_gap_s=30.0)


@pytest.fixture
def stand(tmp_path) -> Iterator[ArmStand]:
    plans = [
        ArmPlan("follower", str(tmp_path / "follower"), seed=FOLLOWER_SEED, light=True),
        ArmPlan("leader", str(tmp_path / "leader"), seed=LEADER_SEED, is_leader=True),
    ]
    with ArmStand(plans) as made:
        yield made


@pytest.fixture
def patience() -> Patience:
    """Of every bus; tests may choose another."""
    return CALM


@pytest.fixture
def place(stand, patience) -> Callable[..., ArmPort]:
    """``place("follower", stale_s=…)``: a port with its calibration."""

    def make(name: str, **changes) -> ArmPort:
        seed = {"follower": FOLLOWER_SEED, "leader": LEADER_SEED}[name]
        plain = ArmPort(stand.ports[name], so101_calibration(seed), patience=patience, stale_s=20.0)
        return replace(plain, **changes)

    return make


@pytest.fixture
def make_arm(place) -> Iterator[Callable[..., SO101Arm]]:
    """``make_arm(**changes of the port)``; closed at the end."""
    made: list[SO101Arm] = []

    def make(**changes) -> SO101Arm:
        there = place("follower", **changes)
        joints = within_range(sim_robot().joints, there.calibration)
        made.append(SO101Arm(replace(sim_robot(), joints=joints, cameras=()), there))
        return made[-1]

    yield make
    for arm in made:
        arm.close()


@pytest.fixture
def make_leader(place) -> Iterator[Callable[..., SO101Leader]]:
    """``make_leader(**changes of the port)``; closed at the end."""
    made: list[SO101Leader] = []

    def make(**changes) -> SO101Leader:
        made.append(SO101Leader(sim_robot().joints, place("leader", **changes), name="main"))
        return made[-1]

    yield make
    for leader in made:
        leader.close()


class Lifeline:
    """A studio that is always there."""

    def __init__(self) -> None:
        self.stops = 0

    def stop_count(self) -> int:
        return self.stops

    def release_count(self) -> int:
        return 0

    def heartbeat_ns(self) -> int:
        return time.monotonic_ns()

    def is_orphaned(self) -> bool:
        return False


class Stage:
    """A rig that ticks at 100 Hz as long as a test waits for something."""

    def __init__(self, arm: SO101Arm, leader: SO101Leader, *, settings: RigSettings) -> None:
        self.arm, self.leader = arm, leader
        self.live = Live.create(arm.spec)
        self.lifeline = Lifeline()
        self.events: list[object] = []
        self.actions: list[np.ndarray] = []
        self.rig = Rig(
            Hardware(arm=arm, leaders={"main": leader}, cameras={}),
            self.live,
            SystemClock(),
            lifeline=self.lifeline,
            open_planner=lambda url, token: pytest.fail("no policy here"),
            settings=settings,
        )
        self._pacer = Pacer(TICK_NS)

    def do(self, *commands: object) -> None:
        for command in commands:
            self.rig.handle(command)
        self._pacer.restart()

    def tick(self) -> None:
        self._pacer.wait()
        self.rig.tick(time.monotonic_ns())
        self.events += self.rig.drain_events()
        self.actions.append(np.array(self.rig.status().action))

    def run(self, ticks: int) -> None:
        for _ in range(ticks):
            self.tick()

    def until(self, condition: Callable[[], bool], *, within_s: float = 60.0) -> None:
        end_s = time.monotonic() + within_s
        while not condition():
            self.tick()
            assert time.monotonic() < end_s, (self.rig.status(), self.events[-3:])

    def faults(self) -> list[str]:
        return [event.code for event in self.events if isinstance(event, Fault)]

    def largest_step(self) -> float:
        """Largest change of a command from tick to tick, rad."""
        return float(np.abs(np.diff(np.array(self.actions), axis=0)).max(initial=0.0))


@pytest.fixture
def stage(make_arm, make_leader) -> Iterator[Stage]:
    made = Stage(make_arm(), make_leader(), settings=SETTINGS)
    yield made
    made.rig.close()
    made.live.close()
    made.live.unlink()
