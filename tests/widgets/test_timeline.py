"""One time cursor, and a band that says who drove."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from recordings.types import Authority
from widgets.palette import COLORS
from widgets.timeline import Timeline, spans, tick_step_s


@given(st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=60))
def test_spans_cover_the_episode_without_gap_or_overlap(codes: list[int]):
    t = np.arange(len(codes)) * 0.1
    end = float(t[-1]) + 0.1
    found = spans(t, np.array(codes), end)
    assert [a for _, a, _ in found[:-1]] == [b for b, _, _ in found[1:]]
    assert (found[0][0], found[-1][1]) == (0.0, end)


@given(st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=60))
def test_every_step_lies_in_a_span_of_its_driver(codes: list[int]):
    t = np.arange(len(codes)) * 0.1
    found = spans(t, np.array(codes), 100.0)
    drivers = [next(a for s, e, a in found if s <= at < e) for at in t]
    assert drivers == [Authority(c) for c in codes]


@given(st.floats(0.1, 3000), st.floats(100, 4000))
def test_labels_never_collide(duration_s: float, width_px: float):
    assert tick_step_s(duration_s, width_px) / duration_s * width_px >= 70 * 0.999


@pytest.fixture
def line(shown) -> Timeline:
    result = shown(Timeline(), 616, 54)
    result.set_duration(10.0)
    return result


def test_the_band_has_the_colours_of_the_drivers(line: Timeline, pixels, share):
    line.set_authority([0.0, 5.0], [1, 2])
    image = pixels(line)
    assert share(image[:, :300], COLORS.human_fill) > 0.2
    assert share(image[:, 316:], COLORS.ok_fill) > 0.2


def test_a_click_moves_the_cursor_there(line: Timeline, qtbot: QtBot):
    with qtbot.waitSignal(line.cursorMoved, timeout=500) as moved:
        qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(308, 15))
    assert moved.args[0] == pytest.approx(5.0, abs=0.05)


def test_setting_the_cursor_asks_for_nothing(line: Timeline, qtbot: QtBot):
    with qtbot.assertNotEmitted(line.cursorMoved):
        line.set_cursor(3.0)
    assert line.cursor_s == 3.0


@pytest.mark.parametrize(
    ("key", "second"),
    [(Qt.Key.Key_End, 10.0), (Qt.Key.Key_Home, 0.0), (Qt.Key.Key_Right, 5 + 1 / 30)],
)
def test_keys_move_the_cursor(line: Timeline, qtbot: QtBot, key: Qt.Key, second: float):
    line.set_cursor(5.0)
    qtbot.keyClick(line, key)
    assert line.cursor_s == pytest.approx(second)


def test_the_cursor_never_leaves_the_episode(line: Timeline):
    line.set_cursor(99.0)
    assert line.cursor_s == 10.0


def test_space_asks_to_play_once(line: Timeline, qtbot: QtBot, held_key):
    asked = []
    line.playRequested.connect(lambda: asked.append(1))
    qtbot.keyPress(line, Qt.Key.Key_Space)
    held_key(line, Qt.Key.Key_Space)
    assert asked == [1]
