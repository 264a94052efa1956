"""Driving the tool: what is pushed is what is asked for, and letting go always stops."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence, QShortcut, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from widgets.drive_pad import PERIOD_MS, DrivePad
from widgets.drive_speed import (
    ANGULAR_RPS,
    DEAD_ZONE,
    GRIPPER_PER_S,
    KEYS,
    LINEAR_MPS,
    past_dead_zone,
    tool_speed,
)

ZERO = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.0)
pushes = st.floats(-1, 1)


# ── the law ────────────────────────────────────────────────────────────────────────────────────


@given(st.sets(st.sampled_from(sorted(KEYS))), pushes, pushes, pushes, st.booleans(), st.booleans())
def test_no_push_is_ever_faster_than_the_limits(keys, x, y, lift, turning, fine):
    speed = tool_speed(keys, knob=(x, y), lift=lift, turning=turning, fine=fine)
    assert math.hypot(*speed.linear) <= LINEAR_MPS * 1.0001
    assert math.hypot(*speed.angular) <= ANGULAR_RPS * 1.0001
    assert abs(speed.gripper) <= GRIPPER_PER_S


@given(st.sets(st.sampled_from(sorted(KEYS))))
def test_opposite_keys_cancel(keys: set[str]):
    opposite = {"W": "S", "A": "D", "E": "Q", "C": "V"}
    both = keys | {b for a, b in opposite.items() if a in keys}
    both |= {a for a, b in opposite.items() if b in keys}
    assert tool_speed(both).is_zero


@pytest.mark.parametrize(
    ("key", "axis", "sign"),
    [("W", 0, 1), ("S", 0, -1), ("A", 1, 1), ("D", 1, -1), ("E", 2, 1), ("Q", 2, -1)],
)
def test_a_key_moves_along_its_axis_of_the_base(key: str, axis: int, sign: int):
    wanted = [0.0, 0.0, 0.0]
    wanted[axis] = sign * LINEAR_MPS
    assert tool_speed({key}).linear == pytest.approx(wanted)


@pytest.mark.parametrize("key", sorted(KEYS - {"C", "V"}))
def test_with_shift_a_key_turns_instead_of_moving(key: str):
    speed = tool_speed({key}, turning=True)
    assert speed.linear == (0, 0, 0)
    assert math.hypot(*speed.angular) == pytest.approx(ANGULAR_RPS)


@given(st.floats(0, 2 * math.pi), st.floats(0, 1))
def test_a_push_grows_from_nothing_without_a_jump(angle: float, reach: float):
    knob = (reach * math.cos(angle), reach * math.sin(angle))
    assert math.hypot(*past_dead_zone(knob)) <= max(reach - DEAD_ZONE, 0) / (1 - DEAD_ZONE) + 1e-9


# ── the pad ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def sent(pad: DrivePad) -> list[tuple]:
    messages: list[tuple] = []
    pad.toolMoved.connect(lambda linear, angular, grip: messages.append((linear, angular, grip)))
    return messages


@pytest.fixture
def page(shown) -> QWidget:
    result = QWidget()
    column = QVBoxLayout(result)
    column.addWidget(QLineEdit())
    column.addWidget(DrivePad())
    return shown(result, 360, 320)


@pytest.fixture
def pad(page: QWidget, qtbot: QtBot) -> Iterator[DrivePad]:
    result = page.findChild(DrivePad)
    page.activateWindow()
    result.setFocus()
    qtbot.waitUntil(result.hasFocus)
    yield result
    page.findChild(QLineEdit).setFocus()  # lets go of everything


def test_a_held_key_drives_until_it_is_let_go(pad: DrivePad, sent: list, qtbot: QtBot):
    qtbot.keyPress(pad, Qt.Key.Key_W)
    qtbot.waitUntil(lambda: len(sent) >= 3, timeout=10_000)
    qtbot.keyRelease(pad, Qt.Key.Key_W)
    assert sent[0][0] == pytest.approx((LINEAR_MPS, 0, 0))
    assert sent[-1] == ZERO


def test_the_end_is_said_once_and_then_it_is_quiet(pad: DrivePad, sent: list, qtbot: QtBot):
    qtbot.keyPress(pad, Qt.Key.Key_W)
    qtbot.keyRelease(pad, Qt.Key.Key_W)
    with qtbot.assertNotEmitted(pad.toolMoved, wait=3 * PERIOD_MS):
        pass
    assert sent.count(ZERO) == 1


def test_at_most_thirty_messages_a_second(pad: DrivePad, sent: list, qtbot: QtBot):
    qtbot.keyPress(pad, Qt.Key.Key_W)
    with qtbot.waitSignal(pad.toolMoved, timeout=500):
        pass
    sent.clear()
    with qtbot.assertNotEmitted(pad.engaged, wait=500):
        pass
    assert len(sent) <= 16


def test_repeats_of_a_held_key_change_nothing(pad: DrivePad, held_key):
    held_key(pad, Qt.Key.Key_W)
    assert pad.speed.is_zero


def test_losing_the_focus_lets_go_of_everything(pad: DrivePad, page, sent: list, qtbot: QtBot):
    qtbot.keyPress(pad, Qt.Key.Key_W)
    page.findChild(QLineEdit).setFocus()
    assert sent[-1] == ZERO
    assert pad.speed.is_zero


def test_typing_elsewhere_moves_nothing(pad: DrivePad, page: QWidget, sent: list, qtbot: QtBot):
    field = page.findChild(QLineEdit)
    field.setFocus()
    qtbot.keyClicks(field, "wasd")
    assert field.text() == "wasd"
    assert sent == []


def test_a_drag_pushes_and_a_release_stops(pad: DrivePad, sent: list, qtbot: QtBot):
    left, middle = _pad_edge(pad)
    qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=left)
    assert pad.speed.linear[1] > 0.8 * LINEAR_MPS  # left is +y
    qtbot.mouseMove(pad, middle)
    qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=middle)
    assert sent[-1] == ZERO


def _pad_edge(pad: DrivePad) -> tuple[QPoint, QPoint]:
    radius = min(pad.width() - 140, pad.height() - 40) / 2 - 6
    return QPoint(16, round(12 + radius)), QPoint(round(14 + radius), round(12 + radius))


def test_the_wheel_lifts_for_a_moment(pad: DrivePad, sent: list, qtbot: QtBot):
    _turn_wheel(pad, 120)
    assert pad.speed.linear == pytest.approx((0, 0, LINEAR_MPS))
    qtbot.waitUntil(lambda: sent[-1] == ZERO, timeout=10_000)


def _turn_wheel(pad: DrivePad, delta: int) -> None:
    at = QPointF(pad.rect().center())
    event = QWheelEvent(
        at, pad.mapToGlobal(at), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(pad, event)


def test_gripper_areas_open_and_close(pad: DrivePad, sent: list, qtbot: QtBot):
    for y, sign in ((30, 1), (pad.height() - 70, -1)):
        radius = min(pad.width() - 140, pad.height() - 40) / 2 - 6
        at = QPoint(round(14 + 2 * radius + 16 + 48 + 36), y)
        qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=at)
        assert sent[-1][2] == sign * GRIPPER_PER_S
        qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=at)
        assert sent[-1] == ZERO


def test_while_driving_its_keys_do_not_reach_the_page(pad: DrivePad, page, qtbot: QtBot):
    marked = []
    shortcut = QShortcut(QKeySequence("S"), page)
    shortcut.activated.connect(lambda: marked.append("success"))
    qtbot.keyClick(pad, Qt.Key.Key_S)
    assert marked == []


def test_focus_is_reported_and_seen(pad: DrivePad, page, pixels, qtbot: QtBot):
    focused = pixels(pad)
    with qtbot.waitSignal(pad.engaged, timeout=500) as told:
        page.findChild(QLineEdit).setFocus()
    assert told.args == [False]
    assert (pixels(pad) != focused).any()
