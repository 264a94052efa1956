"""How the drive pad is drawn: pad, knob, height strip, gripper areas, key caps.

Painting only; geometry and meaning come from ``widgets.drive_pad``.
"""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from widgets import icons, theme
from widgets.palette import COLORS

_CAP_PX = 20.0


def paint_ground(painter: QPainter, area: QRectF, *, focused: bool) -> None:
    """The sunken field, with a ring while the keys drive."""
    pen = QPen(QColor(COLORS.human if focused else COLORS.border), 2 if focused else 1)
    painter.setPen(pen)
    painter.setBrush(QColor(COLORS.sunken))
    painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), 8, 8)


def paint_pad(
    painter: QPainter, center: QPointF, radius: float, keys: Collection[str], *, turning: bool
) -> None:
    """The round pad with a key cap and a word at each side."""
    painter.setPen(QPen(QColor(COLORS.border), 1))
    painter.setBrush(QColor(COLORS.panel))
    painter.drawEllipse(center, radius, radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(center, radius * 0.5, radius * 0.5)
    painter.drawLine(center - QPointF(radius, 0), center + QPointF(radius, 0))
    painter.drawLine(center - QPointF(0, radius), center + QPointF(0, radius))
    words = ("tilt", "tilt", "turn", "turn") if turning else ("forward", "back", "left", "right")
    inner = radius - 17
    for key, word, offset in zip(
        "WSAD",
        words,
        (QPointF(0, -inner), QPointF(0, inner), QPointF(-inner, 0), QPointF(inner, 0)),
        strict=True,
    ):
        paint_cap(painter, center + offset, key, held=key in keys)
        painter.setFont(theme.font(10))
        painter.setPen(QColor(COLORS.quiet))
        beside = QPointF(0, 18) if offset.y() == 0 else -offset * (21 / inner)
        middle = center + offset + beside
        painter.drawText(_around(middle, 60, 14), Qt.AlignmentFlag.AlignCenter, word)


def paint_knob(painter: QPainter, at: QPointF, radius: float, *, active: bool) -> None:
    """What the mouse drags."""
    painter.setPen(QPen(QColor(COLORS.background), 2))
    painter.setBrush(QColor(COLORS.human_fill if active else COLORS.control_hover))
    painter.drawEllipse(at, radius, radius)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(COLORS.on_fill if active else COLORS.text))
    painter.drawEllipse(at, 3, 3)


def paint_side(
    painter: QPainter, area: QRectF, keys: Collection[str], lift: float, *, turning: bool
) -> None:
    """The strip for up and down."""
    painter.setPen(QPen(QColor(COLORS.border), 1))
    painter.setBrush(QColor(COLORS.panel))
    painter.drawRoundedRect(area, 8, 8)
    x = area.center().x()
    painter.drawLine(QPointF(x, area.top() + 48), QPointF(x, area.bottom() - 48))
    pushed = lift or float("E" in keys) - float("Q" in keys)
    way = (area.height() - 104) / 2
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(COLORS.human_fill if pushed else COLORS.control_hover))
    painter.drawEllipse(QPointF(x, area.center().y() - pushed * way), 7, 7)
    painter.setFont(theme.font(10))
    for key, word, y, sign in (
        ("E", "up", area.top() + 17, 1),
        ("Q", "down", area.bottom() - 17, -1),
    ):
        paint_cap(painter, QPointF(x, y), key, held=key in keys)
        painter.setFont(theme.font(10))
        painter.setPen(QColor(COLORS.quiet))
        text = "roll" if turning else word
        painter.drawText(
            _around(QPointF(x, y + sign * 20), 46, 14), Qt.AlignmentFlag.AlignCenter, text
        )


def paint_grip(painter: QPainter, area: QRectF, key: str, *, held: bool) -> None:
    """One of the two gripper areas."""
    painter.setPen(QPen(QColor(COLORS.border), 1))
    painter.setBrush(QColor(COLORS.human_fill if held else COLORS.panel))
    painter.drawRoundedRect(area, 8, 8)
    name, word = ("gripper_open", "open") if key == "V" else ("gripper_close", "close")
    ink = COLORS.on_fill if held else COLORS.text
    middle = area.center()
    painter.drawPixmap(middle - QPointF(10, 26), icons.pixmap(name, ink, size_px=20))
    painter.setFont(theme.font(10))
    painter.setPen(QColor(ink if held else COLORS.quiet))
    painter.drawText(_around(middle + QPointF(0, 3), 50, 14), Qt.AlignmentFlag.AlignCenter, word)
    paint_cap(painter, middle + QPointF(0, 22), key, held=held)


def paint_hint(painter: QPainter, area: QRectF, words: str, *, warn: bool) -> None:
    """One line at the foot."""
    painter.setFont(theme.font(11, QFont.Weight.Medium))
    painter.setPen(QColor(COLORS.attention if warn else COLORS.quiet))
    foot = QRectF(area.left() + 14, area.bottom() - 25, area.width() - 28, 18)
    painter.drawText(foot, Qt.AlignmentFlag.AlignVCenter, words)


def paint_cap(painter: QPainter, at: QPointF, key: str, *, held: bool) -> None:
    """A key cap."""
    area = _around(at, _CAP_PX, _CAP_PX)
    painter.setPen(QPen(QColor(COLORS.human if held else COLORS.border), 1))
    painter.setBrush(QColor(COLORS.human_fill if held else COLORS.control))
    painter.drawRoundedRect(area, 4, 4)
    painter.setFont(theme.font(11, QFont.Weight.Bold))
    painter.setPen(QColor(COLORS.on_fill if held else COLORS.text))
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, key)


def _around(middle: QPointF, width: float, height: float) -> QRectF:
    return QRectF(middle.x() - width / 2, middle.y() - height / 2, width, height)
