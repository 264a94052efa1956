"""One step of the newcomer's way as a card: a number or a tick, and where a click leads to."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout

from widgets import theme
from widgets.card import Card, label


class StepCard(Card):
    """One step of the way; a click goes there."""

    clicked = Signal()

    def __init__(self, number: int, title: str, text: str) -> None:
        super().__init__()
        self._number = number
        self.body.setSpacing(3)
        self._mark = label("", role="value")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._mark)
        row.addWidget(label(title, role="value"), 1)
        self.body.addLayout(row)
        self.body.addWidget(label(text, role="quiet", wrap=True))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._title = title
        self.set_state(done=False, current=False)

    def set_state(self, *, done: bool, current: bool) -> None:
        """A tick when it is done; the one to do next is framed."""
        self._mark.setText("✓" if done else str(self._number))
        theme.restyle(self._mark, tone="ok" if done else "")
        theme.restyle(self, current="true" if current else "false")
        self.setAccessibleName(f"{self._title}, {'done' if done else 'to do'}")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)
