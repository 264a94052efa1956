"""The rows of the episode table as a person wants them: sorted by value, only those with the words.

Knows the roles of :mod:`widgets.episode_model`, no view.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

from widgets.episode_model import WORDS_ROLE, EpisodeModel


class EpisodeFilter(QSortFilterProxyModel):
    """All words of the filter must be found somewhere in a row; ``-word`` must not."""

    def __init__(self, model: EpisodeModel, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wanted: tuple[str, ...] = ()
        self._unwanted: tuple[str, ...] = ()
        self.setSourceModel(model)
        self.setSortRole(Qt.ItemDataRole.UserRole)

    def set_words(self, text: str) -> None:
        words = text.lower().split()
        self.beginFilterChange()
        self._wanted = tuple(word for word in words if not word.startswith("-"))
        self._unwanted = tuple(word[1:] for word in words if len(word) > 1 and word[0] == "-")
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def filterAcceptsRow(
        self, source_row: int, source_parent: QModelIndex | QPersistentModelIndex
    ) -> bool:
        source = self.sourceModel()
        found = str(source.index(source_row, 0, source_parent).data(WORDS_ROLE))
        return all(word in found for word in self._wanted) and not any(
            word in found for word in self._unwanted
        )
