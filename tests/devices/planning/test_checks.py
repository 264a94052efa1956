"""Plan checks with the real kinematics of the simulated arm."""

from __future__ import annotations

import numpy as np
import pytest

from devices.errors import PlanInvalid
from devices.kinematics import Kinematics
from devices.planning.checks import PlanContext, PlanInspector
from devices.sim.robot import sim_robot
from devices.sim.world import HOME
from recordings.types import Plan, Verdict, frozen_f32

ROBOT = sim_robot()
HOME_Q = np.array(HOME)
PAN = np.eye(6)[0]


@pytest.fixture(scope="module")
def inspector() -> PlanInspector:
    return PlanInspector(ROBOT, kinematics=Kinematics.of(ROBOT.name))


def moving(joint: int, speed: float, *, start=HOME_Q, rows: int = 30) -> Plan:
    q = np.tile(start, (rows, 1))
    q[:, joint] += speed * 0.1 * np.arange(rows)
    return Plan(7, 0, frozen_f32(q), 0.1, observed_ns=0, policy="test")


def inspect(inspector: PlanInspector, plan: Plan, **context):
    start = context.pop("start_q", frozen_f32(HOME_Q))
    return inspector.inspect(plan, PlanContext(start, **context))


def check(inspector: PlanInspector, plan: Plan, name: str, **context):
    report = inspect(inspector, plan, **context).report
    return next(c for c in report.checks if c.name == name)


def test_a_gentle_plan_passes_every_check(inspector):
    proposed = inspect(inspector, moving(0, 0.2))
    assert {c.verdict for c in proposed.report.checks} == {Verdict.OK}
    assert proposed.report.may_run


def test_the_tip_path_has_one_point_per_row_and_moves(inspector):
    tip = inspect(inspector, moving(0, 0.3)).tip
    assert tip.shape == (30, 3)
    assert np.linalg.norm(tip[-1] - tip[0]) > 0.1


@pytest.mark.parametrize(
    ("plan", "name", "joint"),
    [
        (moving(0, 0.9), "Joint limits", "shoulder_pan"),
        (moving(4, 9.0, rows=4), "Speed", "wrist_roll"),
        (moving(1, 0.6), "Table", "gripper"),
        (moving(0, 0.0, start=HOME_Q + 0.2 * PAN), "Start", "shoulder_pan"),
    ],
)
def test_each_check_fails_for_its_own_reason_and_names_where(inspector, plan, name, joint):
    found = check(inspector, plan, name)
    assert found.verdict is Verdict.FAIL
    assert joint in found.joint or name == "Table"
    assert 0 <= found.step < len(plan.q)


def test_an_arm_folded_into_itself_fails(inspector):
    rng = np.random.default_rng(0)
    kinematics = Kinematics.of(ROBOT.name)
    folded = next(
        q
        for q in rng.uniform(ROBOT.lower, ROBOT.upper, (500, 6))
        if kinematics.collisions(q).self_m < -0.02
    )
    plan = moving(5, 0.0, start=folded)
    found = check(inspector, plan, "Itself", start_q=frozen_f32(folded))
    assert found.verdict is Verdict.FAIL


def test_a_place_no_demonstration_visited_is_a_warning_not_a_ban(inspector):
    low, high = frozen_f32(HOME_Q - 0.1), frozen_f32(HOME_Q + 0.1)
    found = check(
        inspector, moving(0, 0.3), "Seen in your demos", familiar_low=low, familiar_high=high
    )
    assert found.verdict is Verdict.WARN
    assert found.joint == "shoulder_pan"


def test_the_start_is_judged_at_the_row_where_it_will_be_joined(inspector):
    plan = moving(0, 0.5)
    late = frozen_f32(HOME_Q + 0.25 * PAN)
    assert check(inspector, plan, "Start", start_q=late, start_row=5).verdict is Verdict.OK


def test_the_gripper_may_jump(inspector):
    q = np.tile(HOME_Q, (30, 1))
    q[10:, 5] = 1.0
    plan = Plan(1, 0, frozen_f32(q), 0.1, observed_ns=0, policy="test")
    assert inspect(inspector, plan).report.may_run


@pytest.mark.parametrize(
    ("q", "said"),
    [
        (np.full((30, 6), np.nan), "row 0, joint shoulder_pan"),
        (np.zeros((30, 7)), "30, 7"),
        (np.zeros(6), "(6,)"),
        (np.zeros((1, 6)), "(1, 6)"),
    ],
)
def test_what_is_no_trajectory_of_this_robot_is_named_and_never_repaired(inspector, q, said):
    plan = Plan(3, 0, frozen_f32(q), 0.1, observed_ns=0, policy="test")
    with pytest.raises(PlanInvalid, match="Plan 3") as caught:
        inspect(inspector, plan)
    assert said in str(caught.value)


def test_samples_get_tip_paths_of_their_own(inspector):
    plan = moving(0, 0.2)
    fan = Plan(1, 0, plan.q, 0.1, 0, "test", samples=frozen_f32(np.stack([plan.q] * 3)))
    sample_tips = inspect(inspector, fan).sample_tips
    assert sample_tips is not None
    assert sample_tips.shape == (3, 30, 3)
