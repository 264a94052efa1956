"""Camera pictures beside or below each other, whichever makes them larger in the space there is.

Places views it is given. Knows no camera.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

_GAP_PX = 8
_ASPECT = 4 / 3  # width by height of a picture
_LEAST = QSize(150, 112)  # of one picture


class CameraGrid(QWidget):
    """Holds the views; their order is kept."""

    def __init__(self, views: Sequence[QWidget], *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._views = tuple(views)
        for view in self._views:
            view.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for view, area in zip(self._views, places(len(self._views), self.size()), strict=True):
            view.setGeometry(area)

    def sizeHint(self) -> QSize:
        return QSize(324, self.height_for(324))

    def minimumSizeHint(self) -> QSize:
        return _LEAST

    def height_for(self, width: int, *, columns: int = 1) -> int:
        """Height that pictures in ``columns`` fill completely, px."""
        rows = math.ceil(len(self._views) / columns)
        each = (width - (columns - 1) * _GAP_PX) / columns
        return math.ceil(rows * each / _ASPECT + (rows - 1) * _GAP_PX)


def places(count: int, size: QSize) -> list[QRect]:
    """Where ``count`` pictures go in ``size``: in the number of columns that shows most of them."""
    if count == 0:
        return []
    width, columns = max((_picture_width(count, c, size), -c) for c in range(1, count + 1))
    columns = -columns
    rows = math.ceil(count / columns)
    cell_w = (size.width() - (columns - 1) * _GAP_PX) / columns
    cell_h = (size.height() - (rows - 1) * _GAP_PX) / rows
    height = width / _ASPECT
    areas = []
    for number in range(count):
        row, column = divmod(number, columns)
        left = column * (cell_w + _GAP_PX) + (cell_w - width) / 2
        top = row * (min(cell_h, height) + _GAP_PX)
        areas.append(QRect(round(left), round(top), round(width), round(height)))
    return areas


def _picture_width(count: int, columns: int, size: QSize) -> float:
    rows = math.ceil(count / columns)
    width = (size.width() - (columns - 1) * _GAP_PX) / columns
    height = (size.height() - (rows - 1) * _GAP_PX) / rows
    return max(1.0, min(width, height * _ASPECT))


def main() -> None:
    """Show three pictures."""
    from PySide6.QtGui import QColor, QPalette

    from widgets import demo

    def build() -> QWidget:
        views = []
        for color in ("#335577", "#557733", "#773355"):
            view = QWidget()
            view.setAutoFillBackground(True)
            view.setPalette(QPalette(QColor(color)))
            views.append(view)
        return CameraGrid(views)

    demo.show(build, size=(700, 300))


if __name__ == "__main__":
    main()
