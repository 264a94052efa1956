"""Messages come, stay as long as they matter, and go."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from widgets import toast
from widgets.toast import MOST, Toasts


@pytest.fixture
def page(shown) -> QWidget:
    return shown(QWidget(), 600, 400)


def test_a_message_is_shown_in_the_lower_right_corner(page: QWidget):
    toasts = Toasts(page)
    toasts.show("Episode 37 kept", "ok")
    assert toasts.texts == ["Episode 37 kept"]
    assert toasts.geometry().bottomRight().x() > 560
    assert toasts.geometry().bottomRight().y() > 360


def test_good_news_goes_by_itself(page: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(toast.STAY_MS, "ok", 30)
    toasts = Toasts(page)
    toasts.show("Episode 37 kept", "ok")
    qtbot.waitUntil(lambda: not toasts.texts and not toasts.isVisible(), timeout=10_000)


def test_a_fault_stays_until_it_is_clicked(page: QWidget, qtbot: QtBot):
    toasts = Toasts(page)
    toasts.show("The planner stopped", "danger", "Load the policy again.")
    assert toast.STAY_MS["danger"] == 0
    qtbot.mouseClick(toasts.childAt(60, 20), Qt.MouseButton.LeftButton)
    assert toasts.texts == []


def test_old_messages_make_room(page: QWidget):
    toasts = Toasts(page)
    for number in range(MOST + 2):
        toasts.show(f"message {number}")
    assert toasts.texts == [f"message {n}" for n in range(2, MOST + 2)]


def test_it_moves_with_its_window(page: QWidget, qtbot: QtBot):
    toasts = Toasts(page)
    toasts.show("hello")
    page.resize(800, 500)
    qtbot.waitUntil(lambda: toasts.geometry().right() > 760, timeout=10_000)


def test_an_unknown_level_is_refused_with_those_that_exist(page: QWidget):
    with pytest.raises(ValueError, match=r"'loud'.*info, ok, attention, danger"):
        Toasts(page).show("hey", "loud")
