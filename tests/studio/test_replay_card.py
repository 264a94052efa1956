"""An episode is replayed on the simulated arm, by the real rig process, from the real window."""

import shutil

import h5py
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from devices.bench import load_bench
from devices.driving.replaying import REPLAY
from recordings.rig_status import RigPhase
from recordings.types import Authority
from studio.parts.replaying import ReplayPhase
from studio.session import Session
from studio.settings import Folders, Preferences
from studio.window import Window

LONG_MS = 120_000


@pytest.fixture
def window(qapp, qtbot, tmp_path, make_episode):
    """Review with one take open."""
    robot = load_bench("sim").robot
    folders = Folders.default(tmp_path / "data")
    session = Session(load_bench("sim"), folders, Preferences(autoconnect=True))
    shutil.copytree(
        make_episode(tmp_path / "takes", robot, seconds=1.5).parent,
        folders.episodes,
        dirs_exist_ok=True,
    )
    window = Window(session)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window, timeout=60_000):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=60_000)
    qtbot.waitUntil(lambda: len(session.review.episodes) == 1, timeout=60_000)
    window.go("review")
    window.setFocus()
    yield window
    session.close()


def gentle_episode(session):
    """The take's arm stays near where the simulated one stands: inside of its workspace."""
    review = session.review
    with h5py.File(review.episode.path, "r+") as file:
        action = np.tile(session.status.state.q, (len(file["steps/action"]), 1))
        action[:, 0] += 0.3 * np.sin(np.arange(len(action)) / 50)
        file["steps/action"][:] = action
    review.select(review.selected)


def test_without_an_arm_the_card_says_what_is_missing(window):
    card = window.pages["review"].replay_card
    card.show_state()
    assert card.words.text() == "The arm is not connected: see Connect."
    assert not card.start.isEnabled()
    window.session.replaying.start()
    assert window.session.replaying.phase is ReplayPhase.IDLE


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_arm_repeats_the_marked_part_and_escape_holds(window, qtbot):
    session, card = window.session, window.pages["review"].replay_card
    session.start()
    qtbot.waitUntil(lambda: session.status.phase is RigPhase.READY, timeout=LONG_MS)
    gentle_episode(session)
    session.editing.set_part(0.2, 0.7)
    session.replaying.choose_speed(1.0)
    qtbot.waitUntil(card.start.isEnabled, timeout=LONG_MS)
    assert "repeats 0.5 s" in card.words.text()
    card.start.click()
    qtbot.waitUntil(lambda: session.replaying.phase is ReplayPhase.DRIVING, timeout=LONG_MS)
    assert session.status.leader == REPLAY
    qtbot.waitUntil(lambda: session.replaying.phase is ReplayPhase.IDLE, timeout=LONG_MS)
    wanted = session.review.action[session.replaying.rows][-1]
    sent = np.array(session.status.action)
    assert session.status.authority is Authority.HOLD
    assert sent == pytest.approx(wanted, abs=0.03)
    card.start.click()
    qtbot.waitUntil(lambda: session.replaying.phase is ReplayPhase.DRIVING, timeout=LONG_MS)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: session.status.authority is Authority.HOLD, timeout=LONG_MS)
    qtbot.waitUntil(card.start.isVisible, timeout=LONG_MS)
