"""Every arm and every leader there is, simulated, emulated, and real ones when asked for.

Real ones: ``pytest tests/devices/conformance --hardware bench.toml``. It says what will move and
waits for nobody: keep a hand at the power switch.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from devices.arm_entries import CONTROL_HZ, OneArm
from devices.base import Arm, Leader
from devices.bench import Arms, load_bench
from devices.bimanual.bench import TwoArms
from devices.bimanual.halves import SIDES, prefix_of
from devices.calibration.types import ArmCalibration
from devices.damiao.bus import CanPlace
from devices.description import Standing
from devices.emulators.arm_stand import ArmStand
from devices.emulators.koch import gello_of, koch_calibration
from devices.emulators.plan import ArmPlan
from devices.emulators.so101 import so101_calibration
from devices.franka.arm import FrankaArm
from devices.franka.parts import described_joints as franka_joints
from devices.gello.bench import GelloEntry
from devices.gello.leader import GelloPlace
from devices.inputs.hand import HandLeader
from devices.kinematics import Kinematics
from devices.koch.bench import KochFollower, KochLeaderEntry
from devices.koch.parts import BAUD as KOCH_BAUD
from devices.servos.bus import Patience
from devices.servos.chain import ArmPort
from devices.sim.arm import SimArm
from devices.sim.demonstrator import Demonstrator
from devices.sim.robot import HOME
from devices.sim.world import World
from devices.so101.bench import SO101Follower, SO101LeaderEntry
from devices.yam.bench import YamFollower, YamLeaderEntry
from devices.yam.chain import YamPlace
from devices.yam.parts import GRIPPERS
from recordings.types import F32, JointState, RobotSpec, frozen_f32
from tests.devices.franka.franka_server import franka_server

TICK_S = 0.01
FRANKA_ADDRESS = "127.0.0.43"
FRANKA_ROBOT = RobotSpec("franka", franka_joints(), (), CONTROL_HZ)
CALM = Patience(first_s=5.0, again_s=5.0, retries=4)
ROLES = ("follower", "leader")
IDS = tuple(range(1, 7))
SEEDS = {
    "follower": 4,
    "leader": 5,
    "left_follower": 4,
    "left_leader": 5,
    "right_follower": 6,
    "right_leader": 7,
}


@dataclass(slots=True)
class Bench:
    """One arm with a way to let time pass."""

    arm: Arm
    wait: Callable[[float], None]
    is_real: bool = False

    @property
    def body(self) -> np.ndarray:
        """(n,) bool: joints that turn."""
        return np.array([not joint.is_gripper for joint in self.arm.spec.joints])

    def inward(self, q: F32, nudge: F32) -> F32:
        """(n,) ``nudge``, the other way round for joints that it would push beyond their limits."""
        spec = self.arm.spec
        beyond = (q + nudge < spec.lower) | (q + nudge > spec.upper)
        return np.where(beyond, -nudge, nudge).astype(np.float32)

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


def place(stand: ArmStand, name: str, calibration: ArmCalibration) -> ArmPort:
    return ArmPort(stand.ports[name], calibration, patience=CALM, stale_s=20.0)


def so101_arms(stand: ArmStand, side: str = "") -> OneArm:
    follower, leader = (so101_calibration(SEEDS[side + role]) for role in ROLES)
    return OneArm(
        "so101",
        SO101Follower(place(stand, f"{side}follower", follower)),
        {"test": SO101LeaderEntry(place(stand, f"{side}leader", leader))},
    )


def koch_arms(stand: ArmStand) -> OneArm:
    follower = koch_calibration(SEEDS["follower"])
    leader = koch_calibration(SEEDS["leader"], is_leader=True)
    return OneArm(
        "koch",
        KochFollower(place(stand, "follower", follower)),
        {"test": KochLeaderEntry(place(stand, "leader", leader))},
    )


def yam_arms(stand: ArmStand) -> OneArm:
    follower, leader = (
        YamPlace(CanPlace("slcan", stand.ports[role]), CALM, stale_s=20.0, hz=125.0)
        for role in ROLES
    )
    entry = YamFollower(follower, GRIPPERS["linear_4310"])
    return OneArm("yam", entry, {"test": YamLeaderEntry(leader)})


def gello_arms(stand: ArmStand) -> OneArm:
    signs, offsets, trigger = gello_of(SEEDS["leader"])
    port = stand.ports["leader"]
    built = GelloPlace(port, signs, offsets, trigger, IDS, KOCH_BAUD, CALM, stale_s=20.0, hz=200.0)
    return replace(koch_arms(stand), leaders={"test": GelloEntry(built)})


def pair_of_so101(stand: ArmStand) -> TwoArms:
    left, right = (so101_arms(stand, f"{side}_") for side in SIDES)
    standing = tuple(Standing("so101", prefix_of(side)) for side in SIDES)
    return TwoArms(left, right, standing)


EMULATED: dict[str, tuple[str, tuple[str, ...], Callable[[ArmStand], Arms]]] = {
    "emulated SO-101": ("so101", ("",), so101_arms),
    "emulated Koch": ("koch", ("",), koch_arms),
    "emulated YAM": ("yam", ("",), yam_arms),
    "emulated pair of SO-101": ("so101", ("left_", "right_"), pair_of_so101),
}
"""What it is called → make, sides, and the arms on an emulator's ports."""
GELLO = {"emulated GELLO": ("koch", ("",), gello_arms)}
FRANKA = "Franka on loopback"
ARMS = ("simulated", *EMULATED, FRANKA, "hardware")
LEADERS = ("hand", "demonstrator", *EMULATED, *GELLO, "hardware")


@contextmanager
def emulated(name: str, folder: Path, role: str) -> Iterator[tuple[Arm, Leader]]:
    """Follower and leader on emulated motors; only those of ``role`` are there."""
    make, sides, arms_on = (EMULATED | GELLO)[name]
    plans = [
        ArmPlan(
            f"{side}{one}", str(folder / f"{side}{one}"), make=make, seed=SEEDS[side + one],
            is_leader=one == "leader", wakes_with_torque=one == "follower" and make == "so101",
            light=one != role, calibrated=name not in GELLO,
        )
        for side in sides
        for one in ROLES
    ]  # fmt: skip
    with ArmStand(plans) as stand:
        arms = arms_on(stand)
        arm, leaders = arms.build(RobotSpec(arms.name, arms.joints, (), CONTROL_HZ))
        yield arm, leaders["test"]
        arm.close()
        leaders["test"].close()


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
    elif request.param == FRANKA:
        pytest.importorskip("franky_sim")
        arm = FrankaArm(FRANKA_ROBOT, FRANKA_ADDRESS, speed=0.5, stale_s=20.0, name="arm")
        with franka_server(FRANKA_ADDRESS):
            yield Bench(arm, real_time(arm))
            arm.close()
    elif request.param == "hardware":
        described = hardware(request)
        arm = described.arms.build(described.robot)[0]
        yield Bench(arm, real_time(arm), is_real=True)
        arm.close()
    else:
        with emulated(request.param, tmp_path, "follower") as (arm, _):
            yield Bench(arm, real_time(arm))


@dataclass(frozen=True, slots=True)
class Led:
    """One leader and a pose of its follower."""

    leader: Leader
    start: F32


@pytest.fixture(params=LEADERS)
def led(request, tmp_path) -> Iterator[Led]:
    """A leader that is not connected yet."""
    home = frozen_f32(HOME)
    if request.param == "hand":
        yield Led(HandLeader(Kinematics.of("so101")), home)
    elif request.param == "demonstrator":
        yield Led(Demonstrator(World(0), kinematics=Kinematics.of("so101")), home)
    elif request.param == "hardware":
        described = hardware(request)
        leaders = described.arms.build(described.robot)[1]
        yield Led(next(iter(leaders.values())), frozen_f32(described.robot.lower))
    else:
        with emulated(request.param, tmp_path, "leader") as (arm, leader):
            joints = len(arm.spec.joints)
            start = np.resize(np.append(home, home), joints)
            yield Led(leader, frozen_f32(np.clip(start, arm.spec.lower, arm.spec.upper)))


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
def nudge(bench):
    """(n,) rad: small, relative, never the gripper."""
    signs = np.where(np.arange(len(bench.arm.spec.joints)) % 2, -1.0, 1.0)
    return (np.radians(2.5) * signs * bench.body).astype(np.float32)
