"""Joining plans and sampling them between rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.planning.curve import PlanCurve
from devices.planning.join import join, strength

DT_S = 1 / 30
NO_GRIPPER = np.zeros(1, dtype=bool)


def line(start: float, slope: float, count: int) -> np.ndarray:
    return (start + slope * np.arange(count))[:, None]


def roughness(rows: np.ndarray) -> float:
    return float(np.abs(np.diff(rows, n=3, axis=0)).max())


def test_the_strength_at_30_rows_per_second_is_the_one_that_was_measured_best():
    assert strength(1 / 30) == pytest.approx(10, rel=0.1)


@settings(deadline=None)
@given(
    start=st.floats(-2, 2), slope=st.floats(-0.05, 0.05), dt_s=st.sampled_from([1 / 30, 0.05, 0.1])
)
def test_a_plan_that_continues_a_straight_motion_is_left_alone(start, slope, dt_s):
    before, plan = line(start - 3 * slope, slope, 3), line(start, slope, 20)
    assert join(before, plan, dt_s=dt_s) == pytest.approx(plan, abs=1e-6)


@pytest.mark.parametrize("dt_s", [1 / 30, 0.1])
def test_a_seam_becomes_smooth_and_the_end_of_the_plan_is_kept(dt_s):
    before, plan = line(-0.03, 0.01, 3), line(0.04, 0.012, 30)
    joined = join(before, plan, dt_s=dt_s)
    assert roughness(np.vstack([before, joined])) < 0.5 * roughness(np.vstack([before, plan]))
    assert joined[-10:] == pytest.approx(plan[-10:], abs=0.003)


def test_joining_a_plan_of_one_row_works():
    assert join(line(0, 0, 3), line(0, 0, 1), dt_s=0.1) == pytest.approx(np.zeros((1, 1)))


def test_the_curve_starts_on_its_first_row_and_ends_at_rest_on_its_last():
    curve = PlanCurve(line(0.5, 0.1, 10), first_row=-3, is_gripper=NO_GRIPPER)
    assert curve.at(-3)[0] == pytest.approx(0.5)
    assert curve.at(curve.end_row)[0] == pytest.approx(1.4)
    assert curve.slope(curve.end_row)[0] == pytest.approx(0, abs=1e-3)
    assert curve.at(99)[0] == pytest.approx(1.4)


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.floats(-1, 1), min_size=5, max_size=12))
def test_the_curve_has_no_kinks(rows):
    curve = PlanCurve(np.array(rows)[:, None], first_row=0, is_gripper=NO_GRIPPER)
    at = np.array([curve.at(u)[0] for u in np.arange(0, len(rows) - 1, 0.01)])
    assert np.abs(np.diff(at, n=2)).max() <= 8 * 0.01**2 + 1e-9  # |p''| <= 8 for rows within ±1


def test_a_straight_line_is_followed_without_lag():
    curve = PlanCurve(line(0, 0.1, 10), first_row=0, is_gripper=NO_GRIPPER)
    assert [curve.at(u)[0] for u in (1.0, 2.5, 6.25)] == pytest.approx([0.1, 0.25, 0.625])


def test_a_gripper_closes_as_sharply_as_the_plan_says():
    rows = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])[:, None]
    curve = PlanCurve(rows, first_row=0, is_gripper=np.ones(1, dtype=bool))
    assert [curve.at(u)[0] for u in (2.0, 2.5, 3.0)] == pytest.approx([1.0, 0.5, 0.0])
