"""Units and directions of joints: one place for states, actions, differences and statistics."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from model.errors import ConfigInvalid
from model.joint_frame import (
    DEGREES,
    OLD_OFFSETS,
    OLD_SIGNS,
    JointFrame,
    degrees_of_body_units,
    old_so_frame,
)
from model.norm_stats import NormStats
from model.quantiles import column_statistics
from model.tags import ABSOLUTE, RELATIVE, TagMetadata
from model.transforms import UnitTransform, recast
from recordings.types import JointSpec, RobotSpec

TABLE = Path(__file__).parent / "goldens" / "text-and-numeric" / "so101_joint_frame.json"
JOINTS = 6
ROBOT = RobotSpec(
    "so101", tuple(JointSpec(f"j{i}", -2, 2, 1, is_gripper=i == 5) for i in range(6)), (), 100.0
)


SHIFTED = JointFrame.degrees((False,) * 5 + (True,)).then(signs=(1.0,) * 6, offsets=OLD_OFFSETS)


def positions(*shape: int):
    """Robot units."""
    return hnp.arrays(np.float32, (*shape, JOINTS), elements=st.floats(-2, 2, width=32))


def statistics(values: np.ndarray) -> NormStats:
    return NormStats.from_dict(
        column_statistics(values, names=tuple("abcdef"), mask=(True,) * JOINTS)
    )


def tag(mode: str, *, mask: tuple[bool, ...] | None = None) -> TagMetadata:
    low, high = (-2.0,) * 5 + (0.0,), (2.0,) * 5 + (1.0,)
    stats = NormStats(q01=low, q99=high, mask=mask)
    return TagMetadata(state=stats, action=stats, setup_type="", control_mode=mode, robot=ROBOT)


# ── the published transform ────────────────────────────────────────────────────────────────────


def test_the_so_arm_is_turned_as_in_the_reference() -> None:
    known = json.loads(TABLE.read_text())
    degrees = JointFrame((1.0,) * JOINTS, (0.0,) * JOINTS)
    frame = degrees.then(signs=OLD_SIGNS, offsets=OLD_OFFSETS)
    state = frame.to_checkpoint(np.array(known["arm_state"]))
    np.testing.assert_allclose(state, known["model_state"], atol=2e-5)
    action = frame.to_robot(np.array(known["model_action"]))
    np.testing.assert_allclose(action, known["arm_action"], atol=2e-5)


def test_a_bench_in_radians_and_fractions_arrives_in_old_degrees_and_per_cent() -> None:
    arm = np.array([0.0, np.pi / 2, -np.pi / 2, 0.0, 0.0, 0.25])
    np.testing.assert_allclose(old_so_frame().to_checkpoint(arm), [0, 0, 0, 0, 0, 25], atol=1e-4)


def test_body_units_become_degrees_by_the_calibration() -> None:
    degrees = degrees_of_body_units(
        np.array([100.0, -50.0]), range_min=[0, 1024], range_max=[4095, 3071]
    )
    np.testing.assert_allclose(degrees, [180.0, -50 * 2047 / 200 * 360 / 4095], rtol=1e-6)


# ── laws ───────────────────────────────────────────────────────────────────────────────────────


@given(values=positions(3))
def test_there_and_back_changes_nothing(values: np.ndarray) -> None:
    frame = old_so_frame()
    np.testing.assert_allclose(frame.to_robot(frame.to_checkpoint(values)), values, atol=1e-5)


@given(values=positions(40))
def test_statistics_in_other_units_are_the_statistics_of_the_data_in_those_units(
    values: np.ndarray,
) -> None:
    frame = old_so_frame()
    moved = frame.statistics_to_checkpoint(statistics(values))
    again = statistics(frame.to_checkpoint(values))
    for name in ("minimum", "maximum", "q01", "q99", "mean", "std"):
        np.testing.assert_allclose(getattr(moved, name), getattr(again, name), atol=0.02)
    back = frame.statistics_to_robot(moved)
    np.testing.assert_allclose(back.q01, statistics(values).q01, atol=1e-5)


def test_low_and_high_change_places_where_a_joint_turns_the_other_way() -> None:
    moved = old_so_frame().statistics_to_checkpoint(NormStats(q01=(-1.0,) * 6, q99=(0.5,) * 6))
    assert moved.q01[1] == pytest.approx(90 - 0.5 * DEGREES)
    assert moved.q99[1] == pytest.approx(90 + DEGREES)


@pytest.mark.parametrize("mode", [ABSOLUTE, RELATIVE])
@given(actions=positions(4), state=positions())
def test_a_tag_in_other_units_shows_the_network_the_same_numbers(
    mode: str, actions: np.ndarray, state: np.ndarray
) -> None:
    plain = UnitTransform(tag(mode))
    other = UnitTransform(recast(tag(mode), SHIFTED))
    np.testing.assert_allclose(
        other.normalise_state(state), plain.normalise_state(state), atol=1e-5
    )
    normalised = plain.normalise_actions(actions, state)
    np.testing.assert_allclose(other.normalise_actions(actions, state), normalised, atol=1e-5)
    restored = plain.restore_actions(normalised, state)
    np.testing.assert_allclose(other.restore_actions(normalised, state), restored, atol=1e-5)


@given(state=hnp.arrays(np.float32, JOINTS, elements=st.floats(0, 1, width=32)))
def test_a_column_that_passes_through_keeps_its_value_in_other_units(state: np.ndarray) -> None:
    through = tag(ABSOLUTE, mask=(True,) * 5 + (False,))
    moved = UnitTransform(recast(through, SHIFTED))
    assert moved.normalise_state(state)[5] == pytest.approx(state[5], abs=1e-5)


def test_a_network_cannot_be_told_that_a_joint_turns_the_other_way() -> None:
    with pytest.raises(ConfigInvalid, match="expected more than 0"):
        recast(tag(ABSOLUTE), old_so_frame())


def test_differences_of_actions_have_no_offset() -> None:
    units = UnitTransform(replace(tag(RELATIVE), frame=old_so_frame()))
    state = np.full(6, 0.5, np.float32)
    moved = units.relative(np.stack([state, state + np.float32(0.1)]), state)
    np.testing.assert_allclose(moved[0, :5], 0, atol=1e-4)
    np.testing.assert_allclose(moved[1, :5], 0.1 * DEGREES * np.array(OLD_SIGNS[:5]), atol=1e-4)
    assert moved[0, 5] == pytest.approx(50.0)


# ── what is out of range ───────────────────────────────────────────────────────────────────────


def test_joints_outside_of_training_are_found_in_robot_units() -> None:
    units = UnitTransform(recast(tag(ABSOLUTE), SHIFTED))
    inside = np.array([2.0, -2.0, 0, 0, 0, 1.0], np.float32)
    assert units.clipped(inside) == []
    (found,) = units.clipped(np.array([0, 2.5, 0, 0, 0, 0.5], np.float32))
    assert (found.column, found.value) == (1, 2.5)
    assert (found.low, found.high) == pytest.approx((-2.0, 2.0))


def test_a_gripper_that_passes_through_may_reach_one() -> None:
    units = UnitTransform(tag(ABSOLUTE, mask=(True,) * 5 + (False,)))
    state = np.zeros(6, np.float32)
    state[5] = 1.5
    (found,) = units.clipped(state)
    assert (found.column, found.high) == (5, 1.0)


def test_a_scale_without_bounds_has_no_outside() -> None:
    stats = NormStats(q01=(0,) * 6, q99=(1,) * 6, mean=(0.0,) * 6, std=(1.0,) * 6)
    unbounded = replace(tag(ABSOLUTE), state=stats, action=stats, norm_mode="mean_std")
    assert UnitTransform(unbounded).clipped(np.full(6, 9.0, np.float32)) == []


# ── files and bad input ────────────────────────────────────────────────────────────────────────


def test_a_tag_keeps_its_frame_in_its_file() -> None:
    given_tag = replace(tag(ABSOLUTE), frame=old_so_frame())
    data = json.loads(json.dumps(given_tag.to_dict()))
    assert TagMetadata.from_dict(data, norm_mode="q01_q99") == given_tag


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"scale": [1.0, 0.0], "offset": [0.0, 0.0]}, "no scale of 0"),
        ({"scale": [1.0], "offset": [0.0, 0.0]}, "one of each per joint"),
        ({"scale": [1.0, float("nan")], "offset": [0.0, 0.0]}, "finite numbers"),
        ({"scale": [1.0]}, "lists of numbers"),
    ],
)
def test_a_frame_that_cannot_be_undone_is_refused(data: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigInvalid, match=said):
        JointFrame.from_dict(data)


def test_signs_for_another_number_of_joints_are_refused() -> None:
    with pytest.raises(ConfigInvalid, match="7 signs, 7 offsets"):
        JointFrame.identity(6).then(signs=[1.0] * 7, offsets=[0.0] * 7)
