"""Curves: ranges that hold still, values with units, plans right of now."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets import loss_plot
from widgets.chunk_curves import ChunkCurves, ChunkPair, room, round_values
from widgets.joint_plot import FUTURE_S, HISTORY_S, JointPlot, rolled
from widgets.loss_plot import LossPlot, ticks
from widgets.palette import COLORS
from widgets.plot_canvas import PlotCanvas
from widgets.plot_legend import PlotLegend, shortened

T = np.linspace(0, 10, 500)
NAMES = ("shoulder_pan", "gripper")

angles = st.floats(-400, 400)


@given(st.tuples(angles, angles).map(sorted), angles, angles)
def test_the_range_always_holds_the_data_on_round_numbers(current: list, a: float, b: float):
    low, high = rolled((current[0] // 30 * 30, current[1] // 30 * 30 + 30), min(a, b), max(a, b))
    assert low <= min(a, b)
    assert high >= max(a, b)
    assert low % 30 == high % 30 == 0


@given(st.floats(-80, 80), st.floats(-80, 80))
def test_the_range_holds_still_while_data_fit_well(a: float, b: float):
    if max(a, b) - min(a, b) > 130:
        assert rolled((-90.0, 90.0), min(a, b), max(a, b)) == (-90.0, 90.0)


@pytest.fixture
def joints(shown) -> JointPlot:
    view = shown(JointPlot(), 700, 240)
    view.set_joints(NAMES, (False, True))
    return view


def _history(pan_rad: float, opening: float) -> np.ndarray:
    return np.tile([pan_rad, opening], (len(T), 1))


def test_the_legend_shows_degrees_and_per_cent(joints: JointPlot):
    joints.set_history(T, _history(np.pi / 4, 0.5))
    legend = joints.findChild(PlotLegend)
    assert legend.texts == ["shoulder pan 45.0°", "gripper 50 %"]


def _right_of_now(image: np.ndarray) -> np.ndarray:
    plot = image[60:200, 46:-56]
    return plot[:, int(plot.shape[1] * HISTORY_S / (HISTORY_S + FUTURE_S)) + 6 :]


def test_a_plan_is_drawn_right_of_now_and_taken_away_again(joints: JointPlot, pixels, share):
    joints.set_history(T, _history(0.3, 0.5))
    bare = share(_right_of_now(pixels(joints)), COLORS.series[0])
    joints.set_plan(T[-1] + 0.1 * np.arange(30), np.tile([0.3, 0.5], (30, 1)))
    drawn = share(_right_of_now(pixels(joints)), COLORS.series[0])
    joints.set_plan(None)
    assert drawn > bare == share(_right_of_now(pixels(joints)), COLORS.series[0])


def test_the_past_of_a_plan_is_not_drawn_over_the_measurement(joints: JointPlot, pixels):
    joints.set_history(T, _history(0.3, 0.5))
    before = pixels(joints)
    joints.set_plan(T[-1] - 5 + 0.1 * np.arange(30), np.tile([-0.9, 0.1], (30, 1)))
    assert np.array_equal(pixels(joints), before)


def test_a_whole_plan_shows_its_past_beside_the_recording(joints: JointPlot, pixels):
    joints.set_history(T, _history(0.3, 0.5))
    before = pixels(joints)
    joints.set_plan(T[-1] - 5 + 0.1 * np.arange(30), np.tile([-0.9, 0.1], (30, 1)), whole=True)
    assert not np.array_equal(pixels(joints), before)


def test_an_empty_history_is_no_error(joints: JointPlot):
    joints.set_history(np.zeros(0), np.zeros((0, 2)))
    assert joints.findChild(PlotLegend).texts == ["shoulder pan", "gripper"]


def test_short_names_still_tell_joints_apart():
    names = ["shoulder pan", "shoulder lift", "elbow flex", "wrist flex", "wrist roll", "gripper"]
    assert shortened(names) == ["pan", "lift", "elbow", "wrist flex", "roll", "gripper"]


@given(st.lists(st.text("ab ", min_size=1).map(str.strip).filter(bool), unique=True))
def test_short_names_of_one_word_stay_distinct(names: list[str]):
    single = list({name.split(" ")[0] for name in names})
    assert len(set(shortened(single))) == len(single)


@pytest.fixture
def loss(shown) -> LossPlot:
    return shown(LossPlot(), 500, 260)


def test_points_are_kept_per_curve(loss: LossPlot):
    for step in range(5):
        loss.add(step, 1.0 / (step + 1), heldout=0.9 if step == 4 else None)
    assert loss.points == (5, 1)


def test_a_step_that_goes_back_starts_a_new_curve(loss: LossPlot):
    for step in (10, 20, 30, 5):
        loss.add(step, 0.5)
    assert loss.points == (1, 0)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 0.0, -1.0])
def test_what_cannot_be_drawn_is_left_out(loss: LossPlot, bad: float):
    loss.add(1, bad, heldout=bad)
    assert loss.points == (0, 0)


def test_a_long_training_stays_drawable(loss: LossPlot, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(loss_plot, "_MOST_POINTS", 40)
    for step in range(200):
        loss.add(step, 0.5)
    assert 20 <= loss.points[0] <= 40


def test_the_caption_tells_step_quality_and_estimate(loss: LossPlot):
    loss.add(1290, 0.0442, heldout=0.0744)
    loss.set_eta(1290, 4000, 374.0)
    assert loss.caption == (
        "Step 1\u202f290 of 4\u202f000 · loss 0.0442 · held-out 0.0744 · about 6 min left"
    )


def test_both_curves_are_seen_on_both_axes(loss: LossPlot, pixels, share):
    for step in range(0, 200, 10):
        loss.add(step, 1.0 / (step + 10), heldout=2.0 / (step + 10))
    for logarithmic in (True, False):
        loss.log_button.setChecked(logarithmic)
        image = pixels(loss)[60:]
        assert share(image, COLORS.plan_near) > 0.0005
        assert share(image, COLORS.attention) > 0.0005


@given(st.floats(-6, 3), st.floats(0.5, 4))
def test_logarithmic_labels_say_the_value_they_stand_at(low: float, span: float):
    marks = ticks(low, low + span)
    assert marks
    assert all(10**at == pytest.approx(float(text), rel=1e-3) for at, text in marks)


def test_the_loss_says_what_its_axes_count(loss: LossPlot):
    axes = loss.findChild(PlotCanvas)
    titles = {name: axes.plotItem.getAxis(name).labelText for name in ("bottom", "left")}
    assert titles == {"bottom": "steps", "left": "loss"}


def test_a_recording_goes_on_after_now_and_the_legend_tells_now(joints: JointPlot, pixels, share):
    bare = share(_right_of_now(pixels(joints)), COLORS.series[0])
    q = np.column_stack([np.radians(T), np.full(len(T), 0.5)])
    joints.set_history(T - 8.0, q, now_s=0.0)
    assert joints.findChild(PlotLegend).texts[0] == "shoulder pan 8.0°"
    assert share(_right_of_now(pixels(joints)), COLORS.series[0]) > bare


# ── held-out moments ───────────────────────────────────────────────────────────────────────────


@pytest.fixture
def curves(shown) -> ChunkCurves:
    view = shown(ChunkCurves(), 560, 300)
    view.set_joints(NAMES, (False, True))
    return view


def pair(gap_rad: float, rows: int = 30) -> ChunkPair:
    recorded = np.tile([0.2, 0.5], (30, 1))
    return ChunkPair(recorded, recorded + gap_rad, np.arange(30) < rows)


def test_each_joint_says_how_far_apart_it_is_in_its_unit(curves: ChunkCurves):
    curves.set_chunks([pair(0.0), pair(np.pi / 18)], dt_s=0.1)
    curves.show_moment(1)
    assert curves.titles == ["shoulder pan · 10.0° apart", "gripper · 17.5 % apart"]


def test_the_moment_that_was_chosen_stays_when_fresh_ones_come(curves: ChunkCurves):
    curves.set_chunks([pair(0.0), pair(0.1)], dt_s=0.1)
    curves.show_moment(1)
    curves.set_chunks([pair(0.2), pair(np.pi / 36)], dt_s=0.1)
    assert curves.moment == 1
    assert curves.titles[0] == "shoulder pan · 5.0° apart"


def test_both_curves_are_drawn_and_nothing_recorded_is_made_up(curves: ChunkCurves, pixels, share):
    curves.set_chunks([pair(0.1)], dt_s=0.1)
    whole = share(pixels(curves)[30:], COLORS.measured)
    assert share(pixels(curves)[30:], COLORS.plan_near) > 0.0
    curves.set_chunks([pair(0.1, rows=10)], dt_s=0.1)
    assert 0.0 < share(pixels(curves)[30:], COLORS.measured) < whole
    curves.set_chunks([pair(0.1, rows=0)], dt_s=0.1)
    assert curves.titles == ["shoulder pan", "gripper"]


@given(st.floats(-200, 200), st.floats(0.01, 400))
def test_labels_are_round_and_inside(low: float, span: float):
    low, high = room(np.array([low, low + span]), least=10.0)
    marks = round_values(low, high)
    assert 1 <= len(marks) <= 5
    assert all(low <= mark <= high for mark in marks)
