"""The second stage of STOP on the real rig: park, go limp, come back without a jump."""

from __future__ import annotations

import numpy as np
import pytest

from devices.commands import (
    Disconnect,
    ReleaseStop,
    ResetScene,
    SetAuthority,
    TorqueChanged,
)
from recordings.rig_status import RigPhase, Torque
from recordings.types import Authority, Fault

START_Q = np.array((0.0, 0.3, -0.2, 0.5))
AWAY_S = 1.0  # of driving away from where the arm is parked


def press(stage) -> None:
    stage.lifeline.stops += 1
    stage.tick()


def press_again(stage) -> None:
    stage.lifeline.releases += 1
    stage.tick()


def drive_away(stage) -> None:
    stage.do(SetAuthority(Authority.LEADER))
    stage.tick()
    stage.leaders["left"].speed = np.array([0.4, 0.3, 0.0, 0.0])
    stage.run(AWAY_S)


def limp(stage) -> None:
    stage.run_until(lambda: stage.status.torque is Torque.OFF, within_s=5.0)


def test_the_first_press_only_holds(stage):
    drive_away(stage)
    press(stage)
    stage.run(1.0)
    assert stage.status.torque is Torque.ON
    assert stage.arm.torque


def test_the_second_press_parks_slowly_and_then_lets_go(stage):
    drive_away(stage)
    press(stage)
    before = len(stage.commands)
    press_again(stage)
    assert stage.status.torque is Torque.PARKING
    limp(stage)
    assert not stage.arm.torque
    assert stage.commands[-1] == pytest.approx(START_Q, abs=1e-3)
    assert np.abs(stage.speed()[before:]).max() < 0.7
    assert [c.torque for c in stage.of(TorqueChanged)] == [Torque.PARKING, Torque.OFF]


def test_a_limp_arm_is_sent_nothing_and_its_steps_say_where_it_lies(stage):
    press(stage)
    press_again(stage)
    limp(stage)
    stage.run(0.5)
    assert stage.arm.written_limp == 0
    step = stage.live.steps.newest()
    assert step.action == pytest.approx(step.state)
    assert step.state[1] < START_Q[1] - 0.1


def test_coming_back_holds_where_the_arm_lies_without_a_jump(stage):
    press(stage)
    press_again(stage)
    limp(stage)
    stage.run(0.6)
    lies = stage.arm.q.copy()
    stage.do(ReleaseStop())
    stage.run(0.5)
    assert (stage.status.torque, stage.status.stopped) == (Torque.ON, False)
    assert stage.status.authority is Authority.HOLD
    assert stage.arm.q == pytest.approx(lies, abs=0.01)
    assert stage.commands[-1] == pytest.approx(lies, abs=0.01)
    stage.do(SetAuthority(Authority.LEADER))
    stage.run(0.3)
    assert np.abs(stage.speed()[-30:]).max() < 0.5


def test_stop_ends_the_parking_and_whoever_asks_again_means_it(stage):
    drive_away(stage)
    press(stage)
    press_again(stage)
    stage.run(0.3)
    press(stage)
    held = stage.commands[-1].copy()
    stage.run(0.5)
    assert stage.status.torque is Torque.ON
    assert stage.commands[-1] == pytest.approx(held, abs=1e-6)
    press_again(stage)
    assert stage.status.torque is Torque.OFF
    assert np.abs(stage.commands[-1] - START_Q).max() > 0.05


def test_releasing_stop_while_it_parks_holds_there(stage):
    drive_away(stage)
    press(stage)
    press_again(stage)
    stage.run(0.3)
    stage.do(ReleaseStop())
    stage.run(1.0)
    assert (stage.status.torque, stage.status.stopped) == (Torque.ON, False)
    assert np.abs(stage.commands[-1] - START_Q).max() > 0.05


def test_asking_to_hold_while_it_parks_does_not_let_it_fall(stage):
    drive_away(stage)
    press(stage)
    press_again(stage)
    stage.run(0.2)
    stage.do(SetAuthority(Authority.HOLD))
    stage.run(0.5)
    assert stage.arm.torque


def test_an_arm_with_brakes_is_let_go_at_once(make_stage):
    stage = make_stage(park_before_limp=False)
    drive_away(stage)
    press(stage)
    press_again(stage)
    assert stage.status.torque is Torque.OFF


def test_a_request_to_let_go_stops_as_well(stage):
    drive_away(stage)
    press_again(stage)
    assert stage.status.stopped
    assert stage.status.authority is Authority.HOLD


def test_nobody_drives_a_limp_arm(stage):
    press(stage)
    press_again(stage)
    limp(stage)
    stage.do(SetAuthority(Authority.LEADER), ResetScene(3))
    stage.run(0.2)
    assert stage.status.authority is Authority.HOLD
    assert not stage.arm.torque
    assert len(stage.of(Fault)) == 2


def test_a_limp_arm_that_is_disconnected_stays_where_it_lies(stage):
    press(stage)
    press_again(stage)
    limp(stage)
    sent = len(stage.commands)
    stage.do(Disconnect())
    stage.run(0.3)
    assert stage.status.phase is RigPhase.OFFLINE
    assert len(stage.commands) == sent


def test_a_bus_hiccup_only_delays_letting_go(stage):
    stage.arm.torque_fails = 3
    press(stage)
    press_again(stage)
    limp(stage)
    assert not stage.arm.torque


def test_torque_that_does_not_come_back_is_said_and_the_arm_stays_stopped(stage):
    press(stage)
    press_again(stage)
    limp(stage)
    stage.arm.torque_fails = 1
    stage.do(ReleaseStop())
    stage.run(0.1)
    assert (stage.status.torque, stage.status.stopped) == (Torque.OFF, True)
    assert "did not take the command" in stage.of(Fault)[-1].message
    stage.do(ReleaseStop())
    stage.run(0.1)
    assert stage.status.torque is Torque.ON
