"""The permanent bar shows what it is told; the rail says where a person wants to go."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from widgets.nav_rail import PLACES, NavRail
from widgets.palette import COLORS
from widgets.top_bar import TopBar


@pytest.fixture
def bar(shown) -> TopBar:
    return shown(TopBar(), 1400, 54)


def test_the_bar_shows_task_policy_loop_and_plan_age(bar: TopBar):
    bar.set_task("put the red cube in the tray")
    bar.set_policy("cube-tray · run 14")
    bar.set_loop(100.04, 0.62)
    bar.set_plan_age(84.2)
    words = _words(bar)
    for expected in ("cube-tray · run 14", "100.0 Hz", "· p99 0.6 ms", "84 ms"):
        assert expected in words


def test_what_is_not_there_takes_no_place(bar: TopBar):
    bar.set_plan_age(84.2)
    bar.set_plan_age(None)
    assert "Plan age" not in _words(bar)


def test_a_late_loop_asks_for_attention(bar: TopBar, pixels, share):
    bar.set_loop(100.0, 0.5)
    calm = share(pixels(bar), COLORS.attention, slack=40)
    bar.set_loop(97.1, 12.0)
    assert share(pixels(bar), COLORS.attention, slack=40) > calm


def test_recording_shows_a_red_dot_with_a_counter(bar: TopBar, pixels, share):
    before = share(pixels(bar), "#ff4d55")
    bar.set_recording("ep 37", 78.4, unsaved=2)
    assert "REC ep 37 · 01:18 · 2 unsaved" in _words(bar)
    assert share(pixels(bar), "#ff4d55") > before


def test_a_narrow_bar_keeps_stop_whole(bar: TopBar, qtbot: QtBot):
    bar.set_task("put the red cube in the tray and then the green one beside it")
    bar.resize(bar.minimumSizeHint().width(), 54)
    stop = bar.stop_button.geometry()
    assert stop.right() <= bar.width()
    assert stop.width() == bar.stop_button.sizeHint().width()


def test_a_widget_can_be_added_left_of_stop(bar: TopBar, qtbot: QtBot):
    menu = QPushButton("menu")
    bar.add_widget(menu)
    qtbot.waitUntil(lambda: 0 < menu.geometry().right() < bar.stop_button.geometry().left())


@pytest.mark.parametrize("number", range(5))
def test_a_click_on_a_place_asks_for_it(shown, qtbot: QtBot, number: int):
    rail = shown(NavRail(), 76, 420)
    item = rail.childAt(38, 40 + 62 * number)
    with qtbot.waitSignal(rail.placeSelected, timeout=500) as asked:
        qtbot.mouseClick(item, Qt.MouseButton.LeftButton)
    assert asked.args == [PLACES[number].key]


def test_showing_a_place_asks_for_nothing(shown, qtbot: QtBot):
    rail = shown(NavRail(), 76, 420)
    with qtbot.assertNotEmitted(rail.placeSelected):
        rail.set_current("train")
    assert rail.current() == "train"


def test_a_badge_is_seen(shown, pixels, share):
    rail = shown(NavRail(), 76, 420)
    rail.set_badge("review", "3")
    assert share(pixels(rail), COLORS.attention_fill) > 0.001


def _words(widget: QWidget) -> list[str]:
    return [w.text() for w in widget.findChildren(QLabel) if w.isVisible() and w.text()]
