"""The rows behind the episode table: plain words and sort keys for each column.

Knows :class:`recordings.types.EpisodeInfo` and colours; no view and no file.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QPixmap

from recordings.health.sentences import Weight
from recordings.types import EpisodeInfo, EpisodePhase
from widgets.palette import COLORS

COLUMNS = (
    "Episode", "Task", "Length", "Steps", "Verdict", "Success", "Health", "Take-overs", "When",
)  # fmt: skip
ID_ROLE = int(Qt.ItemDataRole.UserRole) + 1
WORDS_ROLE = ID_ROLE + 1  # everything one may look for in a row, small letters
_RIGHT = ("Length", "Steps", "Take-overs")
_VERDICTS = {
    EpisodePhase.RECORDING: ("● recording", "danger_text"),
    EpisodePhase.REVIEW: ("◆ to review", "attention"),
    EpisodePhase.KEPT: ("✓ kept", "ok"),
    EpisodePhase.DISCARDED: ("✕ discarded", "quiet"),
}
_SUCCESS = {True: ("✓ yes", "ok"), False: ("✕ no", "danger_text"), None: ("–", "quiet")}
_MARKS = {True: "\n✓ success", False: "\n✕ failure", None: ""}  # below the verdict
_HEALTH = {
    Weight.GOOD: ("✓ good", "ok"),
    Weight.NOTE: ("✓ note", "text"),
    Weight.WARN: ("! look", "attention"),
    Weight.BAD: ("✕ bad", "danger_text"),
}

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class EpisodeModel(QAbstractTableModel):
    """One row per episode. ``UserRole`` gives the sort key, ``ID_ROLE`` the id.

    Pictures and health come later than the list, one by one.
    """

    def __init__(self, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._episodes: tuple[EpisodeInfo, ...] = ()
        self._thumbnails: dict[str, QPixmap] = {}
        self._health: dict[str, Weight] = {}

    def set_episodes(self, episodes: Sequence[EpisodeInfo]) -> None:
        if tuple(episodes) == self._episodes:
            return
        self.beginResetModel()
        self._episodes = tuple(episodes)
        self.endResetModel()

    @property
    def episodes(self) -> tuple[EpisodeInfo, ...]:
        return self._episodes

    def set_thumbnail(self, episode_id: str, picture: QPixmap) -> None:
        self._thumbnails[episode_id] = picture
        row = self.row_of(episode_id)
        if row >= 0:
            index = self.index(row, COLUMNS.index("Task"))
            self.dataChanged.emit(index, index, [Qt.ItemDataRole.DecorationRole])

    def set_health(self, episode_id: str, weight: Weight | None) -> None:
        """How healthy an episode is; None: not known (any more)."""
        if weight is self._health.get(episode_id):
            return
        if weight is None:
            del self._health[episode_id]
        else:
            self._health[episode_id] = weight
        row = self.row_of(episode_id)
        if row >= 0:
            index = self.index(row, COLUMNS.index("Health"))
            self.dataChanged.emit(index, index)

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
        health = self._health.get(info.id)
        if role == Qt.ItemDataRole.DisplayRole:
            return words(info, column, health)
        if role == Qt.ItemDataRole.UserRole:
            return _sort_key(info, column, health)
        if role == WORDS_ROLE:
            return searched(info, health)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(getattr(COLORS, _tone(info, column, health)))
        if role == Qt.ItemDataRole.ToolTipRole:
            return info.problem or f"{info.id}\n{info.path}"
        if role == Qt.ItemDataRole.DecorationRole and column == "Task":
            return self._thumbnails.get(info.id)
        return None


def words(info: EpisodeInfo, column: str, health: Weight | None = None) -> str:
    """What a cell says."""
    if info.problem and column in ("Length", "Steps", "Success", "Take-overs", "Verdict"):
        return "! unreadable" if column == "Verdict" else ""
    when = datetime.datetime.fromtimestamp(info.created_wall_s).astimezone()
    return {
        "Episode": _short_name(info.id),
        "Task": (info.problem or ("⚑ " if info.flagged else "") + info.task)
        + f"\n{when:%d %b %H:%M} · {_short_name(info.id)}",
        "Length": f"{info.duration_s:.1f} s",
        "Steps": str(info.steps),
        "Verdict": _VERDICTS[info.phase][0]
        + (" · recovered" if info.recovered else "")
        + _MARKS[info.success],
        "Success": _SUCCESS[info.success][0],
        "Health": "…" if health is None else _HEALTH[health][0],
        "Take-overs": str(info.interventions) if info.interventions else "–",
        "When": f"{when:%d %b %H:%M}",
    }[column]


def searched(info: EpisodeInfo, health: Weight | None = None) -> str:
    """All words by which an episode is found, small letters."""
    success = {True: "success", False: "failure", None: "unmarked"}[info.success]
    marks = (("flagged", info.flagged), ("trimmed", info.trimmed), ("recovered", info.recovered))
    cells = (words(info, name, health) for name in ("Task", "Verdict", "Health", "When"))
    parts = [info.id, *cells, success, info.note, info.operator, *(w for w, on in marks if on)]
    return " ".join(parts).lower()


def _short_name(episode_id: str) -> str:
    """``20260101-120000-abc123-2`` → ``abc123-2``: the rest says when, as the last column does."""
    parts = episode_id.split("-")
    dated = len(parts) > 2 and parts[0].isdigit() and parts[1].isdigit()
    return "-".join(parts[2:]) if dated else episode_id


def _sort_key(info: EpisodeInfo, column: str, health: Weight | None) -> float | str:
    numbers = {
        "Length": info.duration_s,
        "Steps": float(info.steps),
        "Health": -1.0 if health is None else float(list(Weight).index(health)),
        "Take-overs": float(info.interventions),
        "When": info.created_wall_s,
    }
    return numbers.get(column, info.task if column == "Task" else words(info, column))


def _tone(info: EpisodeInfo, column: str, health: Weight | None) -> str:
    if info.problem:
        return "danger_text" if column in ("Verdict", "Task") else "quiet"
    if column == "Verdict":
        return "danger_text" if info.success is False else _VERDICTS[info.phase][1]
    if column == "Success":
        return _SUCCESS[info.success][1]
    if column == "Health":
        return "quiet" if health is None else _HEALTH[health][1]
    return "quiet" if column == "When" or info.phase is EpisodePhase.DISCARDED else "text"


def _alignment(column: str) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _RIGHT else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
