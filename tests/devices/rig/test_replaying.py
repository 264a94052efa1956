"""A recording drives the real rig: a slow ramp, the recorded path, the guard, and every way out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.commands import AuthorityChanged, Replay, SelectLeader, SetAuthority
from devices.driving.replaying import RAMP_S, REPLAY, Replaying
from recordings.types import Authority, Fault, frozen_f32

HOLD, LEADER = Authority.HOLD, Authority.LEADER
START_Q = np.array((0.0, 0.3, -0.2, 0.5))
TURNED = np.array((1.5, 0.0, 0.0, 0.0))


def swing(seconds: float = 2.0, *, hz: float = 100.0, width_rad: float = 0.3) -> Replay:
    """Begins at another place than the arm and swings the first joint."""
    t_s = np.arange(round(seconds * hz)) / hz
    q = np.tile(np.array((0.4, 0.0, 0.2, 0.9)), (len(t_s), 1))
    q[:, 0] += width_rad * np.sin(2 * t_s)
    return Replay(frozen_f32(q), frozen_f32(t_s))


def test_the_arm_goes_slowly_to_the_beginning_then_along_the_path_then_holds(stage):
    wanted = swing()
    stage.do(wanted)
    before = len(stage.commands)
    stage.tick()
    assert stage.status.authority is LEADER
    assert stage.status.leader == REPLAY
    assert not stage.status.leader_is_person
    took_s = stage.run_until(lambda: stage.status.authority is HOLD, within_s=8.0)
    assert took_s == pytest.approx(RAMP_S + 1.99, abs=0.05)
    sent = stage.commands[before:]
    ramp, path = sent[: round(100 * RAMP_S)], sent[round(100 * RAMP_S) :]
    assert np.abs(np.diff(ramp, axis=0)).max() * 100 < 0.35  # rad/s
    assert ramp[-1] == pytest.approx(wanted.q[0], abs=1e-3)
    assert path[: len(wanted.q) - 1] == pytest.approx(wanted.q[1 : len(path) + 1], abs=0.02)
    stage.run(1.0)
    assert stage.commands[-1] == pytest.approx(wanted.q[-1], abs=0.05)
    assert stage.of(AuthorityChanged)[-1].reason == "The recording is over"


def test_a_far_beginning_takes_longer_than_the_ramp(make_stage):
    stage = make_stage(park_rad_s=0.2)
    stage.do(swing())
    stage.run(RAMP_S + 0.1)
    assert np.abs(stage.speed()).max() < 0.21
    assert stage.status.authority is LEADER


def test_stop_ends_a_replay_and_nothing_starts_again(stage):
    stage.do(swing())
    stage.run(3.5)
    stage.lifeline.stops += 1
    stage.run(0.5)
    held = stage.commands[-1]
    assert stage.status.authority is HOLD
    stage.do(swing())
    stage.run(1.0)
    assert stage.commands[-1] == pytest.approx(held)
    assert "STOP was pressed" in stage.of(Fault)[-1].message


def test_holding_ends_a_replay_and_taking_over_later_does_not_go_on_with_it(stage):
    stage.do(swing())
    stage.run(3.5)
    stage.do(SetAuthority(HOLD))
    stage.run(0.5)
    held = stage.commands[-1]
    stage.do(SetAuthority(LEADER))
    stage.run(1.0)
    assert stage.status.leader == "left"
    assert stage.status.leader_is_person
    assert stage.commands[-1] == pytest.approx(held, abs=1e-3)


def test_a_person_takes_over_from_a_replay_without_a_jump(stage):
    stage.do(swing())
    stage.run(3.5)
    before = stage.commands[-1]
    stage.do(SelectLeader("left"), SetAuthority(LEADER))
    stage.run(1.0)
    assert stage.status.leader == "left"
    assert np.abs(stage.commands[-100:] - before).max() < 0.1
    stage.leaders["left"].speed = np.array([0.2, 0.0, 0.0, 0.0])
    turned = stage.commands[-1][0]
    stage.run(0.5)
    assert stage.commands[-1][0] - turned == pytest.approx(0.1, abs=0.02)


def test_a_silent_window_ends_a_replay(stage):
    stage.do(swing(seconds=20.0))
    stage.run(4.0)
    stage.studio_beats = False
    stage.run(2.0)
    assert stage.status.authority is HOLD
    assert stage.of(Fault)[-1].code == "studio_silent"


def test_a_path_that_is_too_quick_is_slowed_by_the_guard(stage):
    t_s = np.array([0.0, 0.02, 1.0])
    q = np.array([START_Q, START_Q + TURNED, START_Q + TURNED])
    stage.do(Replay(frozen_f32(q), frozen_f32(t_s)))
    stage.run_until(lambda: stage.status.authority is HOLD, within_s=8.0)
    assert np.abs(stage.speed()[:, 0]).max() <= 2.0 + 1e-3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda q, t_s: (q[:, :3], t_s), "expected (2 or more, 4)"),
        (lambda q, t_s: (q[:1], t_s[:1]), "expected (2 or more, 4)"),
        (lambda q, t_s: (np.where(q > 0.85, np.nan, q), t_s), "not numbers"),
        (lambda q, t_s: (q, t_s[::-1]), "do not grow"),
        (lambda q, t_s: (np.add(q, (0, 2.0, 0, 0)), t_s), "leaves the range of lift by 0.500 rad"),
    ],
)
def test_what_is_no_path_of_this_robot_is_refused_and_nothing_moves(stage, change, said):
    q, t_s = change(np.array(swing().q), np.array(swing().t_s))
    stage.do(Replay(frozen_f32(q), frozen_f32(t_s)))
    stage.run(0.5)
    (fault,) = stage.of(Fault)
    assert said in fault.message
    assert stage.status.authority is HOLD
    assert np.abs(stage.commands - START_Q).max() < 1e-6


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    start=st.lists(st.floats(-1.4, 1.4), min_size=4, max_size=4),
    seconds=st.floats(0.1, 5.0),
    steps=st.lists(st.floats(0.001, 0.02), min_size=1, max_size=50),
)
def test_whatever_the_ticks_a_replay_begins_at_the_arm_and_ends_at_the_end(start, seconds, steps):
    wanted = swing(seconds)
    driver = Replaying(start, wanted, rad_s=0.6)
    assert driver.target(0.0) == pytest.approx(start, abs=1e-6)
    spent_s, number = 0.0, 0
    while not driver.done:
        target = driver.target(steps[number % len(steps)])
        spent_s += steps[number % len(steps)]
        number += 1
    assert target == pytest.approx(wanted.q[-1], abs=1e-6)
    assert spent_s >= RAMP_S + seconds - 0.03
    assert spent_s <= driver.duration_s + 2 * max(steps)
