"""The arm that does not follow, and the tool that may not leave its box: tables on the real rig."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.bench import load_bench
from devices.commands import Disconnect, PlanDropped, SetAuthority, SetAutonomy
from devices.errors import InvalidBench
from devices.following import Following
from devices.guard import Guard, GuardBit
from devices.rig_settings import RigSettings
from devices.workspace import Fence, Workspace, outside
from recordings.types import Authority, Autonomy, Fault, JointSpec, RobotSpec

HOLD, LEADER, POLICY = Authority.HOLD, Authority.LEADER, Authority.POLICY


# ── does it follow ─────────────────────────────────────────────────────────────────────────────


def drive(stage, driver: Authority) -> None:
    """Pan turns at 0.3 … 0.4 rad/s (nobody drives: it holds)."""
    if driver is LEADER:
        stage.do(SetAuthority(LEADER))
        stage.tick()
        stage.leaders["left"].speed = np.array([0.4, 0.0, 0.0, 0.2])
        stage.run(0.3)
    elif driver is POLICY:
        stage.connect_policy()
        stage.do(SetAutonomy(Autonomy.AUTO), SetAuthority(POLICY))
        stage.run(2.0)


@dataclass(frozen=True)
class Obstacle:
    """Who drives, what is stuck, whether and when that must be noticed."""

    name: str
    driver: Authority
    stuck: str  # joint
    noticed: bool
    within_s: float = 2.0


OBSTACLES = [
    Obstacle("a person drives against something", LEADER, "pan", True),
    Obstacle("the policy drives against something", POLICY, "pan", True),
    Obstacle("another joint is stuck that nobody moves", LEADER, "elbow", False),
    Obstacle("the gripper squeezes", LEADER, "gripper", False),
]


@pytest.mark.parametrize("row", OBSTACLES, ids=lambda row: row.name)
def test_an_obstacle_is_noticed_and_named(stage, row):
    drive(stage, row.driver)
    stage.arm.stuck[stage.robot.joint_names.index(row.stuck)] = True
    if not row.noticed:
        stage.run(row.within_s)
        assert stage.of(Fault) == []
        return
    stage.run_until(lambda: stage.status.authority is HOLD, within_s=row.within_s)
    fault = stage.of(Fault)[0]
    assert fault.code == "arm_blocked"
    assert all(words in fault.message for words in (row.stuck, "rad behind", "at most"))
    stage.run(0.5)
    pressing = np.abs(stage.commands[-1] - stage.arm.q)[:3]
    assert pressing.max() <= 0.1 + 1e-3


def test_an_arm_that_is_pushed_away_while_it_holds_gives_way(stage):
    stage.arm.stuck[:] = True
    stage.arm.q = stage.arm.q + np.array([0.0, 0.5, 0.0, 0.0])
    stage.run(0.3)
    assert [f.code for f in stage.of(Fault)] == ["arm_blocked"]
    assert abs(stage.commands[-1][1] - stage.arm.q[1]) <= 0.1 + 1e-3


def test_parking_against_something_ends(stage):
    drive(stage, LEADER)
    stage.run(1.5)
    stage.arm.stuck[0] = True
    stage.do(Disconnect())
    stage.run(3.0)
    assert any(f.code == "arm_blocked" for f in stage.of(Fault))


def test_after_the_obstacle_is_gone_one_drives_on(stage):
    drive(stage, LEADER)
    stage.arm.stuck[0] = True
    stage.run_until(lambda: stage.status.authority is HOLD, within_s=2.0)
    stage.arm.stuck[0] = False
    stage.leaders["left"].speed = np.zeros(4)
    stage.do(SetAuthority(LEADER))
    stage.run(1.0)
    assert stage.status.authority is LEADER
    assert len(stage.of(Fault)) == 1


@settings(max_examples=60, deadline=None)
@given(lag_s=st.floats(0.0, 0.11), speed=st.floats(-3.0, 3.0), seconds=st.floats(0.1, 2.0))
def test_an_ordinary_servo_lag_is_no_obstacle_at_any_speed(lag_s, speed, seconds):
    robot = RobotSpec("one", (JointSpec("a", -9, 9, 3.0),), (), 100.0)
    following = Following(robot, settings=RigSettings())
    q = 0.0
    for tick in range(round(seconds * 100)):
        sent = speed * tick / 100
        q += (sent - q) * (0.01 / (0.01 + lag_s))
        assert following.look([sent], [speed], [q], 0.01) is None


# ── where the tool may be ──────────────────────────────────────────────────────────────────────

BOX = Workspace(low=(-0.3, -0.15, 0.02), high=(0.3, 0.15, 0.3))  # y of the tip: 0.3 sin(pan)


def tip(stage, q) -> np.ndarray:
    pan, lift = q[0], q[1]
    flat = 0.3 * np.cos(lift)
    return np.array([flat * np.cos(pan), flat * np.sin(pan), 0.3 * np.sin(lift)])


@pytest.mark.parametrize(
    ("speed", "axis", "bound"),
    [
        ([1.5, 0.0, 0.0, 0.0], "y", 150),
        ([-1.5, 0.0, 0.0, 0.0], "y", -150),
        ([0.0, -1.0, 0.0, 0.0], "z", 20),
    ],
    ids=["to the left", "to the right", "into the table"],
)
def test_a_person_is_stopped_at_the_border_and_keeps_driving(make_stage, speed, axis, bound):
    stage = make_stage(workspace=BOX)
    stage.do(SetAuthority(LEADER))
    stage.tick()
    stage.leaders["left"].speed = np.array(speed)
    stage.run(0.8)
    tips = np.array([tip(stage, q) for q in stage.commands])
    assert (tips >= np.array(BOX.low) - 1e-3).all()
    assert (tips <= np.array(BOX.high) + 1e-3).all()
    assert stage.status.authority is LEADER
    assert stage.status.held_back == f"{axis} {bound} mm"
    assert stage.live.steps.newest().guard_bits & GuardBit.WORKSPACE
    stage.leaders["left"].speed = -np.array(speed)
    stage.run(0.9)
    assert stage.status.held_back == ""
    assert np.abs(stage.speed()[-1]).max() > 0.5


def test_a_policy_that_wants_out_loses_authority_with_value_and_bound(make_stage):
    stage = make_stage(workspace=BOX)
    drive(stage, POLICY)
    stage.run_until(lambda: stage.status.authority is HOLD, within_s=4.0)
    fault = stage.of(Fault)[-1]
    assert fault.code == "outside_workspace"
    assert "y 15" in fault.message
    assert "bound 150 mm" in fault.message
    stage.run(0.5)
    assert tip(stage, stage.commands[-1])[1] <= 0.151
    assert not any("Joint" in drop.reason for drop in stage.of(PlanDropped))


def test_an_arm_found_outside_may_come_back_but_not_go_further(make_stage):
    stage = make_stage(workspace=Workspace(low=(-0.3, -0.3, 0.2), high=(0.3, 0.3, 0.3)))
    stage.do(SetAuthority(LEADER))
    stage.tick()
    stage.leaders["left"].speed = np.array([0.0, -0.4, 0.0, 0.0])
    stage.run(0.5)
    assert stage.commands[-1][1] == pytest.approx(0.3, abs=1e-3)
    stage.leaders["left"].speed = np.array([0.0, 0.8, 0.0, 0.0])
    stage.run(1.2)
    assert stage.commands[-1][1] > 0.5


@settings(max_examples=60, deadline=None)
@given(targets=st.lists(st.tuples(st.floats(-3, 3), st.floats(-1.4, 1.4)), min_size=1, max_size=80))
def test_whatever_is_asked_the_tip_stays_in_the_box(targets):
    robot = RobotSpec(
        "two", (JointSpec("pan", -3, 3, 2.0), JointSpec("lift", -1.5, 1.5, 2.0)), (), 100.0
    )
    guard = Guard(robot, period_s=0.01)
    guard.reset([0.0, 0.3])
    box = Workspace(low=(-0.4, -0.2, 0.0), high=(0.4, 0.2, 0.4))
    fence = Fence(
        box,
        Stick(),
        max_acceleration=guard.max_acceleration,
        max_speed=robot.max_speed.astype(float),
    )
    for target in targets:
        wanted = np.array(target)
        if fence.crossed_by(wanted, q=guard.position, period_s=0.01) is not None:
            q = guard.brake().q
        else:
            q = guard.limit(wanted).q
        found = outside(box, Stick().tip_paths(q[None])[0, 0])
        assert found is None or found.by_m < 0.01


class Stick:
    def tip_paths(self, q):
        pan, lift = np.asarray(q).T
        flat = 0.3 * np.cos(lift)
        return np.stack([flat * np.cos(pan), flat * np.sin(pan), 0.3 * np.sin(lift)], axis=1)[None]


# ── per bench ──────────────────────────────────────────────────────────────────────────────────


def test_a_bench_file_says_where_the_tool_may_be(tmp_path):
    path = tmp_path / "bench.toml"
    path.write_text(
        'version = 1\nkind = "sim"\n'
        "[workspace]\nlow = [0.0, -0.2, 0.01]\nhigh = [0.4, 0.2, 0.3]\n"
        "[rig]\nbehind_rad = 0.2\npark_before_limp = false\n"
    )
    bench = load_bench(str(path))
    assert bench.workspace == Workspace((0.0, -0.2, 0.01), (0.4, 0.2, 0.3))
    assert (bench.settings.behind_rad, bench.settings.park_before_limp) == (0.2, False)


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ("[workspace]\nlow = [0, 0, 0]\n", "workspace"),
        ("[workspace]\nlow = [0, 0]\nhigh = [1, 1, 1]\n", "workspace.low"),
        ("[workspace]\nlow = [0, 0, 0]\nhigh = [1, 0, 1]\n", "workspace.high"),
        ("[workspace]\nlow = [0, 0, nan]\nhigh = [1, 1, 1]\n", "workspace.low"),
        ("[rig]\npark_before_limp = 1\n", "rig.park_before_limp"),
    ],
)
def test_an_impossible_workspace_blocks_connecting(tmp_path, table, named):
    path = tmp_path / "bench.toml"
    path.write_text(f'version = 1\nkind = "sim"\n{table}')
    with pytest.raises(InvalidBench, match=named):
        load_bench(str(path))
