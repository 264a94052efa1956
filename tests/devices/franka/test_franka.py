"""A Franka robot through its own driver, against a robot made of software on loopback."""

from __future__ import annotations

import sys
import threading
import time

import numpy as np
import pytest

from devices.arm_entries import OneArm
from devices.bench import load_bench
from devices.errors import InvalidBench
from devices.franka.arm import FrankaArm
from devices.franka.bench import FrankaFollower
from devices.franka.errors import FrankaDriverMissing, FrankaUnreachable
from devices.franka.parts import described_joints
from devices.kinematics import Kinematics
from devices.motor_errors import PortGone
from recordings.types import RobotSpec
from tests.devices.franka.franka_server import franka_server

ROBOT = RobotSpec("franka", described_joints(), (), 100.0)
ADDRESS, NOBODY = "127.0.0.41", "127.0.0.42"
PATIENCE_S = 60.0
PI = np.pi
CHECKS = [  # joints → flange and tool, m
    ((0, 0, 0, 0, 0, 0, 0), (0.088, 0, 0.926), (0.088, 0, 0.8226)),
    ((0, -PI / 5, 0, -4 * PI / 5, 0, 3 * PI / 5, 0), (0.3597, 0, 0.48994), (0.3597, 0, 0.38654)),
    (
        (0, -PI / 4, 0, -3 * PI / 4, 0, PI / 2, PI / 4),
        (0.30689, 0, 0.59028),
        (0.30689, 0, 0.48688),
    ),
]

pytestmark = pytest.mark.timeout(180)


def franka(address: str = ADDRESS) -> FrankaArm:
    return FrankaArm(ROBOT, address, speed=0.5, stale_s=20.0, name="arm")


def settled(arm, condition):
    end_s = time.monotonic() + PATIENCE_S
    while not condition(arm.read()):
        assert time.monotonic() < end_s, arm.read()
        threading.Event().wait(0.005)
    return arm.read()


@pytest.mark.parametrize(("q", "flange", "tool"), CHECKS)
def test_it_is_where_its_maker_says(q, flange, tool):
    arm = Kinematics.of("franka")
    pose = arm.tip_pose((*q, 0.5))
    np.testing.assert_allclose(pose[:3, 3], tool, atol=2e-5)
    np.testing.assert_allclose(pose[:3, 3] - 0.1034 * pose[:3, 2], flange, atol=2e-5)
    np.testing.assert_allclose(pose[:3, 2], (0, 0, -1), atol=1e-6)


def test_its_reset_pose_is_clear_of_itself_and_of_the_table():
    arm = Kinematics.of("franka")
    assert arm.collisions((*CHECKS[1][0], 1.0)).smallest_m > 0.02


def test_nobody_at_its_address():
    pytest.importorskip("franky")
    with pytest.raises(FrankaUnreachable, match=f"no robot answers at {NOBODY}") as refused:
        franka(NOBODY).connect()
    assert "activate FCI" in refused.value.hint


def test_without_its_driver_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "franky", None)
    with pytest.raises(FrankaDriverMissing, match="not installed") as refused:
        franka().connect()
    assert "foresight-studio[franka]" in refused.value.hint


def test_it_is_driven_stopped_lost_and_found_again():
    pytest.importorskip("franky_sim")
    arm = franka()
    try:
        with franka_server(ADDRESS) as robot:
            arm.connect()
            start = arm.read().q
            assert len(start) == 8
            target = start + np.array([0.2, 0.1, -0.1, 0.1, 0.1, -0.1, 0.2, 0], np.float32)
            target[7] = 0.25
            sent = arm.write(target)
            np.testing.assert_allclose(sent, target, atol=1e-6)
            settled(arm, lambda state: bool(np.abs(state.q - target).max() < 0.03))
            arm.write(start)
            settled(arm, lambda state: abs(state.q[0] - target[0]) > 0.02)
            arm.hold()
            held = settled(arm, lambda state: True).q
            assert abs(held[0] - start[0]) > 0.02
            robot.kill()
            with pytest.raises(PortGone, match=ADDRESS):
                settled(arm, lambda _: False)
        arm.close()
        with franka_server(ADDRESS):
            arm.connect()
            again = arm.read().q
            due_ns = arm.read().t_ns + 300_000_000
            later = settled(arm, lambda state: state.t_ns > due_ns).q
            assert np.abs(later - again)[:7].max() < 0.01
    finally:
        arm.close()


def bench_file(tmp_path, lines: str) -> str:
    path = tmp_path / "bench.toml"
    path.write_text(f'version = 1\nkind = "franka"\n[follower]\n{lines}\n')
    return str(path)


def test_a_bench_file_names_its_address(tmp_path):
    bench = load_bench(bench_file(tmp_path, 'address = "172.16.0.2"\nspeed = 0.2'))
    assert isinstance(bench.arms, OneArm)
    assert bench.arms.follower == FrankaFollower("172.16.0.2", 0.2)
    assert bench.robot.joint_names == (*(f"joint{i}" for i in range(1, 8)), "gripper")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("speed = 0.2", "follower.address is None, expected the address"),
        ('address = "x"\nspeed = 3', "follower.speed is 3, expected a number from 0.01 to 1"),
        ('address = "x"\n[leaders.main]\nport = "y"', "leaders.main.kind is None, expected"),
    ],
)
def test_what_a_bench_file_gets_wrong_is_named(tmp_path, lines, said):
    with pytest.raises(InvalidBench, match=said):
        load_bench(bench_file(tmp_path, lines))
