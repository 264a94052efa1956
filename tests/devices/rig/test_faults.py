"""What each failure must do: one row per failure, on the real rig.

Every row says who drives, what breaks, who must drive afterwards, how soon, which fault is told and
how fast the commands may change meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from devices.commands import (
    AuthorityChanged,
    Connect,
    PlanActivated,
    PlanDropped,
    SetAuthority,
    SetAutonomy,
    SetTask,
)
from recordings.rig_status import RigPhase
from recordings.types import Authority, Autonomy, Fault

HOLD, LEADER, POLICY = Authority.HOLD, Authority.LEADER, Authority.POLICY


@dataclass(frozen=True)
class Row:
    """One line of the fault table."""

    name: str
    driver: Authority
    breaks: Callable
    then: Authority
    within_s: float
    fault: str = ""  # code that must be told, "" none
    peak_rad_s: float = 0.5  # everybody here drives at 0.3 … 0.4 rad/s


def cameras_freeze(stage):
    stage.cameras_show = False


def leader_nan(stage):
    stage.leaders["left"].q = np.full(4, np.nan)


def leader_jumps(stage):
    stage.leaders["left"].q = stage.leaders["left"].q + 0.5


def leader_silent(stage):
    stage.leaders["left"].fails = 1000


def leader_hiccup(stage):
    stage.leaders["left"].fails = 2


def leader_short(stage):
    stage.leaders["left"].q = np.zeros(4)
    stage.leaders["left"].speed = np.zeros(3)
    stage.leaders["left"].q = np.zeros(3)


def bus_hiccup(stage):
    stage.arm.reads_fail = stage.arm.writes_fail = 2


def bus_dead(stage):
    stage.arm.reads_fail = 1000


def bus_deaf(stage):
    stage.arm.writes_fail = 1000


def planner_hangs(stage):
    stage.planners[-1].answers = False


def planner_dies(stage):
    stage.planners[-1].lose()


def planner_too_slow(stage):
    stage.planners[-1].latency_s = 4.0  # a plan spans 3 s


def wrist_camera_freezes(stage):
    camera = stage.cameras.pop("wrist")  # the stage shows it no pictures any more
    assert camera.spec.name == "wrist"


def wrist_camera_is_covered(stage):
    stage.cameras["wrist"].covered = True


def studio_left(stage):
    stage.lifeline.orphaned = True
    stage.rig.park("The studio is gone")  # what whoever paces the rig does then


def plans_nan(stage):
    stage.planners[-1].policy = lambda request: np.full((30, 4), np.nan)


def plans_wrong_shape(stage):
    stage.planners[-1].policy = lambda request: np.zeros((30, 7))


def plans_jump(stage):
    def away(request):
        rows = np.tile(np.asarray(request.observation.state.q, float), (30, 1))
        rows[:, 1] += 0.6
        return rows

    stage.planners[-1].policy = away


def plans_out_of_reach(stage):
    stage.planners[-1].policy = lambda request: np.tile([9.0, 0.3, -0.2, 0.5], (30, 1))


def studio_silent(stage):
    stage.studio_beats = False


def machine_sleeps(stage):
    stage.tick(late_s=0.8)


def loop_late(stage):
    stage.tick(late_s=0.08)


def stop(stage):
    stage.lifeline.stops += 1


TABLE = [
    Row("leader delivers NaN", LEADER, leader_nan, HOLD, 0.03, "leader_lost"),
    Row("leader jumps by 0.5 rad", LEADER, leader_jumps, HOLD, 0.03, "leader_lost"),
    Row("leader is silent", LEADER, leader_silent, HOLD, 0.05, "leader_lost"),
    Row("leader has the wrong joints", LEADER, leader_short, HOLD, 0.03, "leader_lost"),
    Row("leader misses two reads", LEADER, leader_hiccup, LEADER, 0.0),
    Row("cameras freeze while a person drives", LEADER, cameras_freeze, LEADER, 0.0),
    Row(
        "cameras freeze while the policy drives", POLICY, cameras_freeze, HOLD, 1.0, "camera_stale"
    ),
    Row("bus misses two ticks", LEADER, bus_hiccup, LEADER, 0.0, peak_rad_s=0.9),
    Row("arm does not answer", POLICY, bus_dead, HOLD, 0.15, "arm_lost"),
    Row("arm takes no commands", LEADER, bus_deaf, HOLD, 0.15, "arm_lost"),
    Row("planner hangs", POLICY, planner_hangs, HOLD, 2.6),
    Row("plans come after their end", POLICY, planner_too_slow, HOLD, 2.6),
    Row("one of two cameras freezes", POLICY, wrist_camera_freezes, HOLD, 1.0, "camera_stale"),
    Row(
        "a camera is covered while the policy drives",
        POLICY,
        wrist_camera_is_covered,
        HOLD,
        3.0,
        "camera_dark",
    ),
    Row("studio is gone while the policy drives", POLICY, studio_left, HOLD, 0.0, peak_rad_s=0.7),
    Row("studio is gone while a person drives", LEADER, studio_left, HOLD, 0.0, peak_rad_s=0.7),
    Row("planner dies", POLICY, planner_dies, HOLD, 2.6, "planner_failed"),
    Row("plans are NaN", POLICY, plans_nan, HOLD, 2.0, "plan_invalid"),
    Row("plans have the wrong shape", POLICY, plans_wrong_shape, HOLD, 2.0, "plan_invalid"),
    Row("plans start elsewhere", POLICY, plans_jump, HOLD, 2.6),
    Row("plans leave the joint limits", POLICY, plans_out_of_reach, HOLD, 2.6),
    Row(
        "window freezes while the policy drives", POLICY, studio_silent, HOLD, 0.8, "studio_silent"
    ),
    Row("window freezes while a person drives", LEADER, studio_silent, HOLD, 0.6, "studio_silent"),
    Row("machine sleeps while the policy drives", POLICY, machine_sleeps, HOLD, 0.02, "loop_gap"),
    Row("machine sleeps while a person drives", LEADER, machine_sleeps, HOLD, 0.02, "loop_gap"),
    Row("one tick is 80 ms late", POLICY, loop_late, POLICY, 0.0),
    Row("STOP while the policy drives", POLICY, stop, HOLD, 0.01),
    Row("STOP while a person drives", LEADER, stop, HOLD, 0.01),
]


def start(stage, driver: Authority) -> None:
    if driver is LEADER:
        stage.do(SetAuthority(LEADER))
        stage.tick()
        stage.leaders["left"].speed = np.array([0.4, 0.0, 0.0, 0.0])
        stage.run(0.5)
    else:
        stage.connect_policy()
        stage.do(SetAutonomy(Autonomy.AUTO), SetAuthority(POLICY))
        stage.run(2.0)
    assert stage.status.authority is driver
    assert stage.speed()[-1, 0] > 0.2


def test_nothing_is_handed_over_while_a_camera_sees_nothing(stage):
    stage.connect_policy()
    wrist_camera_is_covered(stage)
    stage.run(3.0)
    stage.do(SetAutonomy(Autonomy.AUTO), SetAuthority(POLICY))
    stage.run(0.3)
    assert stage.status.authority is HOLD
    assert "camera 'wrist' sees nothing" in stage.of(Fault)[-1].message
    stage.cameras["wrist"].covered = False
    stage.run(0.5)
    stage.do(SetAuthority(POLICY))
    stage.run(0.3)
    assert stage.status.authority is POLICY


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_the_fault_table(stage, row):
    start(stage, row.driver)
    before = len(stage.commands)
    row.breaks(stage)
    stage.run_until(lambda: stage.status.authority is row.then, within_s=row.within_s)
    stage.run(0.3)
    assert stage.status.authority is row.then
    assert {fault.code for fault in stage.of(Fault)} == ({row.fault} if row.fault else set())
    assert np.abs(stage.speed()[before - 2 :]).max() <= row.peak_rad_s


AT_REST = [row for row in TABLE if row.then is HOLD and row.breaks is not studio_left]


@pytest.mark.parametrize("row", AT_REST, ids=lambda row: row.name)
def test_whoever_lost_authority_does_not_get_it_back_by_itself(stage, row):
    start(stage, row.driver)
    row.breaks(stage)
    stage.run_until(lambda: stage.status.authority is HOLD, within_s=row.within_s)
    stage.run(0.3)
    still = stage.commands[-1].copy()
    stage.run(2.0)
    assert stage.commands[-1] == pytest.approx(still, abs=1e-4)


def test_a_planner_that_comes_back_does_not_move_the_arm(stage):
    start(stage, POLICY)
    planner_dies(stage)
    stage.run(0.2)
    stage.planners[-1].come_back()
    stage.run_until(lambda: stage.status.authority is HOLD, within_s=2.6)
    ran = len(stage.of(PlanActivated))
    stage.run(3.0)
    assert stage.status.planner == "ready"
    assert len(stage.of(PlanActivated)) == ran


def test_a_planner_that_dies_lets_its_last_plan_come_to_its_end(stage):
    start(stage, POLICY)
    before = stage.commands[-1][0]
    planner_dies(stage)
    stage.run_until(lambda: stage.status.authority is HOLD, within_s=2.6)
    assert stage.commands[-1][0] - before > 0.2
    assert "planner was lost" in stage.of(AuthorityChanged)[-1].reason


def test_running_out_of_plans_slows_down_on_the_path(stage):
    start(stage, POLICY)
    planner_hangs(stage)
    stage.run_until(lambda: stage.status.authority is HOLD, within_s=2.6)
    slowing = stage.speed()[-25:, 0]
    assert (np.diff(slowing) < 1e-3).all()
    assert "ran out" in stage.of(AuthorityChanged)[-1].reason


def test_a_stale_picture_is_never_shown_to_the_policy(stage):
    start(stage, POLICY)
    cameras_freeze(stage)
    asked = len(stage.planners[-1].requests)
    stage.run(0.16)
    asked_fresh = len(stage.planners[-1].requests)
    stage.run(0.3)
    assert len(stage.planners[-1].requests) == asked_fresh
    assert asked_fresh - asked <= 1


def test_nothing_is_sent_to_an_arm_that_was_lost(stage):
    start(stage, LEADER)
    bus_dead(stage)
    stage.run(0.2)
    sent = len(stage.commands)
    stage.run(0.5)
    assert stage.status.phase is RigPhase.FAULT
    assert len(stage.commands) == sent


def test_an_arm_that_was_unplugged_and_moved_is_held_where_it_is_found(stage):
    start(stage, LEADER)
    bus_dead(stage)
    stage.run(0.2)
    stage.arm.q = stage.arm.q + np.array([0.0, 0.4, -0.3, 0.0])  # somebody lifted it meanwhile
    found = stage.arm.q.copy()
    stage.arm.reads_fail = 0
    stage.do(Connect())
    stage.run(0.5)
    assert stage.commands[-1] == pytest.approx(found, abs=1e-3)
    assert stage.arm.q == pytest.approx(found, abs=1e-3)
    assert stage.status.authority is HOLD


@pytest.mark.parametrize(
    "happens",
    [
        lambda stage: stage.do(SetTask("something else")),
        stop,
        lambda stage: stage.do(SetAuthority(LEADER), SetAuthority(POLICY)),
    ],
    ids=["the task changed", "STOP was pressed", "a person had taken over"],
)
def test_an_answer_from_before_is_dropped_and_never_runs(stage, happens):
    start(stage, POLICY)
    planner = stage.planners[-1]
    planner.latency_s = 0.4
    asked = len(planner.requests)
    stage.run_until(lambda: len(planner.requests) > asked, within_s=2.0)
    old = planner.requests[-1].plan_id
    happens(stage)
    stage.run(1.0)
    assert old not in {event.plan_id for event in stage.of(PlanActivated)}
    reasons = [d.reason for d in stage.of(PlanDropped) if d.plan_id == old]
    assert reasons == ["It was made for a situation that is over"]


def test_after_a_late_tick_nothing_is_caught_up_with_in_one_jump(stage):
    start(stage, LEADER)
    before = len(stage.commands)
    loop_late(stage)
    stage.run(0.1)
    steps = np.abs(np.diff(stage.commands[before - 2 :, 0]))
    assert steps.max() <= 0.4 * 0.01 * 2 + 1e-3  # two periods of the leader's speed


def test_an_arm_that_was_lost_can_be_connected_again(stage):
    start(stage, LEADER)
    bus_dead(stage)
    stage.run(0.2)
    stage.arm.reads_fail = 0
    stage.do(Connect())
    stage.run(0.2)
    assert stage.status.phase is RigPhase.READY
    assert stage.status.fault is None


def test_a_leader_that_is_too_quick_is_followed_at_the_speed_of_the_joints(stage):
    start(stage, LEADER)
    stage.leaders["left"].q = stage.leaders["left"].q + 0.25
    stage.run(1.0)
    assert (np.abs(stage.speed()) <= stage.robot.max_speed * 1.001).all()
    assert stage.status.notes["guarded_ticks"] > 5


def test_one_bad_plan_is_dropped_and_motion_goes_on(stage):
    start(stage, POLICY)
    plans_nan(stage)
    stage.run_until(lambda: stage.rig.status().notes["plans_dropped"] > 0, within_s=1.0)
    stage.planners[-1].policy = type(stage.planners[-1])(stage.robot, stage.clock).policy
    stage.run(3.0)
    assert stage.status.authority is POLICY
    assert stage.of(Fault) == []


def test_the_rate_of_a_camera_is_measured(stage):
    stage.frame_ns = 33_333_333
    stage.run(2.0)
    health = stage.status.cameras[0]
    assert health.fps == pytest.approx(25.0, abs=1.0)  # shown every fourth tick
    assert health.missed == 0
