"""Episodes are listed in plain words, sorted by value, kept and trashed by id."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from recordings.types import EpisodeInfo, EpisodePhase
from widgets.episode_model import COLUMNS
from widgets.episode_table import EpisodeTable


def _episode(
    number: int, *, seconds: float = 10.0, phase=EpisodePhase.REVIEW, **more
) -> EpisodeInfo:
    return EpisodeInfo(
        id=f"{number:03d}", path=f"/e/{number}.h5", task="put the red cube in the tray",
        phase=phase, steps=round(100 * seconds), duration_s=seconds, cameras=("front",),
        frames=300, created_wall_s=1.79e9 + 60 * number, **more,
    )  # fmt: skip


@pytest.fixture
def table(shown) -> EpisodeTable:
    result = shown(EpisodeTable(), 860, 300)
    result.set_episodes([_episode(i, seconds=s) for i, s in enumerate((9.0, 100.0, 12.5))])
    return result


def test_the_newest_episode_comes_first(table: EpisodeTable):
    assert [table.text(row, "Episode") for row in range(3)] == ["002", "001", "000"]


def test_lengths_are_sorted_as_numbers(table: EpisodeTable):
    table.view.sortByColumn(COLUMNS.index("Length"), Qt.SortOrder.AscendingOrder)
    assert [table.text(row, "Length") for row in range(3)] == ["9.0 s", "12.5 s", "100.0 s"]


def test_selecting_a_row_emits_its_id(table: EpisodeTable, qtbot: QtBot):
    with qtbot.waitSignal(table.episodeSelected, timeout=500) as chosen:
        table.view.selectRow(2)
    assert chosen.args == ["000"]


def test_the_selection_stays_on_its_episode(table: EpisodeTable):
    table.select("001")
    table.set_episodes([_episode(i) for i in range(6)])
    assert table.selected == "001"


@pytest.mark.parametrize(
    ("button", "signal"),
    [("keep_button", "keepRequested"), ("trash_button", "trashRequested")],
)
def test_a_button_asks_for_what_is_chosen(table, qtbot: QtBot, button: str, signal: str):
    table.select("001")
    with qtbot.waitSignal(getattr(table, signal), timeout=500):
        qtbot.mouseClick(getattr(table, button), Qt.MouseButton.LeftButton)
    assert table.chosen == ("001",)


def test_nothing_can_be_trashed_without_a_selection(table: EpisodeTable):
    assert not table.trash_button.isEnabled()
    assert not table.keep_button.isEnabled()


def test_a_kept_episode_is_not_kept_again(table: EpisodeTable):
    table.set_episodes([_episode(1, phase=EpisodePhase.KEPT)])
    table.select("001")
    assert not table.keep_button.isEnabled()


def test_holding_backspace_trashes_once(table: EpisodeTable, qtbot: QtBot, held_key):
    table.select("001")
    asked: list[bool] = []
    table.trashRequested.connect(lambda: asked.append(True))
    qtbot.keyPress(table, Qt.Key.Key_Backspace)
    held_key(table, Qt.Key.Key_Backspace)
    assert len(asked) == 1


def test_an_unreadable_episode_is_listed_with_its_reason(table: EpisodeTable):
    table.set_episodes([_episode(7, problem="no group 'steps'")])
    assert table.text(0, "Task").startswith("no group 'steps'")
    assert table.text(0, "Verdict") == "! unreadable"


@pytest.mark.parametrize(
    ("column", "words", "more"),
    [
        ("Verdict", "✓ kept", {"phase": EpisodePhase.KEPT}),
        ("Verdict", "◆ to review · recovered", {"recovered": True}),
        ("Success", "✕ no", {"success": False}),
        ("Success", "–", {}),
        ("Take-overs", "2", {"interventions": 2}),
    ],
)
def test_a_cell_says_what_happened(table: EpisodeTable, column: str, words: str, more: dict):
    table.set_episodes([_episode(1, **more)])
    assert table.text(0, column) == words


def test_an_empty_list_says_what_to_do(table: EpisodeTable):
    table.set_episodes([])
    words = [w.text() for w in table.findChildren(QLabel) if w.isVisible()]
    assert any(text.startswith("No episodes yet. Go to Teach") for text in words)


def test_a_thumbnail_is_painted(table: EpisodeTable, pixels, share):
    table.set_thumbnail("002", np.full((240, 320, 3), (0, 220, 0), np.uint8))
    assert share(pixels(table), "#00dc00") > 0.002
