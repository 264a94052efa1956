"""The part of a timeline that is to be kept: two handles, and a shade over what would go.

State and painting of the handles; :class:`widgets.timeline.Timeline` owns the mouse and the scale.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from widgets.palette import COLORS

_GRIP_PX = 7  # a handle is hit within this distance
_LEAST_S = 0.05  # of the part
_HANDLE_PX = 5  # how far a bracket reaches inward
_SHADE_ALPHA = 185

Scale = Callable[[float], float]  # s → px


class TimePart:
    """From where to where; at the ends of the timeline when nothing is marked."""

    def __init__(self) -> None:
        self._duration_s = 0.0
        self._ends = [0.0, 0.0]  # s
        self._grabbed: int | None = None

    def set_duration(self, seconds: float) -> None:
        self._duration_s = seconds
        self._grabbed = None
        self.set(None, None)

    def set(self, from_s: float | None, to_s: float | None) -> None:
        whole = (0.0, self._duration_s)
        self._ends = [w if v is None else v for v, w in zip((from_s, to_s), whole, strict=True)]

    @property
    def ends_s(self) -> tuple[float, float]:
        return self._ends[0], self._ends[1]

    @property
    def is_whole(self) -> bool:
        return self._ends[0] <= 0.0 and self._ends[1] >= self._duration_s

    @property
    def grabbed(self) -> bool:
        return self._grabbed is not None

    def is_near(self, scale: Scale, x_px: float) -> bool:
        """Whether a handle is there."""
        return self._duration_s > 0 and self._nearest(scale, x_px) is not None

    def grab(self, scale: Scale, x_px: float) -> bool:
        """Take the handle that is there; False: none is."""
        self._grabbed = self._nearest(scale, x_px) if self._duration_s > 0 else None
        return self.grabbed

    def drag(self, seconds: float) -> tuple[float, float]:
        """Move the grabbed handle; returns the part."""
        if self._grabbed == 0:
            self._ends[0] = min(max(seconds, 0.0), max(0.0, self._ends[1] - _LEAST_S))
        elif self._grabbed == 1:
            least = min(self._duration_s, self._ends[0] + _LEAST_S)
            self._ends[1] = max(min(seconds, self._duration_s), least)
        return self.ends_s

    def let_go(self) -> None:
        self._grabbed = None

    def paint(self, painter: QPainter, band: QRectF) -> None:
        """Shade what would go, and draw a bracket at either end of what stays."""
        left, right = (
            band.left() + band.width() * end / self._duration_s if self._duration_s else band.left()
            for end in self._ends
        )
        shade = QColor(COLORS.bar)
        shade.setAlpha(_SHADE_ALPHA)
        painter.fillRect(QRectF(band.left(), band.top(), left - band.left(), band.height()), shade)
        painter.fillRect(QRectF(right, band.top(), band.right() - right, band.height()), shade)
        color = COLORS.quiet if self.is_whole else COLORS.attention
        painter.setPen(QPen(QColor(color), 2.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        top, bottom = band.top() - 2, band.bottom() + 2
        for at, inward in ((left, _HANDLE_PX), (right, -_HANDLE_PX)):
            corners = ((at + inward, top), (at, top), (at, bottom), (at + inward, bottom))
            painter.drawPolyline(QPolygonF([QPointF(*corner) for corner in corners]))

    def _nearest(self, scale: Scale, x_px: float) -> int | None:
        away = [abs(scale(end) - x_px) for end in self._ends]
        nearest = 0 if away[0] <= away[1] else 1
        return nearest if away[nearest] <= _GRIP_PX else None
