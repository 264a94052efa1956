"""States, actions and prefixes change units in one way only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from model.errors import ConfigInvalid
from model.tags import ABSOLUTE, RELATIVE, NormStats, TagMetadata
from model.transforms import UnitTransform
from recordings.types import JointSpec, RobotSpec

N = 3  # two arm joints and a gripper


def unit_transform(control_mode: str) -> UnitTransform:
    arm = (JointSpec("a", -3, 3, 1), JointSpec("b", -3, 3, 1))
    robot = RobotSpec("arm", (*arm, JointSpec("g", 0, 1, 1, is_gripper=True)), (), 100.0)
    return UnitTransform(
        TagMetadata(
            state=NormStats(q01=(-3, -3, 0), q99=(3, 3, 1)),
            action=NormStats(q01=(-6, -6, 0), q99=(6, 6, 1)),
            setup_type="",
            control_mode=control_mode,
            robot=robot,
        )
    )


def numbers(*shape: int):
    return hnp.arrays(np.float32, shape, elements=st.floats(0, 1, width=32))


@pytest.mark.parametrize("mode", [ABSOLUTE, RELATIVE])
@given(actions=numbers(4, N), state=numbers(N))
def test_restoring_undoes_normalising(mode: str, actions: np.ndarray, state: np.ndarray) -> None:
    units = unit_transform(mode)
    back = units.restore_actions(units.normalise_actions(actions, state), state)
    np.testing.assert_allclose(back, actions, atol=1e-5)


@given(actions=numbers(4, N), state=numbers(N), offset=numbers(N))
def test_relative_actions_do_not_change_when_arm_and_target_move_together(
    actions: np.ndarray, state: np.ndarray, offset: np.ndarray
) -> None:
    units, shift = unit_transform(RELATIVE), offset * [1, 1, 0]
    moved = units.normalise_actions((actions + shift).astype("f4"), (state + shift).astype("f4"))
    np.testing.assert_allclose(moved, units.normalise_actions(actions, state), atol=1e-5)


@given(actions=numbers(4, N), state=numbers(N))
def test_absolute_actions_ignore_the_state(actions: np.ndarray, state: np.ndarray) -> None:
    units = unit_transform(ABSOLUTE)
    zero = np.zeros(N, np.float32)
    assert np.array_equal(
        units.normalise_actions(actions, state), units.normalise_actions(actions, zero)
    )


def test_a_gripper_stays_absolute_in_a_relative_mode() -> None:
    state = np.array([1.0, 2.0, 0.5], np.float32)
    actions = np.array([[1.5, 1.0, 0.25]], np.float32)
    relative = unit_transform(RELATIVE).relative(actions, state)
    np.testing.assert_allclose(relative, [[0.5, -1.0, 0.25]])


def test_a_batch_is_the_same_as_one_by_one() -> None:
    rng = np.random.default_rng(0)
    actions, states = rng.random((5, 4, N), "f4"), rng.random((5, N), "f4")
    units = unit_transform(RELATIVE)
    each = [units.normalise_actions(a, s) for a, s in zip(actions, states, strict=True)]
    assert np.array_equal(units.normalise_actions(actions, states), each)


def test_a_column_that_never_moved_becomes_zero() -> None:
    tag = unit_transform(ABSOLUTE).tag
    still = NormStats(q01=(1, 0, 0), q99=(1, 1, 1), minimum=(1, 0, 0), maximum=(1, 1, 1))
    units = UnitTransform(replace(tag, state=still))
    assert units.normalise_state(np.array([5.0, 0.5, 0.5], np.float32))[0] == 0.0


def test_a_relative_tag_needs_to_know_its_grippers() -> None:
    with pytest.raises(ConfigInvalid, match="for relative actions"):
        UnitTransform(replace(unit_transform(RELATIVE).tag, robot=None))


def test_an_unknown_normalisation_is_refused() -> None:
    tag = replace(unit_transform(ABSOLUTE).tag, norm_mode="zscore")
    with pytest.raises(ConfigInvalid, match="'zscore', expected q01_q99"):
        UnitTransform(tag)


def test_each_row_of_a_chunk_has_the_scale_of_its_own_statistics():
    units = unit_transform(RELATIVE)
    narrow = NormStats(q01=(-0.1, -0.1, 0), q99=(0.1, 0.1, 1))
    by_row = UnitTransform(replace(units.tag, action_rows=(narrow, units.tag.action)))
    state = np.zeros(N, np.float32)
    chunk = np.full((2, N), 0.06, np.float32)
    scaled = by_row.normalise_actions(chunk, state)
    assert scaled[:, 0] == pytest.approx([0.6, 0.01], abs=1e-5)
    assert by_row.restore_actions(scaled, state) == pytest.approx(chunk, abs=1e-6)
    assert by_row.normalise_actions(chunk[:1], state) == pytest.approx(scaled[:1])
