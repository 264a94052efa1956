"""Playing plans on the clock of the motion."""

from __future__ import annotations

import numpy as np
import pytest

from devices.planning.player import SLOW_DOWN_S, Player, PlayerState
from recordings.types import JointSpec, Plan, RobotSpec, frozen_f32

TICK_S = 0.01
ROBOT = RobotSpec(
    "two",
    (JointSpec("pan", -3, 3, 3.0), JointSpec("gripper", 0, 1, 3.0, is_gripper=True)),
    (),
    100.0,
)


def plan_of(pan: np.ndarray, *, number: int = 1, dt_s: float = 0.1) -> Plan:
    rows = np.stack([pan, np.full(len(pan), 0.5)], axis=1)
    return Plan(number, 0, frozen_f32(rows), dt_s, observed_ns=0, policy="test")


def ramp(start: float, speed: float, *, number: int = 1) -> Plan:
    return plan_of(start + speed * 0.1 * np.arange(30), number=number)


def play(player: Player, seconds: float) -> np.ndarray:
    """What is sent, (t,) rad of the first joint."""
    sent = []
    for _ in range(round(seconds / TICK_S)):
        target = player.advance(TICK_S)
        player.sent(target)
        sent.append(target[0])
    return np.array(sent)


@pytest.fixture
def player() -> Player:
    made = Player(ROBOT)
    made.rest_at([0.0, 0.5])
    return made


def test_at_rest_nothing_moves_and_the_clock_stands_still(player):
    assert np.ptp(play(player, 1.0)) == 0
    assert player.clock_s == 0


def test_a_plan_is_followed_at_full_speed_after_the_ramp(player):
    player.load(ramp(0, 0.5), observed_s=0.0, ramp_s=0.5)
    sent = play(player, 2.0)
    assert np.diff(sent)[-50:] / TICK_S == pytest.approx(0.5, abs=0.01)
    assert sent[-1] == pytest.approx(0.5 * player.clock_s, abs=0.005)


def test_starting_from_rest_is_gentle(player):
    player.load(ramp(0, 0.5), observed_s=0.0, ramp_s=1.0)
    speed = np.diff(play(player, 0.5)) / TICK_S
    assert np.abs(np.diff(speed)).max() < 0.05  # rad/s per tick


def test_a_late_plan_starts_further_in_without_a_jump(player):
    player.load(ramp(0, 0.5), observed_s=0.0)
    play(player, 1.0)
    observed_s = player.clock_s
    before = play(player, 0.3)
    player.load(ramp(0.5 * observed_s, 0.5, number=2), observed_s=observed_s)
    assert player.row == pytest.approx(3.0, abs=0.01)
    both = np.concatenate([before, play(player, 0.5)])
    assert np.diff(both) / TICK_S == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("offset", [0.05, -0.08])
def test_a_plan_that_disagrees_a_little_is_joined_smoothly(player, offset):
    player.load(ramp(0, 0.5), observed_s=0.0)
    play(player, 1.0)
    at, where = player.clock_s, player.upcoming(dt_s=0.1)[0, 0]
    player.load(ramp(where + offset, 0.5, number=2), observed_s=at)
    before = where
    sent = np.concatenate([[before], play(player, 1.0)])
    acceleration = np.diff(sent, n=2) / TICK_S**2
    assert np.abs(np.diff(sent)).max() / TICK_S < 1.3
    assert np.abs(acceleration).max() < 15
    assert sent[-1] == pytest.approx(where + offset + 0.5 * (player.clock_s - at), abs=0.01)


def test_slowing_down_keeps_the_path_and_takes_its_time(player):
    player.load(ramp(0, 0.5), observed_s=0.0)
    play(player, 1.0)
    at = player.clock_s
    player.slow()
    sent = play(player, 0.4)
    assert player.state is PlayerState.REST
    assert player.clock_s - at == pytest.approx(SLOW_DOWN_S / 2, abs=0.01)
    assert sent[-1] == pytest.approx(0.5 * player.clock_s, abs=0.005)
    assert np.diff(sent).min() >= 0


def test_a_part_ends_where_it_was_meant_to(player):
    player.load(ramp(0, 0.5), observed_s=0.0, run_s=1.0)
    play(player, 3.0)
    assert player.state is PlayerState.REST
    assert player.clock_s == pytest.approx(1.0, abs=0.02)


def test_the_end_of_a_plan_is_a_smooth_stop_on_its_last_row(player):
    player.load(ramp(0, 0.5), observed_s=0.0)
    sent = play(player, 5.0)
    assert player.state is PlayerState.REST
    assert sent[-1] == pytest.approx(0.5 * 2.9, abs=1e-3)
    assert np.abs(np.diff(sent, n=2)).max() / TICK_S < 0.06


def test_what_is_upcoming_is_what_is_then_sent(player):
    player.load(ramp(0.05, 0.4), observed_s=0.0)
    play(player, 0.5)
    announced = player.upcoming(dt_s=0.1)[:10, 0]
    sent = play(player, 1.0)
    assert sent[9::10][:9] == pytest.approx(announced[1:], abs=2e-3)


def test_nothing_is_upcoming_at_rest(player):
    assert player.upcoming(dt_s=0.1) is None


def test_disagreement_names_the_joint_and_ignores_the_gripper(player):
    rows = np.tile([0.3, 1.0], (10, 1))
    plan = Plan(1, 0, frozen_f32(rows), 0.1, observed_ns=0, policy="test")
    worst = player.disagreement(plan, observed_s=0.0)
    assert worst.joint == "pan"
    assert worst.difference_rad == pytest.approx(0.3)


def test_the_motion_clock_stands_still_while_a_person_looks(player):
    observed_s = player.clock_s
    play(player, 5.0)
    player.load(ramp(0, 0.5), observed_s=observed_s)
    assert player.row == 0
