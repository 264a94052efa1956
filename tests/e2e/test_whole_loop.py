"""The whole loop as a person does it, from ``main()``, with the real child processes."""

import os
import signal
import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from recordings.library import list_episodes
from recordings.reader import Episode
from recordings.rig_status import RigPhase
from recordings.types import Authority, EpisodePhase, JobPhase
from studio.jobs import Job, foresight_command
from studio.parts.training import TrainingSet
from studio.walk import Wait, pause

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(900, method="thread")]


AGAIN = 10  # times a person tries once more when the arm came to hold by itself


def press(window, key):
    QTest.keyClick(window, key)


def soon(until, seconds=10.0):
    """Wait until it is so, or give up after a while: then one looks why, and tries again."""
    due_s = time.monotonic() + seconds
    return Wait("either", lambda: until() or time.monotonic() >= due_s, seconds + 60.0)


def connected(session):
    yield Wait("the arm", lambda: session.status.phase is RigPhase.READY, 150.0)
    yield Wait("pictures of both cameras", lambda: len(session.frames) == 2)


def drive_and_record(window, session):
    """Space starts a take, the pad moves the tool, Right keeps it."""
    window.go("teach")
    window.activateWindow()  # no window manager does it on a virtual screen
    yield Wait("the keyboard", window.isActiveWindow)
    press(window, Qt.Key.Key_Space)
    yield Wait("a take", lambda: session.teaching.recording)
    yield Wait("driving", lambda: session.status.authority is Authority.LEADER)
    start = session.status.state.q.copy()
    pad = window.pages["teach"].pad.pad
    pad.setFocus()
    QTest.keyPress(pad, Qt.Key.Key_W)
    yield Wait("the arm to follow", lambda: abs(session.status.state.q - start).max() > 0.1)
    QTest.keyRelease(pad, Qt.Key.Key_W)
    yield pause(1.0)
    window.setFocus()
    press(window, Qt.Key.Key_Right)
    yield Wait("the kept file", lambda: TrainingSet.of(session.review.episodes).episodes == 1)


def save_the_last_minute(window, session):
    """What happened before anybody thought of recording it becomes a take of its own."""
    session.prefer(operator="Mara")
    QTest.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    yield Wait("the saved minute", lambda: len(session.review.episodes) == 2)
    saved = next(i for i in session.review.episodes if i.phase is not EpisodePhase.KEPT)
    assert saved.steps > 100
    assert saved.operator == "Mara"


def train(session, monkeypatch):
    """Two steps are enough to have a checkpoint."""

    def two_steps(kind, *arguments, outlive=False):
        minutes = arguments.index("--minutes")
        steps = ("--steps", "2", "--nice", "0")  # it need not be polite to a busy test machine
        shorter = (*arguments[:minutes], *steps, *arguments[minutes + 2 :])
        return foresight_command(kind, *shorter, outlive=outlive)

    monkeypatch.setattr("studio.parts.training.foresight_command", two_steps)
    session.training.start(1.0)
    yield Wait("two steps of training", lambda: not session.training.running, 400.0)
    status = session.training.job.status
    assert status.phase is JobPhase.FINISHED, status.message


def preview(window, session):
    """Hand over until a plan of this hand-over is shown.

    On a machine that is too busy a watchdog (window or loop late) takes authority back, and nothing
    resumes by itself: as a person does, hand over once more.
    """
    running = session.running

    def shown():
        return session.status.authority is Authority.POLICY and running.waiting is not None

    def lost():
        return session.status.authority is not Authority.POLICY

    for _ in range(AGAIN):
        press(window, Qt.Key.Key_H)
        yield soon(lambda: not lost())
        yield soon(lambda: shown() or lost(), 100.0)
        if shown():
            return
    raise AssertionError("no plan was shown")


def approve(window, session):
    """Approve until the plan runs; a refused approval (too old, authority lost) is repeated."""
    for _ in range(AGAIN):
        press(window, Qt.Key.Key_Return)
        yield soon(lambda: session.cell.active is not None, 3.0)
        if session.cell.active is not None:
            return
        yield from preview(window, session)
    raise AssertionError("no approved plan ran")


def preview_approve_take_over(window, session):
    window.go("run")
    running = session.running
    running.choose(session.training.runs[0].path)
    yield Wait("the planner", lambda: session.status.planner == "ready", 200.0)
    yield from preview(window, session)
    still = session.status.action.copy()
    yield pause(0.5)
    assert (session.status.action == still).all(), "it moved before anybody approved"
    yield from approve(window, session)
    yield pause(0.5)
    press(window, Qt.Key.Key_Tab)
    yield Wait("the person", lambda: session.status.authority is Authority.LEADER)
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_F12)
    yield Wait("STOP", lambda: session.status.stopped)


def lose_the_planner(session):
    os.kill(Job.find(session.running.server.folder)._who.pid, signal.SIGKILL)
    yield Wait("the planner's end to be noticed", lambda: session.running.server is None)
    assert not session.running.trusted


def lose_the_rig(window, session):
    os.kill(session.cell.rig.pid, signal.SIGKILL)
    yield Wait("FAULT in the banner", lambda: "FAULT" in window.bar.banner.text)
    assert session.blockers[0].fix_text == "Reconnect"
    session.reconnect()
    yield from connected(session)
    yield Wait("the banner", lambda: "HOLDING" in window.bar.banner.text)


def test_the_whole_loop_and_what_happens_when_planner_and_rig_are_killed(
    studio, tmp_path, monkeypatch
):
    def script(window):
        session = window.session
        yield from connected(session)
        yield from drive_and_record(window, session)
        yield from save_the_last_minute(window, session)
        yield from train(session, monkeypatch)
        yield from preview_approve_take_over(window, session)

        yield from lose_the_planner(session)
        yield from lose_the_rig(window, session)

    assert studio(script) == 0
    episodes = list_episodes(tmp_path / "data" / "episodes")
    (taught,) = (info for info in episodes if info.phase is EpisodePhase.KEPT)
    (run,) = (info for info in episodes if info.interventions)
    assert len(episodes) == 3
    assert (taught.phase, taught.problem) == (EpisodePhase.KEPT, "")
    assert taught.steps > 100
    with Episode.open(taught.path) as episode:
        assert episode.bench.name == "sim"
        assert episode.bench.cameras["front"].lens is not None
    look_at_the_recorded_run(run)


def look_at_the_recorded_run(run):
    """It waits in Review, and says who drove, what was planned, checked and agreed to."""
    assert (run.phase, run.problem) == (EpisodePhase.REVIEW, "")
    assert run.interventions >= 1
    with Episode.open(run.path) as episode:
        assert {Authority.POLICY, Authority.LEADER} <= {Authority(a) for a in episode.authority}
        noted = {kind: [] for kind in ("plan_proposed", "plan_activated", "scene")}
        for event in episode.events:
            noted.setdefault(event["kind"], []).append(event["data"])
        driven = {int(plan) for plan in episode.plan_id if plan >= 0}
        assert driven
        assert driven <= {plan.id for plan in episode.plans}
        assert driven <= {data["plan"] for data in noted["plan_activated"]}
        assert all(data["checks"] for data in noted["plan_proposed"])
        assert {data["approved_by"] for data in noted["plan_activated"]} >= {"person"}
        assert "red" in noted["scene"][0]["cubes"]
