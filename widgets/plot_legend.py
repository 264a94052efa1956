"""A one-line legend over a plot: a dash of colour, a name, the value now; a click hides a curve.

Knows texts and colours only.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import theme
from widgets.palette import COLORS

_HEIGHT_PX = 20
_DASH_PX = 14
_GAP_PX = 16


class PlotLegend(QWidget):
    """Emits ``toggled(index, visible)``."""

    toggled = Signal(int, bool)

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: list[tuple[str, str]] = []
        self._values: list[str] = []
        self._off: set[int] = set()
        self._areas: list[QRectF] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Click a name to hide or show its curve")

    def set_entries(self, entries: Sequence[tuple[str, str]]) -> None:
        """Names with their colours (``#rrggbb``)."""
        if len(entries) != len(self._entries):
            self._off.clear()
            self._values = []
        self._entries = list(entries)
        self.update()

    def set_values(self, values: Sequence[str]) -> None:
        """The value now of every entry, with its unit."""
        if list(values) != self._values:
            self._values = list(values)
            self.update()

    @property
    def texts(self) -> list[str]:
        values = self._values or [""] * len(self._entries)
        return [f"{n} {v}".strip() for (n, _), v in zip(self._entries, values, strict=True)]

    def sizeHint(self) -> QSize:
        return QSize(400, _HEIGHT_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        names, values = theme.font(11), theme.font(11, QFont.Weight.DemiBold)
        name_px, value_px = QFontMetricsF(names), QFontMetricsF(values)
        widest = value_px.horizontalAdvance("-000.0°")
        texts = self._names_that_fit(name_px, widest)
        self._areas = []
        left = 0.0
        dash, gap = self._spacing(texts, name_px, widest)
        for i, (text, (_, color)) in enumerate(zip(texts, self._entries, strict=True)):
            width = name_px.horizontalAdvance(text)
            total = dash + 6 + width + (6 + widest if self._values else 0)
            self._areas.append(QRectF(left, 0, total, self.height()))
            off = i in self._off
            painter.setPen(QPen(QColor(COLORS.border if off else color), 2))
            middle = self.height() / 2
            painter.drawLine(QPointF(left, middle), QPointF(left + dash, middle))
            painter.setFont(names)
            painter.setPen(QColor(COLORS.quiet))
            flags = Qt.AlignmentFlag.AlignVCenter
            at = QRectF(left + dash + 6, 0, width + 2, self.height())
            painter.drawText(at, flags, text)
            if self._values and not off:
                painter.setFont(values)
                painter.setPen(QColor(COLORS.text))
                beside = at.translated(width + 6, 0).adjusted(0, 0, 60, 0)
                painter.drawText(beside, flags, self._values[i])
            left += total + gap
        painter.end()

    def _spacing(
        self, texts: Sequence[str], metrics: QFontMetricsF, value_px: float
    ) -> tuple[float, float]:
        """Dash and gap in px; both are narrower where the line would not fit."""
        beside = 12 + value_px if self._values else 6
        fixed = sum(map(metrics.horizontalAdvance, texts)) + len(texts) * beside
        if fixed + len(texts) * (_DASH_PX + _GAP_PX) - _GAP_PX <= self.width():
            return _DASH_PX, _GAP_PX
        return _DASH_PX / 2, _GAP_PX / 4

    def _names_that_fit(self, metrics: QFontMetricsF, value_px: float) -> list[str]:
        """Whole names, or the shortest words that still tell them apart."""
        names = [name for name, _ in self._entries]
        fixed = len(names) * (_DASH_PX + 12 + value_px + _GAP_PX)
        if fixed + sum(map(metrics.horizontalAdvance, names)) <= self.width():
            return names
        return shortened(names)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for i, area in enumerate(self._areas):
            if area.contains(event.position()):
                self._off ^= {i}
                self.update()
                self.toggled.emit(i, i not in self._off)
                return


def shortened(names: Sequence[str]) -> list[str]:
    """The last or the first word of each name where no other name has it there."""
    lasts, firsts = [n.split(" ")[-1] for n in names], [n.split(" ")[0] for n in names]
    return [
        last if lasts.count(last) == 1 else first if firsts.count(first) == 1 else name
        for name, last, first in zip(names, lasts, firsts, strict=True)
    ]
