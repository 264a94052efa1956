"""How depth reasoning is painted: which cells were thought about again, and the relative depth.

Codes have no order, so they are never turned into colours; only the decoded picture is coloured,
by the viridis map (dark = far, bright = near). Knows no policy.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QLinearGradient, QPainter, QPen

from recordings.types import F32, U8
from widgets.palette import COLORS

Bools = npt.NDArray[np.bool_]
VIRIDIS = (  # every eighth of the map, (r, g, b)
    (68, 1, 84), (71, 44, 122), (59, 81, 139), (44, 113, 142), (33, 144, 141),
    (39, 173, 129), (92, 200, 99), (170, 220, 50), (253, 231, 37),
)  # fmt: skip


def viridis(depth: F32) -> U8:
    """(h, w) relative depth → (h, w, 3) RGB, stretched over this picture's own range."""
    low, high = float(depth.min()), float(depth.max())
    share = (depth - low) / max(high - low, 1e-9)
    stops = np.linspace(0.0, 1.0, len(VIRIDIS))
    channels = [np.interp(share, stops, np.array(VIRIDIS)[:, i]) for i in range(3)]
    return np.ascontiguousarray(np.stack(channels, axis=-1).round().astype(np.uint8))


def cells(area: QRectF, mask: Bools, *, wanted: bool) -> Iterator[QRectF]:
    """Rectangles of the cells of ``area`` where the (rows, columns) mask is as ``wanted``."""
    rows, columns = mask.shape
    width, height = area.width() / columns, area.height() / rows
    for row, column in np.argwhere(mask == wanted).tolist():
        yield QRectF(area.x() + column * width, area.y() + row * height, width, height)


def paint_map(painter: QPainter, area: QRectF, updated: Bools) -> None:
    """The update map by itself: kept cells recede, predicted ones are filled and outlined."""
    painter.fillRect(area, QColor(COLORS.sunken))
    painter.setPen(QPen(QColor(COLORS.grid), 1))
    for cell in cells(area, updated, wanted=False):
        painter.drawRect(cell)
    fill = QColor(COLORS.plan_near)
    fill.setAlphaF(0.35)
    for cell in cells(area, updated, wanted=True):
        painter.fillRect(cell, fill)
    paint_outlines(painter, area, updated, QColor(COLORS.plan_near))


def paint_outlines(painter: QPainter, area: QRectF, updated: Bools, color: QColor) -> None:
    """A frame around every cell that was predicted in this plan."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(color, 1.5))
    for cell in cells(area, updated, wanted=True):
        painter.drawRect(cell.adjusted(1, 1, -1, -1))


def paint_picture(painter: QPainter, area: QRectF, picture: QImage, updated: Bools) -> None:
    """The relative depth with the predicted cells framed; all of them framed says nothing."""
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(area, picture)
    if not updated.all():
        paint_outlines(painter, area, updated, QColor("white"))


def paint_scale(painter: QPainter, area: QRectF) -> None:
    """The colour map from far (left) to near (right)."""
    gradient = QLinearGradient(QPointF(area.left(), 0), QPointF(area.right(), 0))
    for stop, color in zip(np.linspace(0, 1, len(VIRIDIS)), VIRIDIS, strict=True):
        gradient.setColorAt(float(stop), QColor(*color))
    painter.fillRect(area, QBrush(gradient))
