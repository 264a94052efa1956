"""Steps to radians, guided sweeps, and files: ours and LeRobot's."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.calibration.compare import differences
from devices.calibration.lerobot import find_lerobot, read_lerobot, write_lerobot
from devices.calibration.scale import RAD_PER_STEP, JointScale, within_range
from devices.calibration.store import read_calibration, take_back, write_calibration
from devices.calibration.sweep import Sweep
from devices.calibration.types import STEPS, ArmCalibration, MotorCalibration, checked
from devices.emulators.so101 import so101_calibration
from devices.motor_errors import InvalidCalibration
from devices.sim.robot import sim_robot

JOINTS = sim_robot().joints
NAMES = sim_robot().joint_names
GOOD = so101_calibration(3)


def one(**changes) -> ArmCalibration:
    """A good calibration with its elbow changed."""
    joints = dict(GOOD.joints)
    joints["elbow_flex"] = replace(joints["elbow_flex"], **changes)
    return ArmCalibration(joints, identity="usb:1A86:55D3:5A46083062", made="2026-11-25T17:00:00")


def lerobot_joint(**changes) -> dict:
    plain = {"id": 3, "drive_mode": 0, "homing_offset": 12, "range_min": 900, "range_max": 3100}
    return plain | changes


# ── angles ──


def test_zero_is_the_middle_of_the_range_and_a_turn_has_4096_steps():
    joints = dict(GOOD.joints)
    joints["elbow_flex"] = MotorCalibration(3, 0, 1000, 3000)
    joints["gripper"] = MotorCalibration(6, 0, 2000, 3000)
    scale = JointScale(ArmCalibration(joints), JOINTS)
    steps = [round(j.middle) for j in joints.values()]
    steps[2], steps[5] = 2000 + STEPS // 4, 2250
    q = scale.q_of(steps)
    assert q[2] == pytest.approx(math.pi / 2)
    assert q[5] == pytest.approx(0.25)


def test_a_gripper_that_counts_the_other_way_is_turned_round():
    joints = dict(GOOD.joints)
    joints["gripper"] = MotorCalibration(6, 0, 2000, 3000, drive_mode=1)
    scale = JointScale(ArmCalibration(joints), JOINTS)
    steps = [round(j.middle) for j in joints.values()]
    for step, opening in ((3000, 0.0), (2000, 1.0)):
        steps[5] = step
        assert scale.q_of(steps)[5] == pytest.approx(opening)
        q = np.zeros(6)
        q[5] = opening
        assert scale.steps_of(q)[5] == step


@given(st.lists(st.integers(0, STEPS - 1), min_size=6, max_size=6))
def test_steps_survive_the_way_to_radians_and_back(steps):
    scale = JointScale(GOOD, JOINTS)
    low = [m.range_min for m in GOOD.joints.values()]
    high = [m.range_max for m in GOOD.joints.values()]
    np.testing.assert_array_equal(scale.steps_of(scale.q_of(steps)), np.clip(steps, low, high))


def test_limits_are_narrowed_to_what_was_swept():
    narrow = within_range(JOINTS, one(range_min=2048 - 500, range_max=2048 + 500))
    assert narrow[2].upper == pytest.approx(500 * RAD_PER_STEP)
    assert narrow[2].lower == pytest.approx(-500 * RAD_PER_STEP)
    assert (narrow[5].lower, narrow[5].upper) == (0.0, 1.0)
    assert narrow[0].upper <= JOINTS[0].upper


# ── sweeps ──


def swept(low: int, high: int, *, start: int | None = None) -> Sweep:
    """A joint moved from ``start`` to both ends, as its encoder counts (modulo a turn)."""
    sweep = Sweep({"joint": 1})
    way = [start if start is not None else low, high, low]
    for a, b in itertools.pairwise(way):
        for step in np.linspace(a, b, 40).astype(int):
            sweep.see({"joint": int(step) % STEPS})
    return sweep


@given(st.integers(-3000, 6000), st.integers(150, 3990))
def test_wherever_the_range_lies_its_middle_is_put_in_the_middle_of_the_encoder(low, span):
    motor = swept(low, low + span).finish(where="arm").joints["joint"]
    assert motor.span == span
    assert abs(motor.middle - STEPS / 2) <= 1.5
    for actual in (low, low + span):  # what the motor will say at the ends: inside, in order
        present = (actual - motor.homing_offset) % STEPS
        assert motor.range_min <= present <= motor.range_max
    checked(ArmCalibration({"joint": motor}), where="arm", names=("joint",))


def test_a_range_across_the_seam_of_the_encoder_is_no_nonsense():
    motor = swept(3500, 5200, start=4000).finish(where="arm").joints["joint"]
    assert motor.span == 1700
    assert motor.range_min > 1000


@pytest.mark.parametrize(
    ("low", "high", "said"), [(2000, 2050, "move it from end to end"), (10, 4090, "turns less")]
)
def test_a_sweep_that_cannot_be_true_is_refused(low, high, said):
    with pytest.raises(InvalidCalibration, match=said):
        swept(low, high).finish(where="arm")


def test_a_joint_without_end_stops_takes_its_place_as_the_middle():
    sweep = swept(100, 900)
    sweep.see({"joint": 700})
    motor = sweep.finish(where="arm", full_turn=("joint",)).joints["joint"]
    assert motor.turns_fully
    assert (700 - motor.homing_offset) % STEPS == 2047


def test_joints_that_were_forgotten_are_named():
    sweep = Sweep({"a": 1, "b": 2})
    sweep.see({"a": 100, "b": 100})
    for step in range(100, 2000, 50):
        sweep.see({"a": step})
    assert sweep.unswept() == ("b",)
    assert sweep.spans()["a"] == 1850


# ── what cannot be true ──


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"range_min": 2000, "range_max": 2000}, r"elbow_flex\.range_max is 2000, expected at le"),
        ({"homing_offset": 2114}, r"homing_offset is 2114, expected -2047 to 2047"),
        ({"homing_offset": -2048}, r"homing_offset is -2048"),
        ({"range_min": -1}, r"range_min is -1, expected 0 to 4095"),
        ({"range_max": 4096}, r"range_max is 4096"),
        ({"range_min": 10, "range_max": 4090}, r"crossed the end"),
        ({"id": 2}, r"elbow_flex\.id is 2, expected an id of its own: shoulder_lift has this one"),
        ({"id": 254}, r"id is 254, expected 0 to 253"),
        ({"drive_mode": 2}, r"drive_mode is 2, expected 0 or 1"),
    ],
)
def test_nonsense_is_refused_with_joint_value_and_bound(changes, said):
    with pytest.raises(InvalidCalibration, match=said):
        checked(one(**changes), where="arm", names=NAMES)


def test_a_calibration_of_another_robot_is_refused():
    joints = {f"joint{i}": m for i, m in enumerate(GOOD.joints.values())}
    with pytest.raises(InvalidCalibration, match="joints is 'joint0"):
        checked(ArmCalibration(joints), where="arm", names=NAMES)


# ── files ──


def test_writing_and_reading_gives_the_same(tmp_path):
    path = tmp_path / "arms" / "follower.toml"
    write_calibration(path, one(range_max=3000))
    assert read_calibration(path, names=NAMES) == one(range_max=3000)
    assert "shoulder_pan" in path.read_text()


def test_the_calibration_before_can_be_taken_back(tmp_path):
    path = tmp_path / "follower.toml"
    assert not take_back(path)
    first, second = one(range_max=3000), one(range_max=3050)
    write_calibration(path, first)
    write_calibration(path, second)
    assert take_back(path)
    assert read_calibration(path, names=NAMES) == first
    assert take_back(path)
    assert read_calibration(path, names=NAMES) == second


def test_lerobot_files_go_both_ways(tmp_path):
    path = tmp_path / "mine.json"
    write_lerobot(path, GOOD)
    content = json.loads(path.read_text())
    assert list(content["elbow_flex"]) == [
        "id", "drive_mode", "homing_offset", "range_min", "range_max",
    ]  # fmt: skip
    assert read_lerobot(path, names=NAMES).joints == GOOD.joints
    assert read_calibration(path, names=NAMES).joints == GOOD.joints


def test_joints_in_another_order_are_put_right(tmp_path):
    path = tmp_path / "mine.json"
    write_lerobot(path, ArmCalibration(dict(reversed(GOOD.joints.items()))))
    assert tuple(read_lerobot(path, names=NAMES).joints) == NAMES


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "expected a LeRobot calibration"),
        ("[]", "expected one JSON object"),
        (json.dumps({"elbow_flex": {"id": 3}}), "expected id, drive_mode, homing_offset"),
        (json.dumps({"elbow_flex": lerobot_joint(id="3")}), r"id is '3', expected a whole number"),
        (json.dumps({"elbow_flex": lerobot_joint(id=True)}), r"id is True, expected a whole"),
    ],
)
def test_files_that_are_none_say_why(tmp_path, text, said):
    path = tmp_path / "broken.json"
    path.write_text(text)
    with pytest.raises(InvalidCalibration, match=said):
        read_lerobot(path, names=NAMES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version = 2", "version is 2"),
        ("version = ", "a calibration"),
        ("version = 1", "joints is None, expected a table per joint"),
        ("version = 1\n[joints.gripper]\nid = 1", "gripper is"),
        (
            "version = 1\n[joints.gripper]\nid = 1.5\nhoming_offset = 1\nrange_min = 1\n"
            "range_max = 2",
            "id is 1.5, expected a whole number",
        ),
    ],
)
def test_our_files_that_are_none_say_why(tmp_path, text, said):
    path = tmp_path / "broken.toml"
    path.write_text(text)
    with pytest.raises(InvalidCalibration, match=said):
        read_calibration(path, names=NAMES)


def test_a_file_that_is_missing_says_so(tmp_path):
    with pytest.raises(InvalidCalibration, match="No such file"):
        read_calibration(tmp_path / "none.toml", names=NAMES)


def test_lerobots_own_files_are_found_under_old_and_new_names(tmp_path):
    for place in (
        "robots/so_follower/a.json",
        "robots/so101_follower/b.json",
        "teleoperators/so100_leader/c.json",
        "robots/koch_follower/d.json",
    ):
        write_lerobot(tmp_path / place, GOOD)
    environment = {"HF_LEROBOT_CALIBRATION": str(tmp_path)}
    followers = find_lerobot("follower", environment=environment)
    assert [path.name for path in followers] == ["a.json", "b.json"]
    assert [p.name for p in find_lerobot("leader", environment=environment)] == ["c.json"]


def test_two_calibrations_are_compared_by_joint():
    moved = one(homing_offset=GOOD.joints["elbow_flex"].homing_offset + 40)
    (found,) = differences(moved, GOOD)
    assert found.joint == "elbow_flex"
    assert found.shift_rad == pytest.approx(40 * RAD_PER_STEP)
    assert found.noticeable
    assert differences(GOOD, GOOD) == ()
    round_ = one(homing_offset=GOOD.joints["elbow_flex"].homing_offset + 2)
    assert not differences(round_, GOOD)[0].noticeable
