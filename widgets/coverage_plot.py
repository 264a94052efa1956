"""What a set of episodes covers, joint by joint: range, what was visited, where each one started.

Shows numbers it is given. Knows no episode and no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from widgets import theme
from widgets.palette import COLORS
from widgets.plan_words import quantity, sentence_case

_ROW_PX, _NAME_PX, _SHARE_PX, _BAND_PX = 24, 104, 42, 10
_LEGEND_PX = 22


@dataclass(frozen=True, slots=True)
class JointRow:
    """One joint; all values in its own unit."""

    name: str
    unit: str  # "rad" or "fraction"
    lower: float  # ends of its range
    upper: float
    visited_lower: float  # smallest and largest value of all episodes
    visited_upper: float
    starts: tuple[float, ...]  # one per episode

    @property
    def share(self) -> float:
        """How much of the range was visited, 0 … 1."""
        span = self.upper - self.lower
        return min(1.0, (self.visited_upper - self.visited_lower) / span) if span > 0 else 0.0

    @property
    def words(self) -> str:
        """The same as a sentence."""
        low, high = quantity(self.visited_lower, self.unit), quantity(self.visited_upper, self.unit)
        told = f"{sentence_case(self.name)} goes from {low} to {high}"
        if self.starts:
            low, high = (quantity(f(self.starts), self.unit) for f in (min, max))
            told += f"; episodes start between {low} and {high}"
        return f"{told}."


class CoveragePlot(QWidget):
    """A row per joint: a band for its range, filled where it was, ticks where episodes start."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[JointRow, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Coverage")
        self.setVisible(False)

    def set_rows(self, rows: Sequence[JointRow]) -> None:
        """Show these joints; none: nothing."""
        self._rows = tuple(rows)
        self.setAccessibleDescription(" ".join(row.words for row in rows))
        self.setVisible(bool(rows))
        self.updateGeometry()
        self.update()

    @property
    def rows(self) -> tuple[JointRow, ...]:
        return self._rows

    def sizeHint(self) -> QSize:
        return QSize(280, _ROW_PX * len(self._rows) + _LEGEND_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(12))
        for number, row in enumerate(self._rows):
            self._paint_row(painter, row, number * _ROW_PX)
        self._paint_legend(painter, len(self._rows) * _ROW_PX)
        painter.end()

    def _paint_row(self, painter: QPainter, row: JointRow, top: int) -> None:
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(COLORS.quiet))
        name = painter.fontMetrics().elidedText(
            sentence_case(row.name), Qt.TextElideMode.ElideRight, _NAME_PX - 8
        )
        painter.drawText(QRectF(0, top, _NAME_PX, _ROW_PX), middle, name)
        painter.setPen(QColor(COLORS.text))
        share = QRectF(self.width() - _SHARE_PX, top, _SHARE_PX, _ROW_PX)
        painter.drawText(share, middle | Qt.AlignmentFlag.AlignRight, f"{row.share:.0%}")
        width = self.width() - _NAME_PX - _SHARE_PX
        band = QRectF(_NAME_PX, top + (_ROW_PX - _BAND_PX) / 2, width, _BAND_PX)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(COLORS.control))
        painter.drawRoundedRect(band, 3, 3)
        left, right = _x(row, row.visited_lower, band), _x(row, row.visited_upper, band)
        painter.setBrush(QColor(COLORS.human_fill))
        painter.drawRoundedRect(QRectF(left, band.top(), max(2.0, right - left), _BAND_PX), 3, 3)
        painter.setPen(QPen(QColor(COLORS.strong), 1))
        for start in row.starts:
            x = _x(row, start, band)
            painter.drawLine(QPointF(x, band.top() - 3), QPointF(x, band.bottom() + 3))

    def _paint_legend(self, painter: QPainter, top: int) -> None:
        painter.setFont(theme.font(11))
        painter.setPen(QColor(COLORS.quiet))
        painter.drawText(
            QRectF(0, top, self.width(), _LEGEND_PX),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
            "filled: visited · ticks: starts · share of the range",
        )

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            number = event.pos().y() // _ROW_PX
            known = 0 <= number < len(self._rows)
            QToolTip.showText(event.globalPos(), self._rows[number].words if known else "", self)
            return True
        return super().event(event)


def _x(row: JointRow, value: float, band: QRectF) -> float:
    span = row.upper - row.lower
    share = (value - row.lower) / span if span > 0 else 0.0
    return band.left() + band.width() * min(max(share, 0.0), 1.0)


def main() -> None:
    """Show a set that starts at one place and never turns the wrist."""
    from widgets import demo

    def build() -> QWidget:
        plot = CoveragePlot()
        plot.set_rows(
            [
                JointRow("shoulder_pan", "rad", -1.9, 1.9, -1.2, 0.9, (-0.4, 0.0, 0.02, 0.6)),
                JointRow("wrist_roll", "rad", -2.8, 2.8, 0.1, 0.12, (0.1, 0.1, 0.11)),
                JointRow("gripper", "fraction", 0.0, 1.0, 0.0, 1.0, (0.9, 1.0)),
            ]
        )
        return plot

    demo.show(build, size=(320, 110))


if __name__ == "__main__":
    main()
