"""The list of episodes in Review: filtered, sorted, several chosen at once, with keep and trash.

Shows :class:`recordings.types.EpisodeInfo` values, emits ids. Opens no file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from recordings.health.sentences import Weight
from recordings.types import U8, EpisodeInfo, EpisodePhase
from widgets.card import Heading, button, label
from widgets.convert import qimage
from widgets.episode_filter import EpisodeFilter
from widgets.episode_model import COLUMNS, ID_ROLE, EpisodeModel

EMPTY = "No episodes yet. Go to Teach, drive the arm (or let the demonstrator), and record one."
NOT_FOUND = "No episode has all these words. Clear the filter to see them all."
_ROW_PX = 42  # two lines
_PICTURE = QSize(46, 32)  # px

Ids = tuple[str, ...]


class EpisodeTable(QWidget):
    """One episode is selected (it is looked at), one or more are chosen (they are acted on).

    Emits ``episodeSelected(id)``, ``chosenChanged(ids)``, ``keepRequested()`` and
    ``trashRequested()``.
    """

    episodeSelected = Signal(str)
    chosenChanged = Signal(object)  # Ids, in the order shown
    keepRequested = Signal()
    trashRequested = Signal()

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = EpisodeModel(parent=self)
        self._sorted = EpisodeFilter(self._model, parent=self)
        self.view = _view(self._sorted)
        self._count = Heading("Episodes")
        self._total = label("", role="small")
        self._told = ""  # id that was emitted last
        self._quiet = False  # the selection is being put back
        self.keep_button = button("Keep", icon="keep", key="→")
        self.trash_button = button("Trash", icon="trash", key="⌫", tip="Goes to the trash folder")
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter: task, verdict, health, failure, flagged, -word")
        self.filter.setAccessibleName("Filter")
        self.filter.setClearButtonEnabled(True)
        self._empty = label(EMPTY, role="quiet", wrap=True)
        self._stack = QStackedLayout()
        self._build()
        self.view.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self.keep_button.clicked.connect(self._on_keep_clicked)
        self.trash_button.clicked.connect(self._on_trash_clicked)
        self.filter.textChanged.connect(self._on_filter_text_changed)
        self.set_episodes(())

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(8, 0, 0, 0)
        top.addWidget(self._count)
        top.addWidget(self._total)
        top.addStretch(1)
        top.addWidget(self.keep_button)
        top.addWidget(self.trash_button)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setContentsMargins(40, 20, 40, 20)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(self.filter)
        column.addLayout(self._stack, 1)

    # ── setters ────────────────────────────────────────────────────────────────────────────

    def set_episodes(self, episodes: Sequence[EpisodeInfo]) -> None:
        """Show these episodes; the selection stays on its ids, or goes to the next row."""
        looked_at, chosen = self.selected, self.chosen
        row = self.view.currentIndex().row()
        self._quiet = True
        self._model.set_episodes(episodes)
        kept = [name for name in chosen if self._row(name) >= 0]
        if looked_at in kept:
            self._choose(self._row(looked_at), map(self._row, kept))
        elif chosen and self._sorted.rowCount():
            row = min(max(row, 0), self._sorted.rowCount() - 1)
            self._choose(row, [row])
        self._quiet = False
        self._show_count(episodes)
        self._tell()

    def set_thumbnail(self, episode_id: str, image: U8) -> None:
        """A small picture (h, w, 3) RGB for one row."""
        picture = QPixmap.fromImage(qimage(image))
        self._model.set_thumbnail(
            episode_id,
            picture.scaled(
                _PICTURE,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            ),
        )

    def set_health(self, episode_id: str, weight: Weight | None) -> None:
        """How healthy an episode is; None: not known yet."""
        self._model.set_health(episode_id, weight)

    def select(self, episode_id: str) -> None:
        """Move the selection to an episode (emits ``episodeSelected`` when that is a change)."""
        row = self._row(episode_id)
        if row >= 0:
            self._choose(row, [row])

    @property
    def selected(self) -> str:
        """Id of the episode that is looked at, "" none."""
        current = self.view.currentIndex()
        chosen = self.view.selectionModel().selectedRows()
        if not chosen:
            return ""
        at = next((index for index in chosen if index.row() == current.row()), chosen[0])
        return str(at.data(ID_ROLE))

    @property
    def chosen(self) -> Ids:
        """Ids of all selected rows, in the order shown."""
        rows = sorted(self.view.selectionModel().selectedRows(), key=lambda index: index.row())
        return tuple(str(index.data(ID_ROLE)) for index in rows)

    @property
    def shown(self) -> int:
        """How many rows the filter lets through."""
        return self._sorted.rowCount()

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

    def _on_selection_changed(self, _chosen: QItemSelection, _before: QItemSelection) -> None:
        if not self._quiet:
            self._tell()

    def _tell(self) -> None:
        """Say what is selected now, if that is something else than before."""
        self._show_buttons()
        self.chosenChanged.emit(self.chosen)
        if self.selected != self._told:
            self._told = self.selected
            if self._told:
                self.episodeSelected.emit(self._told)

    def _on_filter_text_changed(self, text: str) -> None:
        self._sorted.set_words(text)
        self._show_count(self._model.episodes)

    def _on_keep_clicked(self) -> None:
        if self.keep_button.isEnabled():
            self.keepRequested.emit()

    def _on_trash_clicked(self) -> None:
        if self.trash_button.isEnabled():
            self.trashRequested.emit()

    # ── inside ─────────────────────────────────────────────────────────────────────────────

    def _row(self, episode_id: str) -> int:
        """Row on screen, -1 none."""
        row = self._model.row_of(episode_id)
        return -1 if row < 0 else self._sorted.mapFromSource(self._model.index(row, 0)).row()

    def _choose(self, current: int, rows: Iterable[int]) -> None:
        """Select rows, whatever keys are down: ``view.selectRow`` would toggle while Ctrl is."""
        flags = QItemSelectionModel.SelectionFlag
        wanted = QItemSelection()
        for row in rows:
            wanted.select(self._sorted.index(row, 0), self._sorted.index(row, 0))
        model = self.view.selectionModel()
        model.setCurrentIndex(self._sorted.index(current, COLUMNS.index("Task")), flags.NoUpdate)
        model.select(wanted, flags.ClearAndSelect | flags.Rows)

    def _show_count(self, episodes: Sequence[EpisodeInfo]) -> None:
        minutes = sum(e.duration_s for e in episodes) / 60
        shown, all_of = self._sorted.rowCount(), len(episodes)
        part = f"{shown} of {all_of}" if shown < all_of else f"{all_of}"
        self._total.setText(f"{part} · {minutes:.1f} min" if episodes else "")
        self._empty.setText(NOT_FOUND if episodes else EMPTY)
        self._stack.setCurrentIndex(0 if shown else 1)

    def _show_buttons(self) -> None:
        infos = [self._model.episode(name) for name in self.chosen]
        self.trash_button.setEnabled(bool(infos))
        self.keep_button.setEnabled(
            any(i is not None and not i.problem and i.phase is not EpisodePhase.KEPT for i in infos)
        )


def _view(model: QSortFilterProxyModel) -> QTableView:
    view = QTableView()
    view.setModel(model)
    view.setSortingEnabled(True)
    view.sortByColumn(COLUMNS.index("When"), Qt.SortOrder.DescendingOrder)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setIconSize(_PICTURE)
    view.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    view.setTabKeyNavigation(False)
    view.verticalHeader().setVisible(False)
    view.verticalHeader().setDefaultSectionSize(_ROW_PX)
    header = view.horizontalHeader()
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(COLUMNS.index("Task"), QHeaderView.ResizeMode.Stretch)
    header.setMinimumSectionSize(48)
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
            table.set_health(info.id, Weight.WARN)
        table.select("001")
        return table

    demo.show(build, size=(880, 330))


if __name__ == "__main__":
    main()
