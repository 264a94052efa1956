"""What would the policy do here: the real plan command on a real take, and what the page shows."""

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from devices.bench import load_bench
from model import checkpoint, plan_file
from model.network import MolmoAct2
from model.presets import preset
from model.processor import Processor
from model.tags import RELATIVE, NormStats, TagMetadata, Tags
from model.tiny_tokenizer import tiny_tokenizer
from recordings.types import JobPhase
from studio.parts.asked import Answer
from studio.parts.asking import Asking
from studio.parts.review import Review
from studio.parts.runs import RunInfo
from studio.session import Session
from studio.settings import Folders, Preferences
from studio.window import Window

PATIENCE_MS = 110_000
LONG_MS = 500_000  # importing torch beside a busy neighbour


@pytest.fixture(scope="module")
def bench_robot():
    return load_bench("sim").robot


@pytest.fixture(scope="module")
def run(tmp_path_factory, bench_robot):
    """A run of a network that knows nothing."""
    stats = NormStats(q01=(-2.0,) * 5 + (0.0,), q99=(2.0,) * 5 + (1.0,))
    tag = TagMetadata(
        state=stats,
        action=stats,
        setup_type="single so101 robotic arm in foresight",
        control_mode=RELATIVE,
        camera_keys=bench_robot.camera_names,
        action_hz=10.0,
        robot=bench_robot,
        tasks=("put the red cube in the tray",),
    )
    torch.manual_seed(0)
    network = MolmoAct2(preset("tiny")).eval()
    processor = Processor(network.config, tiny_tokenizer(), Tags({"bench": tag}))
    path = tmp_path_factory.mktemp("runs") / "run 14"
    checkpoint.save(path, step=1, model=network, processor=processor, progress={})
    return path


@pytest.fixture(scope="module")
def take(tmp_path_factory, make_episode, bench_robot):
    return make_episode(tmp_path_factory.mktemp("takes"), bench_robot, seconds=1.5)


@pytest.fixture
def review(qapp, take, bench_robot):
    review = Review(take.parent, bench_robot)
    review.load()
    review.select(take.stem)
    yield review
    review.close()


@pytest.fixture
def asking(review, run, tmp_path):
    asking = Asking(review, tmp_path / "asked")
    asking.choose(run)
    yield asking
    asking.close()


def ticking(asking, until):
    clock = iter(range(0, 2**62, 10**9))
    return lambda: asking.tick(next(clock)) or until()


# ── the job ────────────────────────────────────────────────────────────────────────────────────


def test_a_question_that_fails_says_why_in_words(asking, script, monkeypatch, qtbot):
    body = "say(messages.Failed(message='robot: a here, b there', hint='choose another run'))"
    monkeypatch.setattr("studio.parts.asking.foresight_command", lambda *_: script(body))
    asking.ask_here()
    qtbot.waitUntil(ticking(asking, lambda: not asking.asking), timeout=PATIENCE_MS)
    assert asking.status.phase is JobPhase.FAILED
    assert asking.status.message == "robot: a here, b there choose another run"
    assert asking.answer is None


def test_a_question_can_be_cancelled_and_asked_again(asking, script, monkeypatch, qtbot):
    body = "say(messages.Counted(1, 2, 'Loading the policy'))\nsys.stdin.read()"
    monkeypatch.setattr("studio.parts.asking.foresight_command", lambda *_: script(body))
    asking.ask_here()
    loading = ticking(asking, lambda: asking.status.message == "Loading the policy")
    qtbot.waitUntil(loading, timeout=PATIENCE_MS)
    assert (asking.status.step, asking.status.total) == (1, 2)
    asking.cancel()
    qtbot.waitUntil(ticking(asking, lambda: not asking.asking), timeout=PATIENCE_MS)
    assert asking.status.phase is JobPhase.CANCELLED
    asking.ask_here()
    assert asking.asking


def test_another_episode_ends_the_question_about_this_one(
    asking, review, script, monkeypatch, make_episode, bench_robot, take
):
    monkeypatch.setattr(
        "studio.parts.asking.foresight_command", lambda *_: script("sys.stdin.read()")
    )
    asking.ask_here()
    other = make_episode(take.parent, bench_robot, seconds=0.2)
    review.load()
    review.select(other.stem)
    assert not asking.asking
    assert asking.status is None
    other.unlink()


def test_an_answer_that_cannot_be_read_is_a_failure(asking, script, monkeypatch, qtbot):
    body = "say(messages.Finished(step=2))"
    monkeypatch.setattr("studio.parts.asking.foresight_command", lambda *_: script(body))
    asking.ask_here()
    qtbot.waitUntil(ticking(asking, lambda: not asking.asking), timeout=PATIENCE_MS)
    assert asking.status.phase is JobPhase.FAILED
    assert "answer.npz" in asking.status.message


def test_nothing_is_asked_without_a_run(asking):
    asking.choose(None)
    asking.ask_here()
    assert not asking.asking


# ── the difference ─────────────────────────────────────────────────────────────────────────────


def answer(tmp_path, *, valid, gap_rad=0.1):
    recorded = np.tile(np.linspace(0.0, 0.5, 6), (30, 1)).astype(np.float32)
    planned = recorded.copy()
    planned[12, 0] += gap_rad
    file = tmp_path / "a.npz"
    plan_file.save(
        {
            "policy": "run 14", "at_s": 2.0, "dt_s": 0.1, "joints": list("abcdef"),
            "planned": planned, "samples": planned[None], "recorded": recorded, "valid": valid,
            "timings_ms": {"total": 31.0},
        },
        file,
    )  # fmt: skip
    return Answer.read(file)


def first_three(q):
    """A made-up arm whose tool tip moves one metre per radian of the first joint."""
    return np.asarray(q)[:, :3] * (1.0, 0.0, 0.0)


def test_the_difference_counts_recorded_rows_only(tmp_path):
    found = answer(tmp_path, valid=np.arange(30) < 20).difference(first_three)
    assert found.rows == 20
    assert found.per_joint == pytest.approx((0.1 / 20, 0, 0, 0, 0, 0), abs=1e-6)
    assert found.tip_most_m == pytest.approx(0.1, abs=1e-6)
    assert found.tip_most_s == pytest.approx(1.2)


def test_where_nothing_was_recorded_there_is_no_difference(tmp_path):
    assert answer(tmp_path, valid=np.zeros(30, bool)).difference(first_three) is None


def test_the_cursor_is_inside_the_plan_or_it_is_not(tmp_path):
    told = answer(tmp_path, valid=np.ones(30, bool))
    assert told.row_at(2.0) == pytest.approx(0.0)
    assert told.row_at(3.5) == pytest.approx(15.0)
    assert told.row_at(1.5) is None
    assert told.row_at(5.5) is None


# ── the page ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def window(qapp, qtbot, tmp_path, take):
    """Review with the take open, on a bench whose processes were never started."""
    folders = Folders.default(tmp_path / "data")
    session = Session(load_bench("sim"), folders, Preferences())
    (folders.episodes / take.name).write_bytes(take.read_bytes())
    window = Window(session)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window, timeout=60_000):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=60_000)
    qtbot.waitUntil(lambda: bool(session.review.episodes), timeout=60_000)
    window.go("review")
    yield window
    session.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_page_shows_what_the_policy_would_have_done(window, run, qtbot):
    session, card = window.session, window.pages["review"].ask_card
    assert "No trained run yet" in card.words.text()
    session.training.runsChanged.emit([RunInfo(run, run.name, usable=True)])
    session.review.seek_s(0.5)
    window.setFocus()
    QTest.keyClick(window, Qt.Key.Key_A)
    assert not card.ask.isVisible()
    assert card.cancel.isVisible()
    qtbot.waitUntil(ticking(session.asking, lambda: not session.asking.asking), timeout=LONG_MS)
    assert "run 14 at 0.50 s: 8 plans of 3.0 s." in card.words.text()
    assert "Compared over 1.0 s" in card.words.text()
    values = dict(card.apart.texts)
    assert values["Tool tip, mean"].endswith(" mm")
    assert values["Shoulder pan, mean"].endswith("°")
    assert values["Gripper, mean"].endswith(" %")
    assert dict(card.took.texts)["Total"].endswith(" ms")
    hud = window.stage.arm.hud
    assert all(words in hud for words in ("fan = 8 samples", "recorded way", "after the cursor 30"))
    session.review.seek_s(0.95)
    assert "before the cursor 4" in window.stage.arm.hud
    session.review.seek_s(0.0)  # before the question: the plan is not there yet
    assert "fan" not in window.stage.arm.hud
    window.go("teach")
    assert "recorded way" not in window.stage.arm.hud
