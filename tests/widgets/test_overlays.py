"""Panels in front of the window: they take the keyboard, give it back, and never cover STOP."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from widgets.command_palette import Command, CommandPalette, found
from widgets.details_view import DetailsView
from widgets.fuzzy import score
from widgets.help_view import HelpView

COMMANDS = (
    Command("go.train", "Go to Train", "Everywhere", "Ctrl+4"),
    Command("take_over", "Take over", "On Run", "Tab"),
    Command("train", "Train a policy", "On Train", "Ctrl+T", "No kept episodes yet."),
)


@pytest.fixture
def page(shown) -> QWidget:
    result = QWidget()
    QVBoxLayout(result).addWidget(QLineEdit("task"))
    return shown(result, 900, 700)


@pytest.fixture
def palette(page: QWidget) -> CommandPalette:
    result = CommandPalette(parent=page)
    result.set_commands(COMMANDS)
    result.open()
    return result


# ── matching ───────────────────────────────────────────────────────────────────────────────────


@given(st.text("abcdefgh ", max_size=12), st.data())
def test_letters_of_a_name_in_their_order_always_match(name: str, data: st.DataObject):
    kept = data.draw(st.lists(st.booleans(), min_size=len(name), max_size=len(name)))
    query = "".join(letter for letter, keep in zip(name, kept, strict=True) if keep)
    assert score(query, name) is not None


@given(st.text("abc", min_size=1, max_size=6), st.text("abc", max_size=6))
def test_more_letters_than_a_name_has_never_match(extra: str, name: str):
    assert score(name + extra, name) is None


def test_beginnings_of_words_count_more_than_letters_inside():
    best = score("to", "Take over") or 0.0
    assert best > (score("to", "Restore it") or 0.0)


def test_nothing_typed_keeps_the_order():
    assert found("", COMMANDS) == list(COMMANDS)


def test_what_cannot_be_done_comes_last():
    keys = [command.key for command in found("train", COMMANDS)]
    assert keys == ["go.train", "train"]


# ── the palette ────────────────────────────────────────────────────────────────────────────────


def test_typing_and_enter_choose_the_best_match(palette: CommandPalette, qtbot):
    QTest.keyClicks(palette.field, "tko")
    with qtbot.waitSignal(palette.chosen, timeout=2000) as said:
        QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert said.args == ["take_over"]
    assert not palette.isVisible()


def test_arrows_walk_through_the_list(palette: CommandPalette, qtbot):
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    with qtbot.waitSignal(palette.chosen, timeout=2000) as said:
        QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert said.args == [COMMANDS[1].key]


def test_what_cannot_be_done_says_why_and_stays(palette: CommandPalette, qtbot):
    palette.field.setText("train a policy")
    with qtbot.assertNotEmitted(palette.chosen, wait=50):
        QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
    assert palette.shown[0].reason == "No kept episodes yet."


def test_a_key_of_the_page_is_not_heard_behind_it(page: QWidget, palette: CommandPalette):
    heard: list[str] = []
    for key in ("Return", "Space", "Ctrl+1"):
        QShortcut(QKeySequence(key), page).activated.connect(lambda key=key: heard.append(key))
    palette.field.setText("no such thing at all")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    QTest.keyClick(palette.field, Qt.Key.Key_Space)
    QTest.keyClick(palette.field, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert heard == []


def test_escape_closes_and_gives_the_keyboard_back(page: QWidget, qtbot):
    page.activateWindow()
    field = page.findChild(QLineEdit)
    assert field is not None
    field.setFocus()
    palette = CommandPalette(parent=page)
    palette.set_commands(COMMANDS)
    palette.open()
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert page.focusWidget() is field


def test_a_click_beside_the_panel_closes_it(palette: CommandPalette, qtbot):
    qtbot.mouseClick(palette, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    assert not palette.isVisible()


def test_the_panel_fits_into_a_small_host(shown):
    host = shown(QWidget(), 400, 300)
    palette = CommandPalette(parent=host)
    palette.open()
    assert host.rect().contains(palette.panel.geometry())


# ── help and details ───────────────────────────────────────────────────────────────────────────


@pytest.fixture
def help_view(page: QWidget) -> HelpView:
    view = HelpView((("run", "Run"), ("keys", "All keys")), parent=page)
    view.set_page(
        "run", "# Run\n\nSee [keys](topic:keys).\n\n| Key | Does |\n|--|--|\n| F12 | STOP |"
    )
    view.open()
    return view


def test_help_shows_headings_and_tables(help_view: HelpView):
    assert help_view.topic == "run"
    text = help_view.page.toPlainText()
    assert "STOP" in text
    assert "|" not in text


def test_a_link_asks_for_its_topic_and_opens_nothing(help_view: HelpView, qtbot):
    with qtbot.waitSignal(help_view.topicRequested, timeout=2000) as said:
        help_view.page.anchorClicked.emit(QUrl("topic:keys"))
    assert said.args == ["keys"]
    with qtbot.assertNotEmitted(help_view.topicRequested, wait=20):
        help_view.page.anchorClicked.emit(QUrl("https://example.org"))


def test_details_can_be_copied(page: QWidget, qapp):
    view = DetailsView(parent=page)
    view.set_details("The planner stopped.", "Traceback: x")
    view.copy_button.click()
    assert qapp.clipboard().text() == "The planner stopped.\n\nTraceback: x"
