"""The timeline: a band that shows who drove when, marks, one cursor, and the part to be kept.

Times are seconds from the start of what is shown: an episode, in which the cursor can be moved, or
(live) the last seconds, labelled backwards from now. Knows no episode and plays nothing itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from recordings.types import Authority
from widgets import theme
from widgets.palette import COLORS
from widgets.time_part import TimePart

_ROLES = {
    Authority.HOLD: "attention",
    Authority.LEADER: "human_fill",
    Authority.POLICY: "ok_fill",
}
_STEP_S = 1 / 30
_SIDE_PX = 8
_BAND_TOP_PX, _BAND_PX = 10, 16
_NEAR_PX = 6  # a mark is hit within this distance
_OWN_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)


class Timeline(QWidget):
    """Emits ``cursorMoved(seconds)``, ``partMoved(from, to)`` and ``playRequested()`` (Space)."""

    cursorMoved = Signal(float)
    partMoved = Signal(float, float)  # s, while a handle is dragged
    playRequested = Signal()

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._duration_s = 0.0
        self._cursor_s = 0.0
        self._spans: list[tuple[float, float, Authority]] = []
        self._marks: tuple[tuple[float, str], ...] = ()
        self._live = False
        self._part = TimePart()
        self.setMouseTracking(True)
        self.setAccessibleName("Timeline")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_duration(self, seconds: float) -> None:
        """Length of the episode; puts the cursor back to the start."""
        self._duration_s = max(seconds, 0.0)
        self._cursor_s = 0.0
        self._spans = []
        self._marks = ()
        self._part.set_duration(self._duration_s)
        self.update()

    def set_part(self, from_s: float | None, to_s: float | None) -> None:
        """Show which part is to be kept; None: from the beginning, until the end."""
        self._part.set(from_s, to_s)
        self.update()

    def set_live(self, live: bool) -> None:
        """Show the last seconds: the end is now, and nothing can be moved."""
        self._live = live
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus if live else Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor if live else Qt.CursorShape.PointingHandCursor)
        self.update()

    def set_authority(self, t_s: npt.ArrayLike, authority: npt.ArrayLike) -> None:
        """Colour the band: ``authority`` (m,) holds from ``t_s`` (m,) s until the next one."""
        self._spans = spans(np.asarray(t_s, float), np.asarray(authority), self._duration_s)
        self.update()

    def set_marks(self, marks: Sequence[tuple[float, str]]) -> None:
        """Small ticks with a word each, e.g. ``(4.2, "plan 12")``."""
        self._marks = tuple(marks)
        self.update()

    def set_cursor(self, seconds: float) -> None:
        clipped = min(max(seconds, 0.0), self._duration_s)
        if clipped != self._cursor_s:
            self._cursor_s = clipped
            self.update()

    @property
    def cursor_s(self) -> float:
        return self._cursor_s

    def sizeHint(self) -> QSize:
        return QSize(600, 54)

    # ── painting ───────────────────────────────────────────────────────────────────────────

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_band(painter)
        painter.setFont(theme.font(11))
        self._paint_times(painter)
        if self._duration_s > 0 and not self._live:
            band = QRectF(_SIDE_PX, _BAND_TOP_PX, self.width() - 2 * _SIDE_PX, _BAND_PX)
            self._part.paint(painter, band)
            self._paint_cursor(painter)
        painter.end()

    def _paint_band(self, painter: QPainter) -> None:
        band = QRectF(_SIDE_PX, _BAND_TOP_PX, self.width() - 2 * _SIDE_PX, _BAND_PX)
        outline = QPainterPath()
        outline.addRoundedRect(band, 4, 4)
        painter.fillPath(outline, QColor(COLORS.control))
        painter.save()
        painter.setClipPath(outline)
        for start, end, authority in self._spans:
            left, right = self._x(start), self._x(end)
            area = QRectF(left, band.top(), right - left, band.height())
            painter.fillRect(area, QColor(getattr(COLORS, _ROLES[authority])))
            if authority is Authority.HOLD:  # a pattern too: never by colour alone
                hatch = QBrush(QColor(0, 0, 0, 90), Qt.BrushStyle.BDiagPattern)
                painter.fillRect(area, hatch)
        painter.restore()
        if self.hasFocus():
            painter.setPen(QColor(COLORS.focus))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(outline)
        painter.setPen(QPen(QColor(COLORS.strong), 1))
        for at, _ in self._marks:
            painter.drawLine(QPointF(self._x(at), band.top()), QPointF(self._x(at), band.bottom()))

    def _paint_times(self, painter: QPainter) -> None:
        painter.setPen(QColor(COLORS.quiet))
        if self._duration_s <= 0:
            area = QRectF(_SIDE_PX, 30, self.width(), 18)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, "Choose an episode")
            return
        step = tick_step_s(self._duration_s, self.width())
        for at in np.arange(0, self._duration_s + 1e-6, step):
            x = self._x(float(at))
            near = abs(float(at) - self._cursor_s) / self._duration_s * self.width() < 42
            if near and not self._live:
                continue
            width = 44
            left = min(max(x - width / 2, 0), self.width() - width)
            area = QRectF(left, 30, width, 18)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self._time_text(float(at)))

    def _paint_cursor(self, painter: QPainter) -> None:
        x = self._x(self._cursor_s)
        painter.setPen(QPen(QColor(COLORS.strong), 2))
        painter.drawLine(QPointF(x, 4), QPointF(x, _BAND_TOP_PX + _BAND_PX + 3))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(COLORS.strong))
        painter.drawPolygon(QPolygonF([QPointF(x - 6, 1), QPointF(x + 6, 1), QPointF(x, 9)]))
        width = 60
        left = min(max(x - width / 2, 0), self.width() - width)
        painter.setPen(QColor(COLORS.strong))
        area = QRectF(left, 30, width, 18)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, f"{self._cursor_s:.2f} s")

    def _time_text(self, seconds: float) -> str:
        if not self._live:
            return f"{seconds:g} s"
        back = self._duration_s - seconds
        return f"-{back:g} s" if back > 0 else "now"

    def _x(self, seconds: float) -> float:
        span = self.width() - 2 * _SIDE_PX
        return _SIDE_PX + (seconds / self._duration_s * span if self._duration_s > 0 else 0)

    # ── mouse and keys ─────────────────────────────────────────────────────────────────────

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._live or at.y() < _BAND_TOP_PX or not self._part.grab(self._x, at.x()):
            self._ask(at.x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if not event.buttons() & Qt.MouseButton.LeftButton:
            near = not self._live and at.y() >= _BAND_TOP_PX and self._part.is_near(self._x, at.x())
            ways = Qt.CursorShape.SizeHorCursor, Qt.CursorShape.PointingHandCursor
            self.setCursor(Qt.CursorShape.ArrowCursor if self._live else ways[not near])
        elif self._part.grabbed:
            self.partMoved.emit(*self._part.drag(self._seconds(at.x())))
            self.update()
        else:
            self._ask(at.x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._part.let_go()
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        many = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        key = Qt.Key(event.key())
        if key in steps:
            self._move_to(self._cursor_s + steps[key] * many * _STEP_S)
        elif key is Qt.Key.Key_Home:
            self._move_to(0.0)
        elif key is Qt.Key.Key_End:
            self._move_to(self._duration_s)
        elif key is Qt.Key.Key_Space and not event.isAutoRepeat():
            self.playRequested.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = self.mark_at(event.pos().x())
            QToolTip.showText(event.globalPos(), words, self)
            return True
        if event.type() == QEvent.Type.ShortcutOverride and self._is_ours(event):
            event.accept()  # here they move the cursor, whatever they do on the page
            return True
        return super().event(event)

    def _is_ours(self, event: QEvent) -> bool:
        return isinstance(event, QKeyEvent) and event.key() in _OWN_KEYS and not self._live

    def mark_at(self, x_px: float) -> str:
        """Word of the mark that is there, "" when none is."""
        near = [(abs(self._x(at) - x_px), word) for at, word in self._marks]
        return next((word for away, word in sorted(near) if away <= _NEAR_PX), "")

    def _ask(self, x: float) -> None:
        if not self._live:
            self._move_to(self._seconds(x))

    def _seconds(self, x: float) -> float:
        span = max(self.width() - 2 * _SIDE_PX, 1)
        return (x - _SIDE_PX) / span * self._duration_s

    def _move_to(self, seconds: float) -> None:
        before = self._cursor_s
        self.set_cursor(seconds)
        if self._cursor_s != before:
            self.cursorMoved.emit(self._cursor_s)


def spans(
    t_s: npt.NDArray[np.floating], authority: npt.NDArray[np.integer], end_s: float
) -> list[tuple[float, float, Authority]]:
    """Runs of equal authority as (start, end, authority) in s."""
    if not len(t_s):
        return []
    starts = np.r_[0, np.flatnonzero(np.diff(authority)) + 1]
    ends = np.r_[t_s[starts[1:]], max(end_s, float(t_s[-1]))]
    return [
        (float(t_s[i]), float(end), Authority(int(authority[i])))
        for i, end in zip(starts, ends, strict=True)
    ]


def tick_step_s(duration_s: float, width_px: float) -> float:
    """A round step so that labels stand at least 70 px apart."""
    most = max(width_px / 70, 1)
    steps = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200)
    return next((step for step in steps if duration_s / step <= most), duration_s)


def main() -> None:
    """Show an episode with a take-over."""
    from widgets import demo

    def build() -> QWidget:
        line = Timeline()
        line.set_duration(18.4)
        line.set_authority([0, 1.2, 8.0, 8.6, 13.0], [0, 2, 0, 1, 2])
        line.set_marks([(1.2, "plan 1"), (8.0, "take over")])
        line.set_part(2.0, 15.5)
        line.set_cursor(9.37)
        return line

    demo.show(build, size=(720, 90))


if __name__ == "__main__":
    main()
