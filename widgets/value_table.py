"""Rows of a name and a value under each other, as many as there are; a heading above them.

Shows texts it is given; nothing to click.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from widgets.card import ValueRow, label


class ValueTable(QWidget):
    """Hidden while it has no rows."""

    def __init__(self, heading: str = "", *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heading = label(heading, role="quiet", wrap=True)
        self._rows: list[tuple[str, ValueRow]] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 6, 0, 0)
        self._column.setSpacing(5)
        if heading:
            self._column.addWidget(self._heading)
        self.setVisible(False)

    def set_heading(self, heading: str) -> None:
        self._heading.setText(heading)

    def set_rows(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show these names and values, in this order; the same names again keep their rows."""
        if [name for name, _ in rows] != [name for name, _ in self._rows]:
            self._start_over([name for name, _ in rows])
        for (_, row), (_, value) in zip(self._rows, rows, strict=True):
            row.set_value(value)
        self.setVisible(bool(rows))

    @property
    def texts(self) -> list[tuple[str, str]]:
        """What the rows say."""
        return [(name, row.value) for name, row in self._rows]

    def _start_over(self, names: Sequence[str]) -> None:
        for _, row in self._rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = [(name, ValueRow(name)) for name in names]
        for _, row in self._rows:
            self._column.addWidget(row)


def main() -> None:
    """Show what a policy's answer looks like."""
    from widgets import demo

    def build() -> QWidget:
        table = ValueTable("Apart from the recording, on average")
        table.set_rows([("Tool tip", "12 mm"), ("shoulder pan", "1.2°"), ("gripper", "4 %")])
        return table

    demo.show(build, size=(320, 160))


if __name__ == "__main__":
    main()
