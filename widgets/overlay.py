"""A panel in front of the window's content: help, search, preferences, details of an error.

Covers its host with a shade, keeps the keyboard while it is open and gives it back afterwards. The
bar above the host stays free, so STOP can be clicked whatever is in front. Knows no content.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from widgets.card import label, tiny_button

_MARGIN_PX = 28
_SHADE_ALPHA = 150


class Overlay(QWidget):
    """Shown with :meth:`open`; Escape, the cross or a click beside the panel closes it."""

    closed = Signal()

    def __init__(self, title: str, *, size: QSize, parent: QWidget) -> None:
        super().__init__(parent)
        self._host = parent
        self._wanted = size
        self._before: QWidget | None = None  # what had the focus when it was opened
        self.panel = QFrame(self)
        self.panel.setProperty("role", "overlay")
        self.panel.setAccessibleName(title)
        self.body = QVBoxLayout(self.panel)
        self.body.setContentsMargins(20, 16, 20, 18)
        self.body.setSpacing(12)
        self.head = QHBoxLayout()
        self._title = label(title, role="subtitle")
        self.close_button = tiny_button("close", "Close (Esc)")
        self.close_button.clicked.connect(self.dismiss)
        self.head.addWidget(self._title)
        self.head.addStretch(1)
        self.head.addWidget(self.close_button)
        self.body.addLayout(self.head)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        parent.installEventFilter(self)
        self.hide()

    def set_title(self, title: str) -> None:
        self._title.setText(title)
        self.panel.setAccessibleName(title)

    def open(self) -> None:
        """Show it in front of the host and take the keyboard."""
        if not self.isVisible():
            self._before = self.window().focusWidget()
        self._place()
        self.show()
        self.raise_()
        self.first_focus().setFocus(Qt.FocusReason.PopupFocusReason)

    def dismiss(self) -> None:
        """Close and give the keyboard back."""
        if not self.isVisible():
            return
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)
        self._before = None
        self.closed.emit()

    def first_focus(self) -> QWidget:
        """What has the keyboard when it opens."""
        return self

    # ── keys and mouse ─────────────────────────────────────────────────────────────────────

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # the page behind hears no key while this is open
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            event.accept()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes round inside the panel."""
        inside = [
            widget
            for widget in self.panel.findChildren(QWidget)
            if widget.isVisible() and widget.isEnabled() and takes_tab(widget)
        ]
        if not inside:
            return False
        focus = self.window().focusWidget()
        at = inside.index(focus) if focus in inside else -1
        chosen = inside[(at + (1 if forward else -1)) % len(inside)]
        chosen.setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.panel.geometry().contains(event.position().toPoint()):
            self.dismiss()

    # ── place and paint ────────────────────────────────────────────────────────────────────

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._host and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _place(self) -> None:
        self.setGeometry(self._host.rect())
        width = min(self._wanted.width(), self.width() - 2 * _MARGIN_PX)
        height = min(self._wanted.height(), self.height() - 2 * _MARGIN_PX)
        top = max(_MARGIN_PX, (self.height() - height) // 3)
        self.panel.setGeometry((self.width() - width) // 2, top, width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0, _SHADE_ALPHA))
        painter.end()


def takes_tab(widget: QWidget) -> bool:
    """Whether Tab stops at this widget."""
    return bool(widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)
