"""Short messages in the lower right corner of a window that go away by themselves.

What went wrong stays until it is clicked away. Knows no log: the caller decides what is worth it.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from widgets import icons, theme
from widgets.card import Button, button, label
from widgets.palette import COLORS

STAY_MS = {"info": 4000, "ok": 4000, "attention": 7000, "danger": 0}  # 0: until clicked
MOST = 4  # older ones make room
_LOOKS = {
    "info": ("info", "human"),
    "ok": ("approve", "ok"),
    "attention": ("attention", "attention"),
    "danger": ("refuse", "danger_text"),
}
_MARGIN_PX = 18


class Toasts(QWidget):
    """A stack of toasts over ``parent``; emits ``detailsRequested(sentence, details)``."""

    detailsRequested = Signal(str, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._host = parent
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._shown: list[_Toast] = []
        self.foot_px = 0  # kept free at the foot of the host
        parent.installEventFilter(self)
        self.hide()

    def show(
        self, text: str = "", level: str = "info", detail: str = "", *, details: str = ""
    ) -> None:
        """Show a sentence.

        Args:
            text: what happened.
            level: "info", "ok", "attention" or "danger".
            detail: a second, quiet line.
            details: what a button "Details" asks for, "" no button.

        Raises:
            ValueError: another level.
        """
        if level not in STAY_MS:
            raise ValueError(
                f"toast level {level!r} does not exist; there are {', '.join(STAY_MS)}"
            )
        if not text:
            super().show()
            return
        if len(self._shown) >= MOST:
            self._drop(self._shown[0])
        toast = _Toast(text, level, detail, parent=self)
        if details:
            toast.add_details().clicked.connect(partial(self._on_details_clicked, text, details))
        toast.finished.connect(self._on_toast_finished)
        self._shown.append(toast)
        self._column.addWidget(toast)
        toast.show()
        self._place()
        super().show()
        self.raise_()

    @property
    def texts(self) -> list[str]:
        """What is shown now, oldest first."""
        return [toast.text for toast in self._shown]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _on_details_clicked(self, text: str, details: str, _checked: bool = False) -> None:
        self.detailsRequested.emit(text, details)

    def _on_toast_finished(self, toast: _Toast) -> None:
        self._drop(toast)

    def _drop(self, toast: _Toast) -> None:
        if toast not in self._shown:
            return
        self._shown.remove(toast)
        self._column.removeWidget(toast)
        toast.hide()
        toast.deleteLater()
        self._place()
        if not self._shown:
            self.hide()

    def _place(self) -> None:
        parent = self._host
        self._column.activate()
        size = self._column.sizeHint()
        width = min(max(size.width(), 320), max(parent.width() - 2 * _MARGIN_PX, 120))
        height = self._column.heightForWidth(width)
        height = height if height > 0 else size.height()
        left = parent.width() - width - _MARGIN_PX
        top = parent.height() - self.foot_px - height - _MARGIN_PX
        self.setGeometry(left, top, width, height)


class _Toast(QFrame):
    finished = Signal(object)

    def __init__(self, text: str, level: str, detail: str, *, parent: QWidget) -> None:
        super().__init__(parent)
        self.text = text
        self.setProperty("role", "toast")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.restyle(self, tone=level)
        icon, role = _LOOKS[level]
        mark = QLabel()
        mark.setPixmap(icons.pixmap(icon, getattr(COLORS, role), size_px=20))
        self._words = words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(text, role="value", wrap=True))
        if detail:
            words.addWidget(label(detail, role="quiet", wrap=True))
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 11, 16, 11)
        row.setSpacing(12)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        if STAY_MS[level]:
            QTimer.singleShot(STAY_MS[level], self, self._leave)
        else:
            close = QLabel()
            close.setPixmap(icons.pixmap("close", COLORS.quiet, size_px=14))
            row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)

    def add_details(self) -> Button:
        """A button below the words."""
        item = button("Details", icon="info", tip="What the log says about this")
        self._words.addSpacing(6)
        self._words.addWidget(item, 0, Qt.AlignmentFlag.AlignLeft)
        return item

    def sizeHint(self) -> QSize:
        return QSize(360, super().sizeHint().height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._leave()

    def _leave(self) -> None:
        self.finished.emit(self)


def main() -> None:
    """Show one of each level."""
    from widgets import demo

    def build() -> QWidget:
        page = QWidget()
        toasts = Toasts(page)
        toasts.show("Episode 37 kept", "ok")
        toasts.show("You drive", "info", "The leader is aligned.")
        toasts.show("The wrist camera is slow", "attention", "12 of 30 pictures per second")
        toasts.show("The planner stopped", "danger", "The arm holds. Load the policy again.")
        return page

    demo.show(build, size=(640, 420))


if __name__ == "__main__":
    main()
