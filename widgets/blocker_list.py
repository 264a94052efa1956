"""The list "Before you can start": what is ready, what wants attention, what blocks, and the fix.

Shows items it is given, worst first as given; emits the key of the fix a person asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from widgets import icons
from widgets.card import Card, button, label
from widgets.palette import COLORS

_ICONS = {
    "ok": ("approve", "ok"),
    "attention": ("attention", "attention"),
    "blocked": ("refuse", "danger_text"),
}


@dataclass(frozen=True, slots=True)
class BlockerItem:
    """One line of the list."""

    key: str
    state: Literal["ok", "attention", "blocked"]
    title: str
    detail: str = ""  # what is wrong and what to do, one sentence
    fix: str = ""  # text of the button, "" none


class BlockerList(Card):
    """Emits ``fixRequested(key)``."""

    fixRequested = Signal(str)

    def __init__(
        self, title: str = "Before you can start", *, parent: QWidget | None = None
    ) -> None:
        super().__init__(title, parent=parent)
        self._items: tuple[BlockerItem, ...] | None = None
        self._summary = label("", role="subtitle")
        self._column = QVBoxLayout()
        self._column.setSpacing(12)
        self.body.addWidget(self._summary)
        self.body.addSpacing(4)
        self.body.addLayout(self._column)
        self.set_items(())

    def set_items(self, items: Sequence[BlockerItem]) -> None:
        new = tuple(items)
        if new == self._items:
            return
        self._items = new
        self._summary.setText(summary(new))
        while (entry := self._column.takeAt(0)) is not None:
            widget = entry.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for item in new:
            self._column.addWidget(self._row(item))

    @property
    def summary(self) -> str:
        return self._summary.text()

    def _row(self, item: BlockerItem) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(12)
        name, role = _ICONS[item.state]
        mark = QLabel()
        mark.setPixmap(icons.pixmap(name, getattr(COLORS, role), size_px=20))
        mark.setAccessibleName(item.state)
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addWidget(label(item.title, role="value"))
        if item.detail:
            texts.addWidget(label(item.detail, role="quiet", wrap=True))
        line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(texts, 1)
        if item.fix:
            fix = button(item.fix, kind="primary" if item.state == "blocked" else "")
            fix.clicked.connect(partial(self._on_fix_clicked, item.key))
            line.addWidget(fix, 0, Qt.AlignmentFlag.AlignVCenter)
        return row

    def _on_fix_clicked(self, key: str, _checked: bool = False) -> None:
        self.fixRequested.emit(key)

    def sizeHint(self) -> QSize:
        return QSize(440, max(super().sizeHint().height(), 80))


def summary(items: Sequence[BlockerItem]) -> str:
    """One sentence about the whole list."""
    blocked = sum(item.state == "blocked" for item in items)
    attention = sum(item.state == "attention" for item in items)
    if not items:
        return "Looking at the bench…"
    if blocked:
        return f"{blocked} thing{'s' if blocked > 1 else ''} to do before you can start"
    if attention:
        return f"Ready, {attention} thing{'s' if attention > 1 else ''} could be better"
    return "Everything is ready"


def main() -> None:
    """Show one of each."""
    from widgets import demo

    def build() -> QWidget:
        listing = BlockerList()
        listing.set_items(
            (
                BlockerItem("bench", "ok", "Simulated bench", "6 joints, 2 cameras, a table"),
                BlockerItem("policy", "blocked", "No arm connected",
                            "Connect the bench to see its arm and cameras.", "Connect"),
                BlockerItem("rt", "attention", "No real-time priority",
                            "The control loop may be late when the machine is busy.", "How to"),
            )
        )  # fmt: skip
        return listing

    demo.show(build, size=(520, 280))


if __name__ == "__main__":
    main()
