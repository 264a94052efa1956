"""How far the active plan has come: committed, executing, may still change.

Shows numbers it is given; knows no plan.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import theme
from widgets.palette import COLORS

_BAR_PX = 8


class ChunkStrip(QWidget):
    """A bar in three colours, a marker, and ``step n / N``."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._committed = 0
        self._executing = 0
        self._total = 0
        self._step = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(128)

    def set_progress(self, committed: int, executing: int, total: int, step: float) -> None:
        """Show a plan of ``total`` rows.

        Args:
            committed: rows that can no longer change.
            executing: rows after those that run unless replaced.
            total: rows of the plan, 0: no plan.
            step: row being executed now, fractions allowed.
        """
        new = (committed, executing, total, step)
        if new != (self._committed, self._executing, self._total, self._step):
            self._committed, self._executing, self._total, self._step = new
            self.setAccessibleName(self.text)
            self.update()

    @property
    def text(self) -> str:
        if self._total <= 0:
            return "no plan"
        return f"step {min(int(self._step), self._total)} / {self._total}"

    def sizeHint(self) -> QSize:
        return QSize(128, 26)  # it takes what the buttons beside it leave

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = theme.font(13, QFont.Weight.Medium)
        widest = QFontMetricsF(font).horizontalAdvance("step 000 / 000")
        bar = QRectF(0, (self.height() - _BAR_PX) / 2, self.width() - widest - 14, _BAR_PX)
        self._paint_bar(painter, bar)
        painter.setFont(font)
        painter.setPen(QColor(COLORS.text if self._total > 0 else COLORS.quiet))
        area = QRectF(bar.right() + 14, 0, widest, self.height())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self.text)
        painter.end()

    def _paint_bar(self, painter: QPainter, bar: QRectF) -> None:
        outline = QPainterPath()
        outline.addRoundedRect(bar, _BAR_PX / 2, _BAR_PX / 2)
        painter.fillPath(outline, QColor(COLORS.control))
        if self._total <= 0:
            return
        per_row = bar.width() / self._total
        painter.save()
        painter.setClipPath(outline)
        left = bar.left()
        may_change = self._total - self._committed - self._executing
        for rows, role in (
            (self._committed, COLORS.committed),
            (self._executing, COLORS.plan_near),
            (may_change, COLORS.plan_far),
        ):
            width = max(rows, 0) * per_row
            painter.fillRect(QRectF(left, bar.top(), width, bar.height()), QColor(role))
            left += width
        painter.restore()
        x = bar.left() + min(max(self._step, 0), self._total) * per_row
        painter.setPen(QColor(COLORS.background))
        painter.setBrush(QColor(COLORS.strong))
        painter.drawRoundedRect(QRectF(x - 2.5, bar.top() - 4.5, 5, bar.height() + 9), 2.5, 2.5)


def main() -> None:
    """Show a plan on its way and no plan."""
    from PySide6.QtWidgets import QVBoxLayout

    from widgets import demo

    def build() -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        strips = [ChunkStrip(), ChunkStrip()]
        strips[0].set_progress(6, 14, 30, 6.4)
        for strip in strips:
            column.addWidget(strip)
        return page

    demo.show(build, size=(620, 110))


if __name__ == "__main__":
    main()
