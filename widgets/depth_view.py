"""Depth reasoning on the Run page: what the policy thought about again, and how near it saw things.

Three states: no depth (and why), the update map alone (no decoder here), the relative depth. Shows
arrays it is given; knows no policy and no codes: a code has no order, so it has no colour.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QLabel, QSizePolicy, QVBoxLayout, QWidget

from recordings.types import F32
from widgets import icons, theme
from widgets.card import Card, label
from widgets.convert import qimage
from widgets.depth_paint import (
    Bools,
    paint_map,
    paint_picture,
    paint_scale,
    viridis,
)
from widgets.palette import COLORS

NO_DEPTH_HEAD = "This checkpoint has no depth head, so it plans without depth reasoning."
NO_PICTURE = (
    "No picture: the weights that turn depth codes into one are not with this checkpoint. "
    "The map shows which cells it looked at again."
)
_SCALE_PX = 8
_ASPECT = 4 / 3  # the main picture's, which the square of cells was squashed from


class DepthCanvas(QWidget):
    """Paints the map or the picture, and the scale below a picture."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._updated: Bools = np.zeros((10, 10), np.bool_)
        self._pixels: np.ndarray | None = None  # kept alive for the image
        self._image: QImage | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_trace(self, updated: Bools, depth: F32 | None) -> None:
        self._updated = updated
        self._pixels = None if depth is None else viridis(depth)
        self._image = None if self._pixels is None else qimage(self._pixels)
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        below = 0 if self._image is None else _SCALE_PX + 22
        return round(width / _ASPECT) + below

    def sizeHint(self) -> QSize:
        return QSize(280, self.heightForWidth(280))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        width = self.width() - 1.0
        area = QRectF(0.5, 0.5, width, width / _ASPECT)
        if self._image is None:
            paint_map(painter, area, self._updated)
        else:
            paint_picture(painter, area, self._image, self._updated)
            self._paint_legend(painter, area)
        painter.end()

    def _paint_legend(self, painter: QPainter, area: QRectF) -> None:
        painter.setFont(theme.font(12))
        painter.setPen(QColor(COLORS.quiet))
        row = QRectF(area.left(), area.bottom() + 6, area.width(), 18)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(row, middle | Qt.AlignmentFlag.AlignLeft, "far")
        painter.drawText(row, middle | Qt.AlignmentFlag.AlignRight, "near")
        inset = 38.0
        bar = QRectF(area.left() + inset, row.center().y() - _SCALE_PX / 2, 0, _SCALE_PX)
        bar.setWidth(area.width() - 2 * inset)
        paint_scale(painter, bar)


class DepthView(Card):
    """The card: canvas, one line of numbers, and what must be said about them.

    Emits ``surfaceRequested(wanted)``.
    """

    surfaceRequested = Signal(bool)

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__("Depth reasoning", parent=parent)
        self._absent = QWidget()
        self._canvas = DepthCanvas()
        self._summary = label("", role="value")
        self._remark = label("", role="small", wrap=True)
        self._reason = label("", role="quiet", wrap=True)
        self.surface_box = QCheckBox("Depth surface in 3D")
        self.surface_box.setToolTip("What the model believes of the scene; not a measurement")
        self.surface_box.toggled.connect(self.surfaceRequested)
        self._surface_words = label("", role="small", wrap=True)
        self._build_absent()
        self.body.addWidget(self._canvas)
        self.body.addWidget(self._summary)
        self.body.addWidget(self._remark)
        self.body.addWidget(self.surface_box)
        self.body.addWidget(self._surface_words)
        self.body.addWidget(self._absent)
        self.set_absent(NO_DEPTH_HEAD)

    def _build_absent(self) -> None:
        mark = QLabel()
        mark.setPixmap(icons.pixmap("cube", COLORS.quiet, size_px=28))
        self._reason.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column = QVBoxLayout(self._absent)
        column.setContentsMargins(0, 4, 0, 4)
        column.addWidget(mark, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._reason)

    def set_absent(self, reason: str) -> None:
        """Say why no depth is shown."""
        self._reason.setText(reason)
        self._show(present=False)

    def set_trace(self, updated: Bools, took_ms: float, depth: F32 | None) -> None:
        """Show what one plan's depth reasoning did.

        Args:
            updated: (rows, columns) cells of the main picture that were predicted in this plan.
            took_ms: how long it took.
            depth: (h, w) relative depth, larger = nearer; None: it cannot be drawn.
        """
        count = int(updated.sum())
        again = "all" if count == updated.size else str(count)
        self._summary.setText(f"{again} of {updated.size} cells predicted · {took_ms:.0f} ms")
        self._remark.setText(
            NO_PICTURE
            if depth is None
            else "Relative depth: near and far within this picture, no metres."
        )
        self._canvas.set_trace(updated, depth)
        self.surface_box.setEnabled(depth is not None)
        self._canvas.setAccessibleName(f"Depth reasoning: {self.summary}. {self.remark}")
        self._show(present=True)

    def set_surface_words(self, words: str) -> None:
        """What the surface in the scene is, or why there is none; "" says nothing."""
        if words != self._surface_words.text():
            self._surface_words.setText(words)
            self._surface_words.setVisible(bool(words) and not self.surface_box.isHidden())

    def _show(self, *, present: bool) -> None:
        self._absent.setVisible(not present)
        for part in (self._canvas, self._summary, self._remark, self.surface_box):
            part.setVisible(present)
        self._surface_words.setVisible(present and bool(self._surface_words.text()))
        self._reason.setVisible(not present)

    @property
    def reason(self) -> str:
        """Why there is no depth, "" when there is."""
        return "" if self._absent.isHidden() else self._reason.text()

    @property
    def summary(self) -> str:
        return self._summary.text()

    @property
    def remark(self) -> str:
        return self._remark.text()


def main() -> None:
    """Show the three states."""
    from PySide6.QtWidgets import QHBoxLayout

    from widgets import demo

    def build() -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        views = [DepthView(), DepthView(), DepthView()]
        updated = np.zeros((10, 10), np.bool_)
        updated[3:6, 4:8] = True
        y, x = np.mgrid[0:40, 0:40] / 40.0
        ball = np.exp(-((x - 0.6) ** 2 + (y - 0.45) ** 2) / 0.02)
        views[1].set_trace(updated, 41.0, None)
        views[2].set_trace(updated, 41.0, np.maximum(y, ball).astype(np.float32))
        for view in views:
            row.addWidget(view, 1, Qt.AlignmentFlag.AlignTop)
        return page

    demo.show(build, size=(960, 380))


if __name__ == "__main__":
    main()
