"""The list of episodes in Review: sortable, with keep and trash.

Shows :class:`recordings.types.EpisodeInfo` values, emits ids. Opens no file.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from recordings.types import U8, EpisodeInfo, EpisodePhase
from widgets.card import Heading, button, label
from widgets.convert import qimage
from widgets.episode_model import COLUMNS, ID_ROLE, EpisodeModel

EMPTY = "No episodes yet. Go to Teach, drive the arm (or let the demonstrator), and record one."
_ROW_PX = 38


class EpisodeTable(QWidget):
    """Emits ``episodeSelected(id)``, ``keepRequested(id)`` and ``trashRequested(id)``."""

    episodeSelected = Signal(str)
    keepRequested = Signal(str)
    trashRequested = Signal(str)

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = EpisodeModel(parent=self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._model)
        self._sorted.setSortRole(Qt.ItemDataRole.UserRole)
        self.view = _view(self._sorted)
        self._count = Heading("Episodes")
        self._total = label("", role="small")
        self.keep_button = button("Keep", icon="keep", key="→")
        self.trash_button = button("Trash", icon="trash", key="⌫", tip="Goes to the trash folder")
        self._stack = QStackedLayout()
        self._build()
        self.view.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self.keep_button.clicked.connect(self._on_keep_clicked)
        self.trash_button.clicked.connect(self._on_trash_clicked)
        self.set_episodes(())

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(8, 0, 0, 4)
        top.addWidget(self._count)
        top.addWidget(self._total)
        top.addStretch(1)
        top.addWidget(self.keep_button)
        top.addWidget(self.trash_button)
        empty = label(EMPTY, role="quiet", wrap=True)
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty.setContentsMargins(40, 20, 40, 20)
        self._stack.addWidget(self.view)
        self._stack.addWidget(empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(top)
        column.addLayout(self._stack, 1)

    # ── setters ────────────────────────────────────────────────────────────────────────────

    def set_episodes(self, episodes: Sequence[EpisodeInfo]) -> None:
        """Show these episodes; the selection stays on its id where that still exists."""
        chosen = self.selected
        self._model.set_episodes(episodes)
        self._stack.setCurrentIndex(0 if episodes else 1)
        minutes = sum(e.duration_s for e in episodes) / 60
        self._total.setText(f"{len(episodes)} · {minutes:.1f} min" if episodes else "")
        if chosen:
            self.select(chosen)
        self._show_buttons()

    def set_thumbnail(self, episode_id: str, image: U8) -> None:
        """A small picture (h, w, 3) RGB for one row."""
        picture = QPixmap.fromImage(qimage(image))
        flags = Qt.AspectRatioMode.KeepAspectRatioByExpanding
        self._model.set_thumbnail(episode_id, picture.scaled(46, 32, flags))

    def select(self, episode_id: str) -> None:
        """Move the selection to an episode (emits ``episodeSelected`` when that is a change)."""
        row = self._model.row_of(episode_id)
        if row >= 0:
            index = self._sorted.mapFromSource(self._model.index(row, 0))
            self.view.selectRow(index.row())

    @property
    def selected(self) -> str:
        """Id of the selected episode, "" none."""
        rows = self.view.selectionModel().selectedRows()
        return str(rows[0].data(ID_ROLE)) if rows else ""

    def text(self, row: int, column: str) -> str:
        """What a cell says, rows in the order shown."""
        return str(self._sorted.index(row, COLUMNS.index(column)).data() or "")

    # ── intents ────────────────────────────────────────────────────────────────────────────

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._on_trash_clicked()
        elif event.key() == Qt.Key.Key_Right:
            self._on_keep_clicked()
        else:
            super().keyPressEvent(event)

    def _on_selection_changed(self, chosen: QItemSelection, _before: QItemSelection) -> None:
        self._show_buttons()
        if not chosen.isEmpty() and self.selected:
            self.episodeSelected.emit(self.selected)

    def _on_keep_clicked(self) -> None:
        if self.keep_button.isEnabled():
            self.keepRequested.emit(self.selected)

    def _on_trash_clicked(self) -> None:
        if self.trash_button.isEnabled():
            self.trashRequested.emit(self.selected)

    def _show_buttons(self) -> None:
        info = self._model.episode(self.selected)
        self.trash_button.setEnabled(info is not None)
        keepable = info is not None and not info.problem and info.phase is not EpisodePhase.KEPT
        self.keep_button.setEnabled(keepable)


def _view(model: QSortFilterProxyModel) -> QTableView:
    view = QTableView()
    view.setModel(model)
    view.setSortingEnabled(True)
    view.sortByColumn(COLUMNS.index("When"), Qt.SortOrder.DescendingOrder)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    view.setTabKeyNavigation(False)
    view.verticalHeader().setVisible(False)
    view.verticalHeader().setDefaultSectionSize(_ROW_PX)
    header = view.horizontalHeader()
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(COLUMNS.index("Task"), QHeaderView.ResizeMode.Stretch)
    header.setMinimumSectionSize(64)
    return view


def main() -> None:
    """Show a few made-up episodes."""
    from widgets import demo
    from widgets.demo_scene import picture

    def build() -> QWidget:
        table = EpisodeTable()
        task, now = "put the red cube in the tray", 1_790_000_000.0
        rows = [
            EpisodeInfo(f"{i:03d}", f"/ep/{i}.h5", task, phase, steps, steps / 100, ("front",),
                        steps // 3, now - 80 * i, success, stops, False, problem)
            for i, (phase, steps, success, stops, problem) in enumerate(
                (
                    (EpisodePhase.REVIEW, 1240, True, 0, ""),
                    (EpisodePhase.KEPT, 1108, True, 1, ""),
                    (EpisodePhase.KEPT, 1392, None, 0, ""),
                    (EpisodePhase.DISCARDED, 402, False, 0, ""),
                    (EpisodePhase.KEPT, 0, None, 0, "Not a Foresight episode: no group 'steps'"),
                )
            )
        ]  # fmt: skip
        table.set_episodes(rows)
        for info in rows[:3]:
            table.set_thumbnail(info.id, picture())
        table.select("001")
        return table

    demo.show(build, size=(880, 330))


if __name__ == "__main__":
    main()
