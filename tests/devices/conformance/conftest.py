"""Every arm and every leader there is, simulated, emulated, and real ones when asked for.

Real ones: ``pytest tests/devices/conformance --hardware bench.toml``. It says what will move and
waits for nobody: keep a hand at the power switch.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from devices.base import Arm, Leader
from devices.bench import load_bench
from devices.calibration.scale import within_range
from devices.emulators.arm_stand import ArmStand
from devices.emulators.so101 import ArmPlan, so101_calibration
from devices.feetech.bus import Patience
from devices.inputs.hand import HandLeader
from devices.kinematics import Kinematics
from devices.sim.arm import SimArm
from devices.sim.demonstrator import Demonstrator
from devices.sim.robot import sim_robot
from devices.sim.world import World
from devices.so101.arm import SO101Arm
from devices.so101.chain import ArmPort
from devices.so101.leader import SO101Leader
from recordings.types import JointState

TICK_S = 0.01
CALM = Patience(first_s=5.0, again_s=5.0, retries=4)
ARMS = ("simulated", "emulated SO-101", "hardware")
LEADERS = ("hand", "demonstrator", "emulated SO-101", "hardware")


@dataclass(slots=True)
class Bench:
    """One arm with a way to let time pass."""

    arm: Arm
    wait: Callable[[float], None]
    is_real: bool = False

    def settle(self, condition: Callable[[JointState], bool], *, within_s: float = 20.0) -> None:
        """Let time pass until the arm is so."""
        for _ in range(round(within_s / TICK_S)):
            if condition(self.arm.read()):
                return
            self.wait(TICK_S)
        raise AssertionError(f"not within {within_s} s: {self.arm.read()}")


class HandClock:
    """A clock that moves when somebody waits."""

    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        return self.now_ns

    def wait(self, seconds: float) -> None:
        self.now_ns += round(seconds * 1e9)


def emulated_place(stand: ArmStand, name: str, seed: int) -> ArmPort:
    calibration = so101_calibration(seed)
    return ArmPort(stand.ports[name], calibration, patience=CALM, stale_s=20.0)


def real_time(arm: Arm) -> Callable[[float], None]:
    """Time passes when the arm's readings say so."""

    def wait(seconds: float) -> None:
        end_ns = arm.read().t_ns + round(seconds * 1e9)
        while arm.read().t_ns < end_ns:
            threading.Event().wait(0.002)

    return wait


@pytest.fixture(params=ARMS)
def bench(request, tmp_path) -> Iterator[Bench]:
    """An arm that is not connected yet."""
    if request.param == "simulated":
        clock = HandClock()
        yield Bench(SimArm(World(0), clock=clock), clock.wait)
    elif request.param == "hardware":
        described = hardware(request)
        arm = described.arms.build(described.robot)[0]
        yield Bench(arm, real_time(arm), is_real=True)
        arm.close()
    else:
        plan = ArmPlan("arm", str(tmp_path / "arm"), seed=4, wakes_with_torque=True)
        with ArmStand([plan]) as stand:
            place = emulated_place(stand, "arm", 4)
            joints = within_range(sim_robot().joints, place.calibration)
            arm = SO101Arm(replace(sim_robot(), joints=joints), place)
            yield Bench(arm, real_time(arm))
            arm.close()


@pytest.fixture(params=LEADERS)
def leader(request, tmp_path) -> Iterator[Leader]:
    """A leader that is not connected yet."""
    if request.param == "hand":
        yield HandLeader(Kinematics.of("so101"))
    elif request.param == "demonstrator":
        yield Demonstrator(World(0), kinematics=Kinematics.of("so101"))
    elif request.param == "hardware":
        described = hardware(request)
        leaders = described.arms.build(described.robot)[1]
        yield next(iter(leaders.values()))
    else:
        plan = ArmPlan("leader", str(tmp_path / "leader"), is_leader=True, seed=5)
        with ArmStand([plan]) as stand:
            joints = sim_robot().joints
            made = SO101Leader(joints, emulated_place(stand, "leader", 5), name="test")
            yield made
            made.close()


def hardware(request):
    """The bench of ``--hardware``, or a skip."""
    path = request.config.getoption("--hardware")
    if path is None:
        pytest.skip("no --hardware bench.toml given")
    described = load_bench(path)
    names = ", ".join(described.robot.joint_names)
    sys.__stderr__.write(f"\n{path}: {names} will move by up to 30°; then the arm goes limp\n")
    return described


@pytest.fixture
def nudge():
    """(n,) rad: small, relative, never the gripper."""
    return np.radians([3.0, -2.0, 2.0, -3.0, 3.0, 0.0]).astype(np.float32)
