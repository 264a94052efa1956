"""A folder or file to choose: a field that can be typed into, and a button that opens a dialog."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from widgets.card import button


class PathRow(QWidget):
    """``files`` says when a file is meant instead of a folder."""

    def __init__(
        self, name: str, start: Path | str = "", *, files: Callable[[], bool] = lambda: False
    ) -> None:
        super().__init__()
        self._name = name
        self._files = files
        self.field = QLineEdit(str(start))
        self.field.setAccessibleName(name)
        choose = button("Choose…")
        choose.clicked.connect(self._on_choose_clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.field, 1)
        row.addWidget(choose)

    @property
    def path(self) -> Path | None:
        """None while nothing is written there."""
        text = self.field.text().strip()
        return Path(text).expanduser() if text else None

    def _on_choose_clicked(self) -> None:
        if self._files():
            chosen, _ = QFileDialog.getOpenFileName(self, self._name, self.field.text())
        else:
            chosen = QFileDialog.getExistingDirectory(self, self._name, self.field.text())
        if chosen:
            self.field.setText(chosen)
