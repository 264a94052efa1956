"""STOP, in two stages: the first press holds the arm, a second one parks it and lets it go.

It asks; what really happened comes back through ``set_state``. Knows no arm. F12 and Pause belong
to the application, which calls ``press``.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from recordings.rig_status import Torque
from widgets import theme
from widgets.palette import COLORS

SECOND_PRESS_MS = 3000  # within this time a second press (or holding it down) releases torque


class StopButton(QWidget):
    """Acts on press, not on release. Pressing it can never set anything in motion again."""

    stopRequested = Signal()
    torqueReleaseRequested = Signal()

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stopped = False
        self._torque = Torque.ON
        self._down = False
        self._window = QTimer(self)
        self._window.setSingleShot(True)
        self._window.setInterval(SECOND_PRESS_MS)
        self._window.timeout.connect(self._on_window_timeout)
        self.setAccessibleName("STOP, F12")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._describe()

    def press(self) -> None:
        """One press, from the mouse or from a key. While it parks, a press is a first one again."""
        if self._window.isActive() and self._torque is Torque.ON:
            self._window.stop()
            self.torqueReleaseRequested.emit()
        else:
            self._window.start()
            self.stopRequested.emit()
        self._describe()

    def set_state(self, stopped: bool, torque: Torque = Torque.ON) -> None:
        """Whether the rig says that it is stopped, and whether its motors push."""
        if (stopped, torque) == (self._stopped, self._torque):
            return
        self._stopped, self._torque = stopped, torque
        if not stopped:
            self._window.stop()
        self._describe()

    @property
    def text(self) -> str:
        if self._torque is Torque.OFF:
            return "LIMP"
        if self._torque is Torque.PARKING:
            return "STOP PARKING"
        if self._window.isActive():
            return "AGAIN: LIMP"
        return "STOP  F12"

    def sizeHint(self) -> QSize:
        return QSize(158, 38)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(COLORS.danger_hover if self._down else COLORS.danger))
        ring = self._window.isActive() or self._stopped or self.hasFocus()
        painter.setPen(QColor(COLORS.on_fill) if ring else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        words = theme.font(16, QFont.Weight.ExtraBold)
        words.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 106)
        painter.setFont(words)
        painter.setPen(QColor(COLORS.on_fill))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._down = True
            self.press()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._down = False
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.press()
        else:
            super().keyPressEvent(event)

    def _on_window_timeout(self) -> None:
        if self._down:
            self.torqueReleaseRequested.emit()
        self._describe()

    def _describe(self) -> None:
        if self._torque is Torque.OFF:
            words = "The motors do not push. Resume: they hold where the arm lies."
        elif self._torque is Torque.PARKING:
            words = "The arm goes to its parking pose and is let go there. Press to hold it here."
        elif self._window.isActive():
            words = (
                "The arm holds. Press again within 3 s, or keep holding: it is parked, then its "
                "torque is released. Support it: it has no brakes."
            )
        else:
            words = "Hold position at once. Works on every page."
        self.setToolTip(words)
        self.update()


def main() -> None:
    """Show the button at rest and stopped."""
    from PySide6.QtWidgets import QVBoxLayout

    from widgets import demo

    def build() -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        buttons = [StopButton() for _ in range(3)]
        buttons[1].press()
        buttons[2].set_state(True, Torque.OFF)
        for item in buttons:
            column.addWidget(item)
        return page

    demo.show(build, size=(220, 180))


if __name__ == "__main__":
    main()
