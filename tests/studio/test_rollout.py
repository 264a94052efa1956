"""A run of a policy becomes one episode: real recorder process, real rings, real file."""

from __future__ import annotations

import time

import numpy as np
import pytest

from devices.bench import load_bench
from devices.commands import (
    AuthorityChanged,
    PlanActivated,
    PlanDropped,
    PlanProposed,
    SceneState,
)
from recordings.reader import Episode
from recordings.rig_status import RigStatus
from recordings.types import (
    Authority,
    EpisodeInfo,
    EpisodePhase,
    Plan,
    PlanCheck,
    PlanReport,
    Step,
    Verdict,
    frozen_f32,
)
from studio.parts.review import Review
from studio.parts.rollout import IDLE_NS, Rollout
from studio.recorder_host import RecorderHost
from studio.workcell import Workcell

HOLD, LEADER, POLICY = Authority.HOLD, Authority.LEADER, Authority.POLICY
TASK = "put the red cube in the tray"
PATIENCE_S = 60.0


class Bench:
    """A workcell whose arm and cameras are this test: it writes the rings and reports the facts."""

    def __init__(self, cell: Workcell) -> None:
        self.cell = cell
        self.t_ns = time.monotonic_ns()
        self.reports: list[EpisodeInfo] = []

    def drive(self, authority: Authority, steps: int, *, plan: int = -1) -> None:
        """Somebody drives for some control steps."""
        self.cell.status = RigStatus(authority=authority)
        self.tell(AuthorityChanged(authority, self.t_ns, "test"))
        q = frozen_f32(np.zeros(6))
        for _ in range(steps):
            self.t_ns += 10_000_000
            self.cell.rig.live.steps.write(Step(q, q, authority, self.t_ns, plan_id=plan))

    def tell(self, fact: object) -> None:
        self.cell._remember(fact)
        self.cell.note(fact)

    def propose(self, plan_id: int, *, verdict: Verdict = Verdict.OK) -> None:
        check = PlanCheck("Table", verdict, 3, "jaw", 0.02, -0.01, "m")
        plan = Plan(plan_id, 1, frozen_f32(np.zeros((30, 6))), 0.1, self.t_ns, "run 14")
        report = PlanReport(plan_id, (check,))
        self.tell(PlanProposed(plan, report, frozen_f32(np.zeros((30, 3)))))

    def scene(self, x: float) -> None:
        cubes = {"red": (x, 0.0, 0.0125, 1.0, 0.0, 0.0, 0.0)}
        self.tell(SceneState(self.t_ns, 7, cubes, (0.2, 0.1, 0.0)))

    def until(self, wanted) -> EpisodeInfo:
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            self.reports += self.cell.recorder.poll(timeout_s=0.2)
            for report in self.reports:
                if isinstance(report, EpisodeInfo) and wanted(report):
                    return report
        raise AssertionError(f"never came; reported were {self.reports[-5:]}")

    def begun(self) -> None:
        self.until(lambda info: info.phase is EpisodePhase.RECORDING)


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setattr(Workcell, "ready", True)
    cell = Workcell(load_bench("sim"), tmp_path / "episodes")
    cell.recorder = RecorderHost(
        cell.rig.live.handle, cell.bench.robot, cell.episodes_folder, reserve_bytes=0
    )
    cell.recorder.start()
    yield Bench(cell)
    cell.close()


@pytest.fixture
def rollout(qapp, bench):
    return Rollout(bench.cell)


def begin(rollout, bench) -> None:
    rollout.begin(TASK, policy="run 14", autonomy="ask first")
    bench.begun()


def finished(rollout, bench, phase: EpisodePhase) -> EpisodeInfo:
    rollout.end()
    return bench.until(lambda info: info.sealed and info.phase is phase)


def kinds(episode: Episode, kind: str) -> list:
    return [event["data"] for event in episode.events if event["kind"] == kind]


def test_taking_over_and_handing_back_stay_in_one_episode(rollout, bench):
    begin(rollout, bench)
    bench.drive(POLICY, 40, plan=3)
    bench.drive(LEADER, 30)
    begin_again = rollout.recording
    rollout.begin(TASK, policy="run 14", autonomy="ask first")  # handed back
    bench.drive(POLICY, 20, plan=5)
    bench.drive(HOLD, 10)
    rollout.mark_success()
    info = finished(rollout, bench, EpisodePhase.KEPT)
    assert begin_again
    assert (info.success, info.interventions, info.steps) == (True, 1, 100)
    with Episode.open(info.path) as episode:
        drivers = [Authority(a) for a in episode.authority]
        assert drivers == [POLICY] * 40 + [LEADER] * 30 + [POLICY] * 20 + [HOLD] * 10
        assert set(episode.plan_id[:40]) == {3}
        assert [d["authority"] for d in kinds(episode, "authority")] == [
            "POLICY",
            "LEADER",
            "POLICY",
            "HOLD",
        ]
        assert kinds(episode, "rollout") == [{"policy": "run 14", "autonomy": "ask first"}]


def test_plans_lie_beside_the_steps_with_their_checks_and_who_agreed(rollout, bench):
    begin(rollout, bench)
    bench.propose(3)
    bench.tell(PlanActivated(3, bench.t_ns, "person"))
    bench.drive(POLICY, 20, plan=3)
    bench.propose(4, verdict=Verdict.FAIL)
    bench.tell(PlanDropped(4, "It cannot run"))
    info = finished(rollout, bench, EpisodePhase.REVIEW)
    with Episode.open(info.path) as episode:
        assert [plan.id for plan in episode.plans] == [3, 4]
        proposed = kinds(episode, "plan_proposed")
        assert [(p["plan"], p["checks"][0]["verdict"]) for p in proposed] == [
            (3, "ok"),
            (4, "fail"),
        ]
        assert proposed[0]["checks"][0]["bound"] == -0.01
        assert kinds(episode, "plan_activated") == [{"plan": 3, "approved_by": "person"}]
        assert kinds(episode, "plan_dropped") == [{"plan": 4, "reason": "It cannot run"}]


def test_a_plan_that_was_shown_before_the_run_is_not_missing_in_it(rollout, bench):
    bench.propose(3)
    begin(rollout, bench)
    bench.tell(PlanActivated(3, bench.t_ns, "person"))
    bench.drive(POLICY, 5, plan=3)
    info = finished(rollout, bench, EpisodePhase.REVIEW)
    with Episode.open(info.path) as episode:
        assert [plan.id for plan in episode.plans] == [3]
        assert len(kinds(episode, "plan_proposed")) == 1


def test_an_unmarked_run_waits_in_review_and_a_failed_one_is_kept_as_failed(rollout, bench):
    begin(rollout, bench)
    bench.drive(POLICY, 5)
    assert finished(rollout, bench, EpisodePhase.REVIEW).success is None
    bench.reports.clear()
    begin(rollout, bench)
    bench.drive(POLICY, 5)
    rollout.mark_failure()
    assert finished(rollout, bench, EpisodePhase.KEPT).success is False
    assert rollout.count == 2


def test_a_run_that_nobody_drives_any_more_ends_by_itself(rollout, bench, qtbot):
    begin(rollout, bench)
    bench.drive(POLICY, 5)
    rollout.tick(1)
    bench.drive(HOLD, 5)
    rollout.tick(1 + IDLE_NS)
    assert rollout.recording
    with qtbot.waitSignal(rollout.noticed):
        rollout.tick(2 + IDLE_NS)
    assert not rollout.recording


def test_runs_are_not_recorded_when_nobody_wants_that(rollout, bench):
    rollout.set_wanted(False)
    rollout.begin(TASK, policy="run 14", autonomy="auto")
    assert not rollout.recording
    assert not bench.cell.recorder.recording


def test_a_run_during_a_take_becomes_part_of_the_take(rollout, bench, qtbot):
    bench.cell.recorder.begin(TASK)
    with qtbot.waitSignal(rollout.noticed) as said:
        rollout.begin(TASK, policy="run 14", autonomy="auto")
    assert "part of it" in said.args[0]
    assert not rollout.recording


def test_a_lost_recorder_ends_the_run_here_too(rollout, bench):
    begin(rollout, bench)
    bench.cell.recorder._process.kill()
    deadline_s = time.monotonic() + PATIENCE_S
    while bench.cell.recorder.recording and time.monotonic() < deadline_s:
        bench.cell.recorder.poll(timeout_s=0.2)
    rollout.on_recorder_stopped()
    assert not bench.cell.recorder.recording
    assert not rollout.recording


def test_a_replay_knows_where_the_cubes_were(rollout, bench, qapp):
    bench.scene(0.10)  # before the run: not part of it
    begin(rollout, bench)
    for x in (0.10, 0.10, 0.30):
        bench.drive(LEADER, 10)
        bench.scene(x)
    bench.drive(LEADER, 10)
    info = finished(rollout, bench, EpisodePhase.REVIEW)
    review = Review(bench.cell.episodes_folder, bench.cell.bench.robot)
    review.load()
    review.select(info.id)
    assert len(kinds(review.episode, "scene")) == 2  # told three times, moved once
    seen = []
    for row in (0, 15, 39):
        review.seek(row)
        seen.append(review.scene.cubes["red"][0])
    assert seen == [0.10, 0.10, 0.30]
    review.close()
    assert review.scene is None
