"""How plans get to run: asked each time, asked first, unless refused, by themselves."""

from __future__ import annotations

import numpy as np
import pytest

from devices.commands import (
    Approve,
    PlanActivated,
    PlanDropped,
    Refuse,
    SetAuthority,
    SetAutonomy,
)
from devices.planning.autonomy import Decision, decide
from recordings.types import Authority, Autonomy, Fault

POLICY = Authority.POLICY


@pytest.mark.parametrize(
    ("autonomy", "under_way", "shown_s", "decision"),
    [
        (Autonomy.ASK_EACH, False, 9.0, Decision.WAIT_FOR_PERSON),
        (Autonomy.ASK_EACH, True, 9.0, Decision.WAIT_FOR_PERSON),
        (Autonomy.ASK_FIRST, False, 9.0, Decision.WAIT_FOR_PERSON),
        (Autonomy.ASK_FIRST, True, 0.0, Decision.RUN),
        (Autonomy.VETO, False, 1.9, Decision.WAIT_FOR_VETO),
        (Autonomy.VETO, False, 2.0, Decision.RUN),
        (Autonomy.VETO, True, 0.0, Decision.RUN),
        (Autonomy.AUTO, False, 0.0, Decision.RUN),
    ],
)
def test_each_gear_decides_as_its_name_says(autonomy, under_way, shown_s, decision):
    assert decide(autonomy, under_way=under_way, shown_s=shown_s, veto_s=2.0) is decision


def hand_over(stage, autonomy: Autonomy):
    planner = stage.connect_policy()
    stage.do(SetAutonomy(autonomy), SetAuthority(POLICY))
    return planner


def moved(stage) -> float:
    """How far the first joint was sent, rad."""
    return float(stage.commands[-1][0])


def test_ask_each_drives_one_part_then_holds_and_shows_the_next(stage):
    hand_over(stage, Autonomy.ASK_EACH)
    stage.approve()
    stage.run(2.5)
    first = moved(stage)
    assert first == pytest.approx(0.3, abs=0.06)  # 1 s of a plan at 0.3 rad/s
    assert stage.status.authority is POLICY
    assert stage.status.pending_plan >= 0
    stage.run(2.0)
    assert moved(stage) == pytest.approx(first, abs=1e-6)


def test_ask_each_goes_on_with_every_approval(stage):
    hand_over(stage, Autonomy.ASK_EACH)
    for _ in range(3):
        stage.approve()
        stage.run(2.0)
    assert moved(stage) == pytest.approx(0.9, abs=0.15)
    assert {a.approved_by for a in stage.of(PlanActivated)} == {"person"}


def test_ask_first_runs_on_after_one_approval(stage):
    hand_over(stage, Autonomy.ASK_FIRST)
    stage.approve()
    stage.run(5.0)
    assert moved(stage) > 1.1
    assert stage.of(PlanActivated)[-1].approved_by == "ask first"


def test_continuous_running_is_as_smooth_as_a_single_plan(stage):
    hand_over(stage, Autonomy.AUTO)
    stage.run(5.0)
    steady = stage.speed()[-300:, 0]
    assert steady == pytest.approx(0.3, abs=0.02)


def test_veto_waits_two_seconds_and_then_runs(stage):
    hand_over(stage, Autonomy.VETO)
    stage.run_until(lambda: stage.status.pending_plan >= 0, within_s=1.0)
    assert stage.status.veto_left_s == pytest.approx(2.0, abs=0.05)
    waited_s = stage.run_until(lambda: stage.of(PlanActivated) != [], within_s=3.0)
    assert waited_s == pytest.approx(2.0, abs=0.05)


def test_a_refused_plan_starts_the_time_to_refuse_anew(stage):
    hand_over(stage, Autonomy.VETO)
    stage.run_until(lambda: stage.status.pending_plan >= 0, within_s=1.0)
    stage.run(1.5)
    refused = stage.status.pending_plan
    stage.do(Refuse(refused))
    stage.run(1.5)
    assert stage.of(PlanActivated) == []
    stage.run(1.0)
    assert stage.of(PlanActivated)[0].plan_id > refused


def test_the_plan_that_is_counted_down_is_the_one_that_runs(stage):
    hand_over(stage, Autonomy.VETO)
    stage.run_until(lambda: stage.status.pending_plan >= 0, within_s=1.0)
    shown = stage.status.pending_plan
    stage.run_until(lambda: stage.of(PlanActivated) != [], within_s=3.0)
    assert stage.of(PlanActivated)[0].plan_id == shown


def test_refusing_the_running_plan_brings_the_arm_to_rest_and_asks_again(stage):
    hand_over(stage, Autonomy.ASK_FIRST)
    stage.approve()
    stage.run(1.5)
    stage.do(Refuse(stage.status.active_plan))
    stage.run(0.4)
    stopped_at = moved(stage)
    stage.run(2.0)
    assert moved(stage) == pytest.approx(stopped_at, abs=1e-6)
    assert stage.status.authority is POLICY
    assert stage.status.pending_plan >= 0


def test_switching_to_ask_each_ends_continuous_running_within_one_part(stage):
    hand_over(stage, Autonomy.AUTO)
    stage.run(2.0)
    before = moved(stage)
    stage.do(SetAutonomy(Autonomy.ASK_EACH))
    stage.run(3.0)
    assert moved(stage) - before < 0.36
    assert stage.status.authority is POLICY


def test_proposals_stay_fresh_while_a_person_looks(stage):
    hand_over(stage, Autonomy.ASK_EACH)
    stage.run(6.0)
    newest = stage.proposals[-1].plan
    assert (stage.clock.ns - newest.observed_ns) / 1e9 < 1.5


def test_the_plan_a_person_looked_at_runs_although_a_fresh_one_came_meanwhile(stage):
    hand_over(stage, Autonomy.ASK_EACH)
    stage.run_until(lambda: stage.status.pending_plan >= 0, within_s=1.0)
    looked_at = stage.status.pending_plan
    stage.run_until(lambda: stage.status.pending_plan != looked_at, within_s=2.0)
    stage.do(Approve(looked_at))
    stage.run(0.2)
    assert stage.status.active_plan == looked_at


def test_a_plan_older_than_three_seconds_is_refused_with_its_age(stage):
    hand_over(stage, Autonomy.ASK_EACH)
    stage.run_until(lambda: stage.status.pending_plan >= 0, within_s=1.0)
    looked_at = stage.status.pending_plan
    stage.run(3.5)
    stage.do(Approve(looked_at))
    stage.run(0.2)
    assert "s old" in stage.of(Fault)[-1].message
    assert stage.of(PlanActivated) == []


def test_a_plan_approved_at_rest_starts_at_its_first_row_however_long_one_looked(stage):
    planner = hand_over(stage, Autonomy.ASK_EACH)
    planner.latency_s = 0.5
    stage.run_until(lambda: stage.status.pending_plan >= 0, within_s=2.0)
    stage.run(0.4)
    stage.do(Approve(stage.status.pending_plan))
    stage.tick()
    stage.tick()
    assert stage.status.plan_step < 0.5
    assert np.abs(stage.speed()).max() < 0.3


def test_a_plan_whose_checks_failed_cannot_be_approved(stage):
    planner = hand_over(stage, Autonomy.ASK_EACH)
    planner.policy = lambda request: np.tile([2.5, 0.3, -0.2, 0.5], (30, 1))
    stage.run_until(lambda: stage.proposals != [], within_s=1.0)
    stage.do(Approve(stage.proposals[-1].plan.id))
    stage.run(0.3)
    assert "Joint limits" in stage.of(Fault)[-1].message
    assert stage.of(PlanActivated) == []
    assert any("Joint limits" in drop.reason for drop in stage.of(PlanDropped))


def test_requests_carry_what_will_really_be_executed(stage):
    planner = hand_over(stage, Autonomy.AUTO)
    stage.run(3.0)
    request = planner.requests[-1]
    asked = round((request.observation.state.t_ns - stage.first_ns) / 1e7)
    stage.run(0.5)
    assert request.prefix[2] == pytest.approx(stage.commands[asked + 20], abs=0.01)
    assert request.delay_steps == 2


def test_requests_at_rest_carry_no_prefix(stage):
    planner = hand_over(stage, Autonomy.ASK_EACH)
    stage.run(0.5)
    assert planner.requests[-1].prefix is None
    assert planner.requests[-1].delay_steps == 0


def test_the_gripper_follows_the_plan_without_being_smoothed_away(stage):
    planner = hand_over(stage, Autonomy.AUTO)

    def close_soon(request):
        rows = np.tile(np.asarray(request.observation.state.q, float), (30, 1))
        rows[:, 3] = 0.0
        return rows

    planner.policy = close_soon
    stage.run(1.5)
    assert stage.commands[-1][3] == pytest.approx(0.0, abs=1e-3)
