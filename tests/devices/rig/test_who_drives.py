"""Authority on the real rig: connect, engage, take over, hand over, stop; never a jump."""

from __future__ import annotations

import numpy as np
import pytest

from devices.commands import (
    Approve,
    AuthorityChanged,
    Connect,
    ConnectPlanner,
    Disconnect,
    PlanActivated,
    PlanDropped,
    ReleaseStop,
    SelectLeader,
    SetAuthority,
    SetAutonomy,
    SetTask,
)
from recordings.rig_status import RigPhase
from recordings.types import Authority, Autonomy, Fault

HOLD, LEADER, POLICY = Authority.HOLD, Authority.LEADER, Authority.POLICY
START_Q = np.array((0.0, 0.3, -0.2, 0.5))


def test_connecting_holds_the_present_position(stage):
    stage.run(1.0)
    assert stage.status.phase is RigPhase.READY
    assert np.abs(stage.commands - START_Q).max() < 1e-6


def test_engaging_a_leader_that_stands_elsewhere_does_not_move_the_arm(stage):
    stage.do(SetAuthority(LEADER))
    stage.run(0.5)
    assert stage.status.authority is LEADER
    assert np.abs(stage.commands - START_Q).max() < 1e-6


def test_the_follower_repeats_the_leaders_movement_from_where_it_was(stage):
    stage.do(SetAuthority(LEADER))
    stage.tick()
    stage.leaders["left"].speed = np.array([0.5, 0.0, 0.0, 0.0])
    stage.run(1.0)
    assert stage.commands[-1] - START_Q == pytest.approx([0.5, 0, 0, 0], abs=0.02)


def test_a_leader_that_starts_from_the_followers_place_is_followed_exactly(stage):
    stage.leaders["left"].q = START_Q + 0.01
    stage.do(SetAuthority(LEADER))
    stage.run(0.5)
    assert stage.commands[-1] == pytest.approx(START_Q + 0.01, abs=1e-4)


def test_another_leader_takes_over_while_driving_without_a_jump(stage):
    stage.do(SetAuthority(LEADER))
    stage.run(0.2)
    stage.leaders["right"].q = np.array([-1.0, 1.0, 0.5, 0.9])
    stage.do(SelectLeader("right"))
    stage.run(0.2)
    assert stage.status.leader == "right"
    assert np.abs(stage.commands - START_Q).max() < 1e-6


def test_take_over_acts_at_the_next_tick_while_the_policy_moves_the_arm(stage):
    drive_with_policy(stage)
    stage.leaders["left"].speed = np.array([0.0, 0.5, 0.0, 0.0])
    stage.do(SetAuthority(LEADER))
    stage.tick()
    assert stage.live.steps.newest().authority is LEADER
    stage.run(0.5)
    assert stage.speed()[-1] == pytest.approx([0, 0.5, 0, 0], abs=0.01)


def test_taking_over_a_moving_arm_is_smooth(stage):
    drive_with_policy(stage)
    before = len(stage.commands)
    stage.do(SetAuthority(LEADER))
    stage.run(0.5)
    change = np.diff(stage.speed()[before - 3 :, 0])
    assert np.abs(change).max() < 0.1  # rad/s per tick, from 0.3 rad/s to rest


def test_stop_freezes_the_last_command_in_the_same_tick_from_any_driver(stage):
    drive_with_policy(stage)
    last = stage.commands[-1]
    stage.lifeline.stops += 1
    stage.run(0.3)
    assert stage.status.authority is HOLD
    assert stage.status.stopped
    assert np.abs(stage.commands[-30:] - last).max() < 1e-6


def test_nobody_drives_until_stop_is_released(stage):
    stage.lifeline.stops += 1
    stage.tick()
    stage.do(SetAuthority(LEADER))
    stage.tick()
    assert stage.status.authority is HOLD
    assert "Release STOP" in stage.of(Fault)[-1].hint
    stage.do(ReleaseStop(), SetAuthority(LEADER))
    stage.tick()
    assert stage.status.authority is LEADER


def test_a_second_stop_right_after_releasing_the_first_is_not_lost(stage):
    stage.lifeline.stops += 1
    stage.tick()
    stage.do(ReleaseStop())
    stage.lifeline.stops += 1
    stage.tick()
    assert stage.status.stopped


def test_handing_over_moves_nothing_before_a_plan_was_approved(stage):
    stage.connect_policy()
    stage.do(SetAuthority(POLICY))
    stage.run(4.0)
    assert stage.status.handing_over
    assert stage.status.pending_plan >= 0
    assert np.abs(stage.commands - START_Q).max() < 1e-6


def test_plans_are_shown_before_handing_over(stage):
    stage.connect_policy()
    stage.run(2.5)
    assert len(stage.proposals) >= 2
    assert stage.status.authority is HOLD


def test_a_plan_from_before_the_hand_over_never_runs(stage):
    stage.connect_policy()
    stage.run(0.5)
    shown = stage.proposals[-1].plan.id
    stage.do(SetAuthority(POLICY))
    stage.tick()
    stage.do(Approve(shown))
    stage.run(0.1)
    assert stage.of(PlanActivated) == []
    assert "past" in stage.of(Fault)[-1].message


def test_motion_begins_slowly_after_handing_over(stage):
    drive_with_policy(stage, seconds=0.3)
    early = stage.speed()[-1, 0]
    stage.run(1.2)
    assert early < 0.2
    assert stage.speed()[-1, 0] == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize(
    ("commands", "reason"),
    [
        ((SetAuthority(POLICY),), "no policy"),
        ((ConnectPlanner("ws://test"), SetAuthority(POLICY)), "no task"),
        ((Approve(3),), "does not drive"),
        ((SelectLeader("pedal"),), "no such leader"),
    ],
)
def test_what_is_not_possible_is_refused_with_a_reason(stage, commands, reason):
    stage.do(*commands)
    stage.tick()
    assert reason in stage.of(Fault)[-1].message
    assert stage.status.authority is HOLD


def test_changing_the_task_while_the_policy_drives_brings_the_arm_to_rest(stage):
    drive_with_policy(stage)
    stage.do(SetTask("something else"))
    stage.run(0.3)
    assert stage.status.authority is HOLD
    assert stage.of(AuthorityChanged)[-1].reason == "The task was changed"


def test_every_change_of_authority_is_told_once_with_its_reason(stage):
    stage.do(SetAuthority(LEADER))
    stage.tick()
    stage.do(SetAuthority(LEADER), SetAuthority(HOLD))
    stage.tick()
    changes = [(c.authority, c.reason) for c in stage.of(AuthorityChanged)]
    assert changes == [(LEADER, "You took over"), (HOLD, "You asked it to hold")]


def test_disconnecting_parks_slowly_where_the_arm_stood_at_connect(stage):
    stage.do(SetAuthority(LEADER))
    stage.tick()
    stage.leaders["left"].speed = np.array([0.5, 0.0, 0.0, 0.0])
    stage.run(1.0)
    stage.do(Disconnect())
    stage.run_until(lambda: stage.status.phase is RigPhase.OFFLINE, within_s=5.0)
    assert stage.commands[-1] == pytest.approx(START_Q, abs=1e-3)
    assert np.abs(stage.speed()[-100:]).max() < 1.0


def test_stop_ends_parking_where_the_arm_is(stage):
    stage.do(SetAuthority(LEADER))
    stage.tick()
    stage.leaders["left"].speed = np.array([0.5, 0.0, 0.0, 0.0])
    stage.run(1.0)
    stage.do(Disconnect())
    stage.run(0.5)
    last = stage.commands[-1]
    stage.lifeline.stops += 1
    stage.run(0.1)
    assert stage.commands[-1] == pytest.approx(last, abs=1e-6)


def test_the_bench_can_be_connected_again_and_the_policy_is_still_there(stage):
    stage.connect_policy()
    stage.do(Disconnect())
    stage.run(0.5)
    stage.do(Connect())
    stage.run(0.2)
    assert stage.status.phase is RigPhase.READY
    assert stage.status.planner == "ready"


def test_steps_say_who_drove_and_what_was_really_sent(stage):
    drive_with_policy(stage)
    step = stage.live.steps.newest()
    assert step.authority is POLICY
    assert step.plan_id == stage.status.active_plan
    assert step.action == pytest.approx(stage.commands[-1])
    assert step.frames["front"] == stage.live.frames["front"].newest_index


def test_taking_over_ends_the_plan_for_good(stage):
    drive_with_policy(stage)
    stage.do(SetAuthority(LEADER))
    stage.run(0.3)
    stage.do(SetAuthority(HOLD))
    ran = len(stage.of(PlanActivated))
    stage.run(2.0)
    assert len(stage.of(PlanActivated)) == ran
    assert all(isinstance(d.reason, str) for d in stage.of(PlanDropped))


def drive_with_policy(stage, *, seconds: float = 1.5) -> None:
    stage.connect_policy()
    stage.do(SetAutonomy(Autonomy.ASK_FIRST), SetAuthority(POLICY))
    stage.approve()
    stage.run(seconds)
    assert stage.status.authority is POLICY
