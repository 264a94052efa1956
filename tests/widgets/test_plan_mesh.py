"""The plan in space: three phases that join, and glyphs where the gripper acts."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets import demo_scene
from widgets.palette import COLORS, rgb
from widgets.plan_mesh import fan_mesh, gripper_events, mark_mesh, phase_rows, trace_mesh

counts = st.integers(0, 60)


@given(counts, counts, counts)
def test_phases_cover_every_row_and_join(total: int, committed: int, executing: int):
    parts = [range(total)[s] for s in phase_rows(total, committed, executing)]
    assert sorted({row for part in parts for row in part}) == list(range(total))
    drawn = [part for part in parts if part]
    assert all(a[-1] == b[0] for a, b in itertools.pairwise(drawn))


@given(st.floats(0.2, 1), st.integers(4, 30), st.integers(0, 25))
def test_one_closing_is_one_event_wherever_it_happens(amount: float, rows: int, at: int):
    opening = np.full(rows, 1.0)
    at = 1 + at % (rows - 2)
    opening[at:] = 1.0 - amount
    events = gripper_events(opening)
    assert [e.kind for e in events] == ["close"]
    assert abs(events[0].row - at) <= 1


@given(st.lists(st.floats(0.5, 0.69), min_size=0, max_size=30))
def test_a_gripper_that_hardly_moves_does_nothing(opening: list[float]):
    assert gripper_events(opening) == []


def test_opening_and_closing_are_told_apart():
    opening = np.r_[np.linspace(0.1, 0.9, 10), np.full(5, 0.9), np.linspace(0.9, 0.2, 8)]
    assert [e.kind for e in gripper_events(opening)] == ["open", "close"]


@pytest.mark.parametrize("role", ["committed", "plan_near", "plan_far", "gripper"])
def test_the_trace_has_the_colour_of_every_phase(role: str):
    plan = demo_scene.plan()
    mesh = trace_mesh(demo_scene.tips(plan), 12, 10, plan[:, 5])
    wanted = np.array(rgb(getattr(COLORS, role)), np.float32)
    assert (np.abs(mesh.colors[:, :3] - wanted).max(axis=1) < 1e-3).any()


def test_a_plan_of_two_tools_has_both_traces():
    plan = demo_scene.plan()
    tip, opening = demo_scene.tips(plan), plan[:, 5]
    one = trace_mesh(tip, 12, 10, opening)
    both = trace_mesh(np.stack([tip, tip + 0.5]), 12, 10, np.stack([opening, opening]))
    assert both.triangles == 2 * one.triangles
    assert np.ptp(both.points, axis=0).min() > 0.5


def test_a_plan_without_rows_draws_nothing():
    assert trace_mesh(np.zeros((0, 3)), 0, 0).triangles == 0


def test_the_fan_fades_to_its_end():
    mesh = fan_mesh(demo_scene.fan(count=1))
    assert mesh.colors[0, 3] > mesh.colors[-1, 3] > 0


def test_a_failed_step_is_marked_red_where_it_is():
    mesh = mark_mesh([0.2, 0.1, 0.05], "danger")
    assert np.allclose(mesh.points.mean(axis=0), [0.2, 0.1, 0.05], atol=1e-3)
    assert np.allclose(mesh.colors[0, :3], rgb(COLORS.danger))
