"""What surrounds the pages: help, search, preferences, first steps, sounds, details, layout."""

import json
import logging
import zipfile

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QPushButton, QToolButton

from devices.bench import load_bench
from devices.commands import AuthorityChanged
from recordings.rig_status import CameraHealth, LoopStats, RigPhase, RigStatus
from recordings.types import Authority, Fault
from studio.actions import ACTIONS, PAGES, action
from studio.conditions import CONDITIONS, reason_against
from studio.desk.bundle_panel import BundlePanel
from studio.desk.command_list import commands
from studio.desk.first_steps import STEPS
from studio.desk.help_pages import TOPICS, help_page
from studio.desk.preferences_panel import PreferencesPanel
from studio.desk.sound_cues import SoundCues
from studio.session import Session
from studio.settings import Folders, Preferences, load_preferences
from studio.support_bundle import LAST_MINUTE, LoopHistory, write_bundle
from studio.window import Window
from widgets import palette
from widgets.command_palette import CommandPalette
from widgets.details_view import DetailsView
from widgets.help_view import HelpView
from widgets.palette import COLORS


@pytest.fixture
def session(tmp_path, qapp):
    result = Session(load_bench("sim"), Folders.default(tmp_path / "data"), Preferences())
    yield result
    result.close()


@pytest.fixture
def window(qtbot, session, monkeypatch):
    """A window on a bench whose processes were never started."""
    monkeypatch.setattr(session, "load", lambda: None)
    window = Window(session)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    yield window
    window.desk.close()


def panel(window, kind):
    return window.below.findChild(kind)


def ctrl(window, key):
    QTest.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)


# ── help ───────────────────────────────────────────────────────────────────────────────────────


def test_f1_is_help_for_the_page_in_front(window):
    for page in PAGES:
        window.go(page)
        QTest.keyClick(window, Qt.Key.Key_F1)
        view = panel(window, HelpView)
        assert view.isVisible()
        assert view.topic == page
        assert page.capitalize() in view.page.toPlainText()
        window.desk.dismiss()


@pytest.mark.parametrize("topic", [key for key, _ in TOPICS])
def test_every_topic_has_a_page_and_its_links_lead_somewhere(topic):
    text = help_page(topic)
    assert len(text) > 300
    known = {key for key, _ in TOPICS}
    assert {part.split(")")[0] for part in text.split("topic:")[1:]} <= known


def test_the_page_of_all_keys_has_every_key():
    text = help_page("keys")
    assert [k for entry in ACTIONS for k in entry.shortcuts if f"**{k}**" not in text] == []


def test_help_about_nothing_names_what_there_is():
    with pytest.raises(KeyError, match="no help about 'cooking'"):
        help_page("cooking")


def test_stop_works_in_front_of_help(window):
    window.do("help")
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_F12)
    assert window.session.cell.rig._lifeline.stop_count() == 1


# ── finding actions ────────────────────────────────────────────────────────────────────────────


def test_ctrl_k_finds_every_action(window):
    ctrl(window, Qt.Key.Key_K)
    shown = {command.key for command in panel(window, CommandPalette).shown}
    assert shown == {entry.key for entry in ACTIONS} - {"find"}


def test_what_works_here_comes_first(session):
    first = commands(session, "review")[0]
    assert "review" in action(first.key).pages


def test_a_reason_is_given_exactly_for_what_cannot_be_done(session):
    reasons = {c.key: c.reason for c in commands(session, "run")}
    assert reasons["approve"] == "No plan waits for you."
    assert reasons["take_over"] == "The arm is not connected."
    assert reasons["go.train"] == ""
    session.cell.status = RigStatus(phase=RigPhase.READY)
    assert reason_against(action("take_over"), session) == ""


def test_every_need_is_a_condition_there_is():
    assert {need for entry in ACTIONS for need in entry.needs} <= set(CONDITIONS)


def test_an_action_of_another_page_opens_it_first(window):
    window.go("run")
    window.desk._on_palette_chosen("end_session")
    assert window.page == "teach"


def test_a_motion_is_never_started_from_a_page_that_does_not_show_it(window, monkeypatch):
    asked = []
    monkeypatch.setattr(window.session.running, "hand_back", lambda: asked.append("hand back"))
    window.go("train")
    window.desk._on_palette_chosen("hand_back")
    assert (window.page, asked) == ("run", [])
    window.desk._on_palette_chosen("hand_back")
    assert asked == ["hand back"]


# ── preferences, theme ─────────────────────────────────────────────────────────────────────────


@pytest.fixture
def dark_again(qapp):
    """As before: dark, and without the stylesheet, which makes a window three times as slow."""
    yield
    palette.use(palette.DARK)
    qapp.setStyleSheet("")


def test_the_theme_switches_and_is_remembered(window, dark_again):
    window.do("theme")
    assert COLORS.name == "light"
    saved = load_preferences(window.session.folders.preferences).preferences
    assert saved.theme == "light"
    window.do("theme")
    assert COLORS.name == "dark"


def test_every_preference_acts_and_is_saved_at_once(window, dark_again):
    window.do("preferences")
    form = panel(window, PreferencesPanel)
    form.sounds.click()
    form.minutes.setValue(3.5)
    form.minutes.editingFinished.emit()
    saved = load_preferences(window.session.folders.preferences).preferences
    assert (saved.sounds, saved.train_minutes) == (False, 3.5)
    assert window.desk.sounds.muted
    form.operator.setText(" Mara ")
    form.operator.editingFinished.emit()
    saved = load_preferences(window.session.folders.preferences).preferences
    assert saved.operator == "Mara"
    assert window.session.cell._described.operator == "Mara"  # of every take from now on


def test_a_theme_nobody_knows_is_dropped_and_named(tmp_path):
    path = tmp_path / "preferences.toml"
    path.write_text('theme = "neon"\nsteps_done = ["drive"]')
    loaded = load_preferences(path)
    assert loaded.preferences == Preferences(steps_done=("drive",))
    assert "'neon'" in loaded.warnings[0]
    assert "dark, light" in loaded.warnings[0]


# ── first steps ────────────────────────────────────────────────────────────────────────────────


def test_the_steps_follow_what_really_happens(window):
    steps, session = window.desk.steps, window.session
    assert steps.current is STEPS[0]
    session.authorityChanged.emit(AuthorityChanged(Authority.LEADER, 0, "a person"))
    assert steps.current is STEPS[1]
    assert load_preferences(session.folders.preferences).preferences.steps_done == ("drive",)


def test_taking_over_counts_only_from_a_policy(window):
    change = window.session.authorityChanged
    change.emit(AuthorityChanged(Authority.LEADER, 0, ""))
    assert "take_over" not in window.session.preferences.steps_done
    change.emit(AuthorityChanged(Authority.POLICY, 0, ""))
    change.emit(AuthorityChanged(Authority.LEADER, 0, ""))
    assert "take_over" in window.session.preferences.steps_done


def test_the_coach_leads_to_the_page_of_the_step(window):
    window.go("train")
    assert window.desk.coach.card.isVisible()
    window.desk.coach.card.go_button.click()
    assert window.page == "teach"
    assert not window.desk.coach.card.go_button.isVisible()


def test_the_coach_can_be_hidden_and_brought_back(window):
    window.go("teach")
    window.desk.coach.card.close_button.click()
    assert not window.desk.coach.card.isVisible()
    window.go("connect")
    assert not window.pages["connect"].shows_left
    window.do("first_steps")
    assert window.pages["connect"].shows_left


# ── sounds ─────────────────────────────────────────────────────────────────────────────────────


class Heard:
    """The outermost cable: names of sounds instead of a loudspeaker."""

    def __init__(self, monkeypatch, sounds):
        self.names = []
        monkeypatch.setattr(sounds, "play", self.names.append)


def test_each_event_has_its_sound(session, monkeypatch, qtbot):
    from widgets.sounds import Sounds

    sounds = Sounds(session)
    heard = Heard(monkeypatch, sounds)
    SoundCues(session, sounds)
    session.authorityChanged.emit(AuthorityChanged(Authority.POLICY, 0, ""))
    session.authorityChanged.emit(AuthorityChanged(Authority.LEADER, 0, ""))
    session.faulted.emit(Fault("arm_lost", "so101", "", "", 0))
    session.teaching.recording = True
    session.teaching.changed.emit()
    session.teaching.recording, session.teaching.kept = False, 1
    session.teaching.changed.emit()
    session.teaching.discarded = 1
    session.teaching.changed.emit()
    assert heard.names == [
        "hand_back", "take_over", "fault", "episode_start", "kept", "discarded",
    ]  # fmt: skip


# ── errors and the support bundle ──────────────────────────────────────────────────────────────


def test_behind_an_error_stand_its_log_lines_and_traceback(window):
    try:
        raise ValueError("joint 3 is odd")
    except ValueError:
        logging.getLogger("devices.rig").exception("tick failed")
    window.session.noticed.emit("The planner stopped.\nlast line of its log", "danger")
    trouble = window.desk.troubles.entries[-1]
    assert trouble.sentence == "The planner stopped."
    for part in ("last line of its log", "tick failed", "ValueError: joint 3 is odd", "loop"):
        assert part in trouble.details
    buttons = window.toasts.findChildren(QAbstractButton)
    next(b for b in buttons if b.accessibleName() == "Details").click()
    assert "joint 3 is odd" in panel(window, DetailsView).text


def test_the_bundle_has_everything_and_no_picture_unless_asked(session, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (session.folders.logs / "studio.jsonl").write_text(f'{{"text": "opened {tmp_path}/data"}}\n')
    run = session.folders.runs / "a run"
    run.mkdir()
    (run / "job.json").write_text("{}")
    (run / "job.log").write_text("Traceback: out of memory")
    history = LoopHistory()
    history.add(
        RigStatus(
            phase=RigPhase.READY,
            loop=LoopStats(100.0, 0.1, 0.3, 0.8, 2000, 0, True),
            cameras=(CameraHealth("front", 29.9, 12.0, 0),),
        )
    )

    def write(name, images=None):
        write_bundle(
            tmp_path / name,
            folders=session.folders,
            preferences=session.preferences,
            bench=session.cell.bench,
            loop=history.rows,
            troubles="The planner stopped.",
            images=images,
        )
        return zipfile.ZipFile(tmp_path / name)

    with write("plain.zip") as bundle:
        names = set(bundle.namelist())
        assert names == {
            "versions.json", "preferences.json", "bench.json", "loop_last_minute.json",
            "errors.txt", "logs/studio.jsonl", "runs/a run/job.log",
        }  # fmt: skip
        assert bundle.read("logs/studio.jsonl") == b'{"text": "opened ~/data"}\n'
        (row,) = json.loads(bundle.read("loop_last_minute.json"))
        assert (row["hz"], row["cameras"]) == (100.0, {"front": 29.9})
        assert json.loads(bundle.read("versions.json"))["packages"]["numpy"] == np.__version__
    picture = np.zeros((240, 320, 3), np.uint8)
    with write("pictures.zip", {"front": picture}) as bundle:
        assert bundle.read("images/front.jpg")[:2] == b"\xff\xd8"


def test_the_statistics_are_those_of_the_last_minute():
    history = LoopHistory()
    for tick in range(LAST_MINUTE + 50):
        history.add(RigStatus(t_ns=tick))
    assert [history.rows[0]["t_ns"], len(history.rows)] == [50, LAST_MINUTE]


def test_a_bundle_that_cannot_be_written_says_so_and_leaves_nothing(window, tmp_path):
    window.do("bundle")
    form = panel(window, BundlePanel)
    form.folder.setText(str(tmp_path / "no such folder"))
    form.save.click()
    assert form.result.text().startswith("Not saved")
    form.folder.setText(str(tmp_path))
    form.save.click()
    assert form.result.text().startswith("Saved")
    assert len(list(tmp_path.glob("foresight-support-*.zip"))) == 1


# ── layout, timeline, access ───────────────────────────────────────────────────────────────────


def test_a_closed_panel_is_closed_the_next_time(window, session, qtbot):
    window.cells.cell("curves").set_wanted(False)
    window.close()
    fresh = Window(session)
    qtbot.addWidget(fresh)
    fresh.show()
    assert not fresh.cells.cell("curves").isVisible()
    fresh.do("reset_layout")
    assert fresh.cells.cell("curves").isVisible()
    fresh.desk.close()


def test_the_timeline_shows_the_last_minute_and_what_happened(window):
    trail = window.time_bar._trail
    second = 10**9
    window.session.cell.status = RigStatus(authority=Authority.HOLD)
    trail.look(100 * second)
    window.session.cell.status = RigStatus(authority=Authority.POLICY, active_plan=7)
    trail.look(110 * second)
    times, authority, marks = trail.seen(120 * second)
    assert list(zip(times, authority, strict=True)) == [
        (40.0, Authority.HOLD.value),
        (50.0, Authority.POLICY.value),
    ]
    assert marks == [(50.0, "plan 7")]
    trail.look(500 * second)
    assert trail.seen(500 * second) == ([0.0], [Authority.POLICY.value], [])


def test_the_timeline_is_the_episodes_on_review_and_the_benchs_elsewhere(window):
    window.go("review")
    assert window.time_bar.play.isVisible()
    window.go("run")
    assert not window.time_bar.play.isVisible()


def test_every_button_has_a_name_to_be_read_out(window):
    nameless = []
    for page in PAGES:
        window.go(page)
        buttons = window.findChildren(QAbstractButton) + window.findChildren(QToolButton)
        nameless += [
            (page, b) for b in buttons if b.isVisible() and not (b.accessibleName() or b.text())
        ]
    assert nameless == []


def test_nothing_is_cut_off_on_a_small_screen(window, qtbot):
    for page in PAGES:
        window.go(page)
        window.resize(1366, 768)
        qtbot.waitUntil(lambda: window.height() <= 768, timeout=2000)
        assert (page, window.width(), window.height()) == (page, 1366, 768)
        cut = [
            b.text()
            for b in window.findChildren(QPushButton)
            if b.isVisible() and b.text() and b.width() < b.minimumSizeHint().width()
        ]
        assert (page, cut) == (page, [])
