"""The guard: whatever is asked, what is sent stays within every limit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from devices.guard import Guard, GuardBit
from recordings.types import JointSpec, RobotSpec

PERIOD_S = 0.01
ROBOT = RobotSpec(
    name="three",
    joints=(
        JointSpec("pan", -1.9, 1.9, 2.0),
        JointSpec("lift", -0.3, 1.7, 3.0),
        JointSpec("gripper", 0.0, 1.0, 2.5, is_gripper=True),
    ),
    cameras=(),
    control_hz=100.0,
)
wild = st.floats(width=64)  # NaN and infinities included
plausible = st.floats(-2.5, 2.5)
streams = st.lists(
    hnp.arrays(np.float64, 3, elements=wild) | hnp.arrays(np.float64, 3, elements=plausible),
    min_size=1,
    max_size=60,
)


def guard_at(q: list[float]) -> Guard:
    guard = Guard(ROBOT, period_s=PERIOD_S)
    guard.reset(q)
    return guard


@settings(max_examples=150, deadline=None)
@given(targets=streams)
def test_what_is_sent_stays_within_position_limits_for_any_stream(targets):
    guard = guard_at([0.0, 0.5, 0.5])
    sent = np.array([guard.limit(target).q for target in targets], dtype=np.float64)
    assert (sent >= ROBOT.lower).all()
    assert (sent <= ROBOT.upper).all()


@settings(max_examples=150, deadline=None)
@given(targets=streams)
def test_what_is_sent_stays_within_speed_and_acceleration_limits_for_any_stream(targets):
    guard = guard_at([0.0, 0.5, 0.5])
    start = np.array([[0.0, 0.5, 0.5]] * 2)
    sent = np.vstack([start, [guard.limit(target).q for target in targets]])
    speed = np.diff(sent, axis=0) / PERIOD_S
    assert (np.abs(speed) <= ROBOT.max_speed * 1.001).all()
    acceleration = np.diff(speed, axis=0) / PERIOD_S
    assert (np.abs(acceleration) <= guard.max_acceleration * 1.01).all()


def test_a_target_within_all_limits_passes_unchanged():
    guard = guard_at([0.0, 0.5, 0.5])
    t = np.arange(1, 200) * PERIOD_S
    path = np.stack([0.4 * (1 - np.cos(2 * t)), 0.5 + 0 * t, 0.5 + 0 * t], axis=1)
    guarded = [guard.limit(q) for q in path]
    assert np.abs(np.array([g.q for g in guarded]) - path).max() < 1e-6
    assert all(g.bits == GuardBit.NONE for g in guarded)


def test_a_step_is_reached_without_swinging_past_it():
    guard = guard_at([0.0, 0.5, 0.5])
    sent = np.array([guard.limit([0.8, 0.5, 0.5]).q[0] for _ in range(150)])
    assert sent.max() <= 0.8 + 1e-6
    assert sent[-1] == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("target", "bit"),
    [
        ([np.nan, 0.5, 0.5], GuardBit.NOT_FINITE),
        ([np.inf, 0.5, 0.5], GuardBit.NOT_FINITE),
        ([0.0, 0.5], GuardBit.LENGTH),
        ([0.0, 0.5, 1.2], GuardBit.POSITION),
        ([1.0, 0.5, 0.5], GuardBit.SPEED),
        ([0.015, 0.5, 0.5], GuardBit.ACCELERATION),
    ],
)
def test_every_intervention_is_named(target, bit):
    assert guard_at([0.0, 0.5, 0.5]).limit(target).bits & bit


def test_a_bad_target_brings_the_arm_to_rest_where_it_is():
    guard = guard_at([0.0, 0.5, 0.5])
    for k in range(30):
        guard.limit([0.0005 * k * k, 0.5, 0.5])
    sent = [guard.limit([np.nan] * 3).q[0] for _ in range(60)]
    assert sent[-1] == sent[-2]
    assert abs(sent[-1] - sent[0]) < 0.15


def test_an_arm_found_beyond_a_limit_may_come_back_but_not_go_further():
    guard = guard_at([0.0, -0.4, 0.5])
    further = guard.limit([0.0, -0.6, 0.5]).q[1]
    back = [guard.limit([0.0, 0.2, 0.5]).q[1] for _ in range(120)]
    assert further == pytest.approx(-0.4)
    assert back[-1] == pytest.approx(0.2)
