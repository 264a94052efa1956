"""Teaching, review, training and running, each on a workcell that only remembers."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest

from devices.bench import Bench
from devices.commands import (
    Approve,
    AuthorityChanged,
    PlanActivated,
    PlanDropped,
    PlanProposed,
    Refuse,
    SelectLeader,
    SetAuthority,
    SetAutonomy,
)
from model.messages import Estimated, Failed, Progress, encode
from recordings.library import list_episodes
from recordings.rig_status import RigStatus
from recordings.types import (
    Authority,
    Autonomy,
    EpisodePhase,
    Fault,
    JobPhase,
    Plan,
    PlanCheck,
    PlanReport,
    RobotSpec,
    Verdict,
)
from studio.parts.editing import Editing
from studio.parts.estimating import EstimatePhase, Estimating
from studio.parts.review import Review
from studio.parts.running import Running
from studio.parts.teaching import Teaching
from studio.parts.training import Training, TrainingSet

TASK = "put the red cube in the tray"


@dataclass
class Recorder:
    calls: list = field(default_factory=list)
    recording: bool = False  # by somebody else

    def begin(self, task):
        self.calls.append("begin")
        return f"take{self.calls.count('begin')}"

    def end(self, success=None):
        self.calls.append(("end", success))

    def event(self, kind, data):
        pass

    def keep(self, episode_id):
        self.calls.append(("keep", episode_id))

    def discard(self, episode_id):
        self.calls.append(("discard", episode_id))


class Cell:
    """A workcell without processes."""

    def __init__(self):
        self.sent = []
        self.ready = True
        self.recorder = Recorder()
        self.status = RigStatus()
        self.scene = None
        self.active = None
        self.bench = Bench("sim", RobotSpec("so101", (), (), 100.0))

    def send(self, command):
        self.sent.append(command)


# ── teaching ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def teaching(qapp):
    return Teaching(Cell(), TASK)


def calls(teaching):
    return teaching._cell.recorder.calls


def test_a_take_begins_with_the_person_driving(teaching):
    teaching.toggle()
    assert teaching.recording
    assert teaching._cell.sent[-2:] == [SelectLeader("hand"), SetAuthority(Authority.LEADER)]


def test_ending_a_take_keeps_it_with_its_mark(teaching):
    teaching.toggle()
    teaching.mark_success()
    teaching.toggle()
    assert calls(teaching) == ["begin", ("end", True), ("keep", "take1")]


def test_redo_discards_and_starts_the_next(teaching):
    teaching.start()
    teaching.redo()
    assert calls(teaching) == ["begin", ("end", None), ("discard", "take1"), "begin"]
    assert (teaching.kept, teaching.discarded, teaching.recording) == (0, 1, True)


def test_the_last_kept_take_can_be_trashed(teaching):
    teaching.start()
    teaching.keep()
    teaching.trash_last()
    assert calls(teaching)[-1] == ("discard", "take1")
    assert teaching.kept == 0


def test_nothing_is_recorded_while_the_arm_is_not_there(teaching, qtbot):
    teaching._cell.ready = False
    with qtbot.waitSignal(teaching.noticed) as said:
        teaching.start()
    assert "not connected" in said.args[0]
    assert calls(teaching) == []


def test_a_take_without_a_task_is_not_started(teaching, qtbot):
    teaching.set_task("  ")
    with qtbot.waitSignal(teaching.noticed):
        teaching.start()
    assert not teaching.recording


def test_a_take_waits_until_the_run_that_is_recorded_has_ended(teaching, qtbot):
    teaching._cell.recorder.recording = True
    with qtbot.waitSignal(teaching.noticed) as said:
        teaching.start()
    assert "A run is being recorded" in said.args[0]
    assert calls(teaching) == []


def test_a_full_disk_ends_the_take_here_too(teaching):
    teaching.start()
    teaching.on_recorder_stopped()
    assert not teaching.recording


def test_ending_the_session_seals_the_take_and_holds(teaching):
    teaching.start()
    teaching.end()
    assert ("keep", "take1") in calls(teaching)
    assert teaching._cell.sent[-1] == SetAuthority(Authority.HOLD)


# ── running ────────────────────────────────────────────────────────────────────────────────────


def proposed(plan_id=1, verdict=Verdict.OK, at_s=0.0):
    q = np.zeros((30, 6), np.float32)
    report = PlanReport(plan_id, (PlanCheck("speed", verdict, 3, "", 1.0, 2.0, "rad/s"),))
    plan = Plan(plan_id, epoch=0, q=q, dt_s=0.1, observed_ns=round(at_s * 1e9), policy="run")
    return PlanProposed(plan, report, tip=np.zeros((30, 3), np.float32))


@pytest.fixture
def running(qapp):
    running = Running(Cell(), TASK)
    running.ready = True
    running._cell.status = RigStatus(authority=Authority.POLICY)
    return running


def test_the_first_motion_is_previewed_whatever_the_autonomy(running):
    running._cell.status = RigStatus(authority=Authority.HOLD)
    running.set_autonomy(Autonomy.AUTO)
    running.hand_back()
    assert running._cell.sent[-1] == SetAuthority(Authority.POLICY)
    assert SetAutonomy(Autonomy.AUTO) not in running._cell.sent
    assert SetAutonomy(Autonomy.ASK_FIRST) in running._cell.sent


def test_the_chosen_autonomy_begins_with_the_first_approval(running):
    running.set_autonomy(Autonomy.AUTO)
    running.on_fact(proposed())
    running.approve()
    running.on_fact(PlanActivated(1, 0, approved_by="person"))
    assert Approve(1) in running._cell.sent
    assert running._cell.sent[-1] == SetAutonomy(Autonomy.AUTO)


def test_a_fault_takes_the_trust_away(running):
    running.trusted = True
    running.on_fact(Fault("camera_stale", "front", "No picture.", "", 0))
    running.set_autonomy(Autonomy.AUTO)
    assert running._cell.sent[-1] == SetAutonomy(Autonomy.ASK_FIRST)


def test_a_plan_whose_check_failed_cannot_be_approved(running):
    running.on_fact(proposed(verdict=Verdict.FAIL))
    running.approve()
    assert Approve(1) not in running._cell.sent


def test_a_plan_that_cannot_run_stays_long_enough_to_be_read(running):
    running.on_fact(proposed(1, Verdict.FAIL))
    running.on_fact(PlanDropped(1, "It cannot run: speed"))
    running.on_fact(proposed(2, Verdict.FAIL, at_s=0.2))
    assert running.waiting.plan.id == 1
    running.on_fact(proposed(3, Verdict.FAIL, at_s=2.0))
    assert running.waiting.plan.id == 3
    running.on_fact(proposed(4, at_s=2.1))
    assert running.waiting.plan.id == 4


def test_a_plan_one_may_approve_is_not_hidden_by_one_that_cannot_run(running):
    running.on_fact(proposed(1))
    running.on_fact(proposed(2, Verdict.FAIL, at_s=0.2))
    running.on_fact(PlanDropped(2, "It cannot run: speed"))
    running.approve()
    assert running._cell.sent[-1] == Approve(1)


def test_a_plan_that_cannot_run_makes_way_for_the_one_that_runs(running):
    running._cell.active = proposed(1)
    running.on_fact(proposed(2, Verdict.FAIL))
    running.on_fact(PlanDropped(2, "It cannot run: speed"))
    assert running.waiting is None


def test_refusing_a_plan_that_is_dropped_already_asks_the_rig_nothing(running):
    running.on_fact(proposed(1, Verdict.FAIL))
    running.refuse()
    assert running.waiting is None
    assert Refuse(1) not in running._cell.sent


def test_approving_while_nobody_drives_hands_over_and_approves_nothing(running):
    running._cell.status = RigStatus(authority=Authority.HOLD)
    running.on_fact(proposed())
    running.approve()
    assert running._cell.sent[-1] == SetAuthority(Authority.POLICY)
    assert Approve(1) not in running._cell.sent


def test_handing_over_twice_throws_no_plan_away(running):
    running.ready = True
    running._cell.status = RigStatus(authority=Authority.POLICY)
    running.hand_back()
    assert SetAuthority(Authority.POLICY) not in running._cell.sent


def test_taking_over_takes_the_waiting_plan_away(running):
    running.on_fact(proposed())
    running.on_fact(AuthorityChanged(Authority.LEADER, 0, "You took over"))
    assert running.waiting is None


def test_trials_alone_need_a_plan_that_was_approved_once(running, qtbot):
    with qtbot.waitSignal(running.noticed) as said:
        running.start_trials(5)
    assert "Approve one plan" in said.args[0]
    assert running.trials is None


def test_a_planner_that_dies_is_said_with_its_last_words(
    running, tmp_path, script, monkeypatch, qtbot
):
    body = "raise SystemError('out of memory')"
    monkeypatch.setattr("studio.parts.running.serve_command", lambda *_: script(body))
    running.choose(tmp_path / "run 14")
    said = []
    running.noticed.connect(lambda text, level: said.append((text, level)))
    clock = iter(range(0, 2**62, 10**9))
    qtbot.waitUntil(lambda: running.tick(next(clock)) or bool(said), timeout=60_000)
    ((text, level),) = said
    assert level == "danger"
    assert all(words in text for words in ("run 14", "out of memory", "the arm holds"))


# ── review ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def review(qapp, episode_file, robot):
    review = Review(episode_file.parent, robot)
    review.load()
    yield review
    review.close()


def test_an_episode_is_replayed_in_its_own_time(review, episode_file):
    review.select(episode_file.stem)
    review.toggle_play()
    review.tick(1_000_000_000)
    review.tick(1_500_000_000)
    assert review.t_s[review.row] == pytest.approx(0.5, abs=0.02)


def test_replay_ends_at_the_last_step(review, episode_file):
    review.select(episode_file.stem)
    review.toggle_play()
    review.tick(1_000_000_000)
    review.tick(9_000_000_000)
    assert not review.playing
    assert review.row == len(review.t_s) - 1


def test_the_picture_at_the_cursor_is_the_one_recorded_there(review, episode_file):
    review.select(episode_file.stem)
    review.seek_s(0.9)
    assert review.image("front").shape == (240, 320, 3)


def test_a_trashed_episode_comes_back(review, episode_file):
    review.select(episode_file.stem)
    Editing(review).trash()
    assert review.episodes == []
    review.restore_last()
    assert [e.id for e in review.episodes] == [episode_file.stem]


def test_keeping_marks_the_file_not_only_the_list(review, episode_file):
    review.select(episode_file.stem)
    Editing(review).keep()
    assert list_episodes(episode_file.parent)[0].phase is EpisodePhase.KEPT


def test_an_unreadable_episode_is_named_and_stays_listed(review, episode_file, qtbot):
    episode_file.write_bytes(b"not an episode")
    with qtbot.waitSignal(review.noticed):
        review.select(episode_file.stem)
    assert review.episode is None
    assert [e.id for e in review.episodes] == [episode_file.stem]


def test_an_episode_of_another_robot_names_both(qapp, episode_file, robot, qtbot):
    other = type(robot)("koch", robot.joints, robot.cameras, robot.control_hz)
    review = Review(episode_file.parent, other)
    review.load()
    with qtbot.waitSignal(review.noticed) as said:
        review.select(episode_file.stem)
    assert all(name in said.args[0] for name in ("'koch'", "'so101'"))
    assert review.episode is None


# ── training ───────────────────────────────────────────────────────────────────────────────────


def test_only_kept_readable_successes_are_trained_on(review):
    (episode,) = review.episodes
    kept = SimpleNamespace(phase=EpisodePhase.KEPT, problem="", duration_s=30.0, task=TASK)
    good = [SimpleNamespace(**vars(kept), success=mark) for mark in (True, None)]
    bad = [SimpleNamespace(**vars(kept), success=False), episode]
    assert TrainingSet.of(good + bad) == TrainingSet(2, 1.0, (TASK,))


def test_a_training_goes_on_without_its_window_and_is_found_again(
    qapp, tmp_path, script, monkeypatch, qtbot
):
    line = encode(Progress(step=3, total=9, loss=0.5))
    body = (
        f"import signal\nsys.stdout.write({line!r} + chr(10)); sys.stdout.flush()\nsignal.pause()"
    )
    monkeypatch.setattr("studio.parts.training.foresight_command", lambda *_, outlive: script(body))
    first = Training(tmp_path, tmp_path / "runs")
    first.start(1.0)
    del first
    second = Training(tmp_path, tmp_path / "runs")
    assert second.find()
    clock = iter(range(0, 2**62, 10**9))
    qtbot.waitUntil(lambda: second.tick(next(clock)) or len(second.points) == 1, timeout=60_000)
    assert second.job.status.step == 3
    second.stop()
    qtbot.waitUntil(lambda: second.tick(next(clock)) or not second.running, timeout=60_000)
    assert second.job.status.phase is JobPhase.CANCELLED


def test_an_estimate_is_asked_of_the_job_and_forgotten_when_it_is_no_longer_true(
    qapp, tmp_path, script, monkeypatch, qtbot
):
    answer = Estimated(
        steps=90,
        seconds_per_step=0.5,
        minutes=1.0,
        peak_gb=2.0,
        available_gb=8.0,
        checkpoint_gb=0.1,
        free_disk_gb=50.0,
        fits=True,
    )
    body = f"sys.stdout.write({encode(answer)!r} + chr(10))"
    monkeypatch.setattr("studio.parts.estimating.foresight_command", lambda *_: script(body))
    estimating = Estimating(tmp_path, tmp_path / "estimate")
    estimating.ask(1.0)
    clock = iter(range(0, 2**62, 10**9))
    done = EstimatePhase.ANSWERED
    qtbot.waitUntil(
        lambda: estimating.tick(next(clock)) or estimating.phase is done, timeout=60_000
    )
    assert estimating.answer == answer
    estimating.forget()
    assert estimating.answer is None
    assert estimating.phase is EstimatePhase.IDLE


def test_an_estimate_that_fails_says_why(qapp, tmp_path, script, monkeypatch, qtbot):
    line = encode(Failed("cannot train on nothing", hint="record something"))
    body = f"sys.stdout.write({line!r} + chr(10))\nsys.exit(1)"
    monkeypatch.setattr("studio.parts.estimating.foresight_command", lambda *_: script(body))
    estimating = Estimating(tmp_path, tmp_path / "estimate")
    estimating.ask(1.0)
    clock = iter(range(0, 2**62, 10**9))
    qtbot.waitUntil(
        lambda: estimating.tick(next(clock)) or estimating.phase is EstimatePhase.FAILED,
        timeout=60_000,
    )
    assert "record something" in estimating.message
