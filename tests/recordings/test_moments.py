"""One recorded episode becomes moments that are exactly aligned with what was sent."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recordings.types import Authority, RobotSpec
from recordings.windows.moments import Grid, Moments, cut, sent_from

GRID = Grid(dt_s=0.1, horizon=30)


@dataclass
class Take:
    """An episode on a made-up clock: 100 Hz, a picture every 30 ms, action = 10 · time."""

    robot: RobotSpec
    steps: int
    first_picture: int = 0
    authority: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.authority = np.full(self.steps, Authority.LEADER)
        self.t_ns = 5_000_000_000 + np.arange(self.steps) * 10_000_000
        time_s = np.arange(self.steps)[:, None] / 100
        joints = len(self.robot.joints)
        self.state = np.repeat(time_s, joints, axis=1).astype(np.float32)
        self.action = (10 * self.state + np.arange(joints)).astype(np.float32)
        newest = np.arange(self.steps) // 3
        newest[: self.first_picture] = -1
        self.frame_index = dict.fromkeys(self.robot.camera_names, newest)


def chunks(moments: Moments) -> tuple[np.ndarray, np.ndarray]:
    return moments.chunks(np.arange(len(moments)), GRID.horizon)


@settings(max_examples=25, deadline=None)
@given(steps=st.integers(2, 700))
def test_actions_are_those_sent_at_the_rows_own_time_and_the_last_one_repeats(
    robot: RobotSpec, steps: int
) -> None:
    moments = cut(Take(robot, steps), GRID)
    action, _ = chunks(moments)
    start_s = np.arange(len(moments))[:, None] * GRID.dt_s
    row_s = np.minimum(start_s + np.arange(GRID.horizon) * GRID.dt_s, (steps - 1) / 100)
    assert action[..., 2] == pytest.approx(10 * row_s + 2, abs=1e-4)


def test_state_and_picture_are_the_newest_known_at_that_moment(robot: RobotSpec) -> None:
    moments = cut(Take(robot, 100), GRID)
    assert moments.state[4, 0] == pytest.approx(0.4)
    assert moments.picture[4].tolist() == [40 // 3, 40 // 3]


def test_moments_before_the_first_picture_are_left_out(robot: RobotSpec) -> None:
    moments = cut(Take(robot, 100, first_picture=25), GRID)
    assert moments.state[0, 0] == pytest.approx(0.3)


def test_moments_when_nobody_drove_are_left_out(robot: RobotSpec) -> None:
    take = Take(robot, 100)
    take.authority[:55] = Authority.HOLD
    moments = cut(take, GRID)
    assert moments.state[0, 0] == pytest.approx(0.6)


def test_uneven_step_times_are_interpolated_not_relabelled(robot: RobotSpec) -> None:
    take = Take(robot, 100)
    take.t_ns = take.t_ns + np.where(np.arange(100) > 50, 400_000_000, 0)  # a pause of 0.4 s
    moments = cut(take, GRID)
    action, _ = chunks(moments)
    assert len(moments) == 14
    assert action[5, 2, 0] == pytest.approx(10 * (0.50 + 0.01 * 0.2 / 0.41), abs=1e-3)


def test_rows_behind_the_end_are_marked(robot: RobotSpec) -> None:
    moments = cut(Take(robot, 101), GRID)  # one second
    _, valid = chunks(moments)
    assert valid[0].tolist() == [True] * 11 + [False] * 19
    assert valid[8].sum() == 3


def test_rows_after_a_change_of_driver_are_marked(robot: RobotSpec) -> None:
    take = Take(robot, 400)
    take.authority[150:] = Authority.POLICY
    moments = cut(take, GRID)
    _, valid = chunks(moments)
    assert valid[10].tolist() == [True] * 5 + [False] * 25  # from 1.0 s on, switch at 1.5
    assert valid[15, :25].all()  # the policy's own rows, until the end at 3.99 s


@pytest.mark.parametrize("at", [0, 3, 17, 38])
def test_what_was_sent_from_a_step_on_is_the_chunk_of_that_moment(
    robot: RobotSpec, at: int
) -> None:
    take = Take(robot, 400)
    take.authority[150:] = Authority.POLICY
    action, valid = chunks(cut(take, GRID))
    sent, really = sent_from(take, at * GRID.dt_s, GRID)
    assert sent == pytest.approx(action[at], abs=1e-6)
    assert np.array_equal(really, valid[at])
