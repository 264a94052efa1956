"""STOP acts at once, releases torque only when asked twice, and never sets anything in motion."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from recordings.rig_status import Torque
from recordings.types import Authority
from widgets import stop_button
from widgets.palette import COLORS
from widgets.stop_button import StopButton
from widgets.top_bar import TopBar


@pytest.fixture
def short_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stop_button, "SECOND_PRESS_MS", 40)


def test_pressing_asks_before_the_finger_lifts(shown, qtbot: QtBot):
    button = shown(StopButton())
    with qtbot.waitSignal(button.stopRequested, timeout=500):
        qtbot.mousePress(button, Qt.MouseButton.LeftButton)


def test_a_second_press_releases_torque(shown, qtbot: QtBot):
    button = shown(StopButton())
    button.press()
    with qtbot.waitSignal(button.torqueReleaseRequested, timeout=500):
        button.press()


def test_after_the_window_a_press_is_a_first_press_again(short_window, shown, qtbot: QtBot):
    button = shown(StopButton())
    button.press()
    qtbot.waitUntil(lambda: button.text == "STOP  F12", timeout=10_000)
    with (
        qtbot.assertNotEmitted(button.torqueReleaseRequested),
        qtbot.waitSignal(button.stopRequested, timeout=500),
    ):
        button.press()


def test_holding_the_button_down_releases_torque(short_window, shown, qtbot: QtBot):
    button = shown(StopButton())
    with qtbot.waitSignal(button.torqueReleaseRequested, timeout=10_000):
        qtbot.mousePress(button, Qt.MouseButton.LeftButton)


def test_a_held_key_counts_once(shown, qtbot: QtBot, held_key):
    button = shown(StopButton())
    with qtbot.assertNotEmitted(button.torqueReleaseRequested):
        qtbot.keyPress(button, Qt.Key.Key_Return)
        held_key(button, Qt.Key.Key_Return)


def test_it_is_red_in_every_state(shown, pixels, share):
    button = shown(StopButton())
    seen = [share(pixels(button), COLORS.danger)]
    button.set_state(True)
    seen.append(share(pixels(button), COLORS.danger))
    assert min(seen) > 0.5


def test_the_words_are_what_really_happens(shown):
    button = shown(StopButton())
    said = [button.text]
    button.press()
    for torque in (Torque.ON, Torque.PARKING, Torque.OFF):
        button.set_state(True, torque)
        said.append(button.text)
    button.set_state(False)
    said.append(button.text)
    assert said == ["STOP  F12", "AGAIN: LIMP", "STOP PARKING", "LIMP", "STOP  F12"]


def test_a_press_while_it_parks_stops_it_and_lets_nothing_go(shown, qtbot: QtBot):
    button = shown(StopButton())
    button.press()
    button.press()
    button.set_state(True, Torque.PARKING)
    with (
        qtbot.assertNotEmitted(button.torqueReleaseRequested),
        qtbot.waitSignal(button.stopRequested, timeout=500),
    ):
        button.press()


def test_resume_is_a_button_of_its_own_and_only_while_stopped(shown, qtbot: QtBot):
    bar = shown(TopBar(), 1400, 54)
    assert not bar.resume_button.isVisible()
    bar.set_authority(Authority.HOLD, stopped=True)
    with qtbot.waitSignal(bar.resumeRequested, timeout=500):
        qtbot.mouseClick(bar.resume_button, Qt.MouseButton.LeftButton)


def test_the_bar_forwards_stop(shown, qtbot: QtBot):
    bar = shown(TopBar(), 1400, 54)
    with qtbot.waitSignal(bar.stopRequested, timeout=500):
        qtbot.mousePress(bar.stop_button, Qt.MouseButton.LeftButton)
