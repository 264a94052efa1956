"""The rows behind the episode table: plain words and sort keys for each column.

Knows :class:`recordings.types.EpisodeInfo` and colours; no view and no file.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QPixmap

from recordings.types import EpisodeInfo, EpisodePhase
from widgets.palette import COLORS

COLUMNS = ("Episode", "Task", "Length", "Steps", "Verdict", "Success", "Take-overs", "When")
ID_ROLE = int(Qt.ItemDataRole.UserRole) + 1
_RIGHT = ("Length", "Steps", "Take-overs")
_VERDICTS = {
    EpisodePhase.RECORDING: ("● recording", "danger_text"),
    EpisodePhase.REVIEW: ("◆ to review", "attention"),
    EpisodePhase.KEPT: ("✓ kept", "ok"),
    EpisodePhase.DISCARDED: ("✕ discarded", "quiet"),
}
_SUCCESS = {True: ("✓ yes", "ok"), False: ("✕ no", "danger_text"), None: ("–", "quiet")}

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class EpisodeModel(QAbstractTableModel):
    """One row per episode. ``UserRole`` gives the sort key, ``ID_ROLE`` the id."""

    def __init__(self, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._episodes: tuple[EpisodeInfo, ...] = ()
        self._thumbnails: dict[str, QPixmap] = {}

    def set_episodes(self, episodes: Sequence[EpisodeInfo]) -> None:
        if tuple(episodes) == self._episodes:
            return
        self.beginResetModel()
        self._episodes = tuple(episodes)
        self.endResetModel()

    def set_thumbnail(self, episode_id: str, picture: QPixmap) -> None:
        self._thumbnails[episode_id] = picture
        row = self.row_of(episode_id)
        if row >= 0:
            index = self.index(row, 0)
            self.dataChanged.emit(index, index, [Qt.ItemDataRole.DecorationRole])

    def episode(self, episode_id: str) -> EpisodeInfo | None:
        return next((e for e in self._episodes if e.id == episode_id), None)

    def row_of(self, episode_id: str) -> int:
        return next((i for i, e in enumerate(self._episodes) if e.id == episode_id), -1)

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._episodes)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:  # noqa: ANN401 - what Qt asks for depends on the role
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(COLUMNS[section])
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        info, column = self._episodes[index.row()], COLUMNS[index.column()]
        if role == ID_ROLE:
            return info.id
        if role == Qt.ItemDataRole.DisplayRole:
            return words(info, column)
        if role == Qt.ItemDataRole.UserRole:
            return _sort_key(info, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(getattr(COLORS, _tone(info, column)))
        if role == Qt.ItemDataRole.ToolTipRole:
            return info.problem or f"{info.id}\n{info.path}"
        if role == Qt.ItemDataRole.DecorationRole and column == "Episode":
            return self._thumbnails.get(info.id)
        return None


def words(info: EpisodeInfo, column: str) -> str:
    """What a cell says."""
    if info.problem and column in ("Length", "Steps", "Success", "Take-overs", "Verdict"):
        return "! unreadable" if column == "Verdict" else ""
    when = datetime.datetime.fromtimestamp(info.created_wall_s).astimezone()
    return {
        "Episode": info.id.rpartition("-")[2],  # the rest of it says when, as the last column does
        "Task": info.problem or info.task,
        "Length": f"{info.duration_s:.1f} s",
        "Steps": str(info.steps),
        "Verdict": _VERDICTS[info.phase][0] + (" · recovered" if info.recovered else ""),
        "Success": _SUCCESS[info.success][0],
        "Take-overs": str(info.interventions) if info.interventions else "–",
        "When": f"{when:%d %b %H:%M}",
    }[column]


def _sort_key(info: EpisodeInfo, column: str) -> float | str:
    numbers = {
        "Length": info.duration_s,
        "Steps": float(info.steps),
        "Take-overs": float(info.interventions),
        "When": info.created_wall_s,
    }
    return numbers.get(column, words(info, column))


def _tone(info: EpisodeInfo, column: str) -> str:
    if info.problem:
        return "danger_text" if column in ("Verdict", "Task") else "quiet"
    if column == "Verdict":
        return _VERDICTS[info.phase][1]
    if column == "Success":
        return _SUCCESS[info.success][1]
    return "quiet" if column == "When" or info.phase is EpisodePhase.DISCARDED else "text"


def _alignment(column: str) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _RIGHT else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
