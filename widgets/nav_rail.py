"""The rail on the left: the five places in the order of the work.

Knows their names, icons and keys; not what a place shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QVBoxLayout, QWidget

from widgets import icons, theme
from widgets.palette import COLORS

_WIDTH_PX = 76
_ITEM = QSize(64, 58)


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the rail."""

    key: str
    label: str
    icon: str
    tip: str


PLACES = (
    Place("connect", "Connect", "connect", "Arm, cameras and what is still missing"),
    Place("teach", "Teach", "teach", "Drive the arm and record demonstrations"),
    Place("review", "Review", "review", "Look at episodes, keep or trash them"),
    Place("train", "Train", "train", "Fine-tune a policy on what you kept"),
    Place("run", "Run", "run", "See what the policy plans, let it run, take over"),
)


class NavRail(QWidget):
    """Emits ``placeSelected(key)`` when a person chooses; shows what ``set_current`` says."""

    placeSelected = Signal(str)

    def __init__(self, places: Sequence[Place] = PLACES, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(_WIDTH_PX)
        self.setProperty("role", "bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, _RailButton] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 10, 6, 10)
        layout.setSpacing(4)
        for number, place in enumerate(places, start=1):
            self._add(place, number, layout)
        layout.addStretch(1)

    def _add(self, place: Place, number: int, layout: QVBoxLayout) -> None:
        item = _RailButton(place, parent=self)
        item.setToolTip(f"{place.tip}   Ctrl+{number}")
        item.clicked.connect(self._on_item_clicked)
        self._group.addButton(item)
        self._buttons[place.key] = item
        layout.addWidget(item, 0, Qt.AlignmentFlag.AlignHCenter)

    def set_current(self, key: str) -> None:
        self._buttons[key].setChecked(True)

    def current(self) -> str:
        return next((key for key, item in self._buttons.items() if item.isChecked()), "")

    def set_badge(self, key: str, text: str) -> None:
        """A short mark at the corner of a place ("3", "!"), "" takes it away."""
        self._buttons[key].set_badge(text)

    def add_bottom(self, widget: QWidget) -> None:
        """Put a widget (help, settings) at the foot of the rail."""
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH_PX, 400)

    def _on_item_clicked(self) -> None:
        self.placeSelected.emit(self.current())


class _RailButton(QAbstractButton):
    def __init__(self, place: Place, *, parent: QWidget) -> None:
        super().__init__(parent)
        self._place = place
        self._badge = ""
        self.setCheckable(True)
        self.setFixedSize(_ITEM)
        self.setText(place.label)
        self.setAccessibleName(place.label)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def set_badge(self, text: str) -> None:
        if text != self._badge:
            self._badge = text
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter)
        color = COLORS.strong if self.isChecked() or self.underMouse() else COLORS.quiet
        picture = icons.pixmap(self._place.icon, color, size_px=22)
        painter.drawPixmap((self.width() - 22) // 2, 9, picture)
        painter.setFont(theme.font(11, QFont.Weight.Medium))
        painter.setPen(QColor(color))
        painter.drawText(QRectF(0, 34, self.width(), 18), Qt.AlignmentFlag.AlignCenter, self.text())
        if self._badge:
            self._paint_badge(painter)
        painter.end()

    def _paint_ground(self, painter: QPainter) -> None:
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QColor(COLORS.focus) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(COLORS.control) if self.isChecked() else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(area, 8, 8)
        if self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(COLORS.plan_far))
            painter.drawRoundedRect(QRectF(0, 17, 3, 24), 1.5, 1.5)

    def _paint_badge(self, painter: QPainter) -> None:
        area = QRectF(self.width() - 24, 4, 18, 15)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(COLORS.attention_fill))
        painter.drawRoundedRect(area, 7, 7)
        painter.setPen(QColor(COLORS.on_attention))
        painter.setFont(theme.font(10, QFont.Weight.Bold))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self._badge)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self.update()


def main() -> None:
    """Show the rail with Run selected."""
    from widgets import demo

    def build() -> QWidget:
        rail = NavRail()
        rail.set_current("run")
        rail.set_badge("review", "3")
        return rail

    demo.show(build, size=(76, 420), margin_px=0)


if __name__ == "__main__":
    main()
