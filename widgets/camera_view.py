"""One camera: the newest picture, how fresh it is, and the plan drawn into it.

Pictures are wrapped, not copied. Knows no camera and no calibration: the trace arrives in picture
pixels. A camera that delivers nothing says why instead of freezing its last picture.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from recordings.types import U8
from widgets import icons, theme
from widgets.card import ground_of
from widgets.convert import qimage
from widgets.palette import COLORS

STALE_MS = 250.0  # an older picture is called stale: at 30 fps that is seven missed frames
SMOOTH_PX = 140_000  # up to this many target pixels smooth scaling is affordable (about 1.5 ms)
_RADIUS_PX = 6
_CHIP_INK = "#e8edf4"
_CHIP_STALE = "#ffd27a"


class CameraView(QWidget):
    """Emits ``clicked`` when a person clicks into the picture."""

    clicked = Signal()

    def __init__(self, title: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._array: U8 | None = None  # holds the memory that _image shares
        self._image: QImage | None = None
        self._fps = 0.0
        self._age_ms = 0.0
        self._reason = "Waiting for the first picture"
        self._recorded = False
        self._trace: list[tuple[str, QPolygonF]] = []
        self._note = ""
        self.setMinimumSize(120, 90)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # ── setters ────────────────────────────────────────────────────────────────────────────

    def set_title(self, title: str) -> None:
        self._title = title
        self.update()

    def set_frame(self, image: U8, fps: float, age_ms: float) -> None:
        """Show a picture.

        Args:
            image: (h, w, 3) uint8 RGB; shared, so the caller must not write into it any more.
            fps: measured rate.
            age_ms: time since it was captured.
        """
        self._image = qimage(image)
        self._array = image
        self._fps = fps
        self._age_ms = age_ms
        self._reason = ""
        self._recorded = False
        self.update()

    def set_recorded(self, image: U8) -> None:
        """Show a picture of an episode: it has no rate and no age."""
        self.set_frame(image, 0.0, 0.0)
        self._recorded = True

    def set_trace(
        self, points: npt.ArrayLike | None, split: int = 0, executing: int | None = None
    ) -> None:
        """Draw the tool's planned way into the picture.

        Args:
            points: (m, 2) px in the picture, x right, y down; NaN rows are not visible. None: no
                trace.
            split: how many points are committed.
            executing: how many after those are executing; None: all the rest.
        """
        self._trace = [] if points is None else _phases(np.asarray(points), split, executing)
        self.update()

    def set_note(self, note: str) -> None:
        """A second chip at the foot of the picture, e.g. "not calibrated"; "" takes it away."""
        if note != self._note:
            self._note = note
            self.update()

    def set_offline(self, reason: str) -> None:
        """Show no picture and say why, and what to do."""
        self._image = None
        self._array = None
        self._reason = reason
        self.update()

    @property
    def caption(self) -> str:
        """What the chip says, e.g. ``front · 30.0 fps · 21 ms``."""
        if self._image is None:
            return f"{self._title} · offline"
        if self._recorded:
            return f"{self._title} · recorded"
        stale = " · stale" if self._age_ms > STALE_MS else ""
        return f"{self._title} · {self._fps:.1f} fps · {self._age_ms:.0f} ms{stale}"

    def sizeHint(self) -> QSize:
        return QSize(320, 240)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if self._image is None:
            return round(width * 0.75)
        return round(width * self._image.height() / self._image.width())

    # ── painting ───────────────────────────────────────────────────────────────────────────

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(COLORS.background))
        if self._image is None:
            self._paint_offline(painter)
        else:
            self._paint_picture(painter, self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_corners(painter)
        stale = self._image is None or self._age_ms > STALE_MS
        self._paint_chip(painter, self.caption, QPointF(8, 7), _CHIP_STALE if stale else _CHIP_INK)
        if self._note:
            self._paint_chip(painter, self._note, QPointF(8, self.height() - 27), _CHIP_STALE)
        painter.end()

    def picture_area(self) -> QRectF:
        """Where the picture lies inside the widget, px."""
        if self._image is None:
            return QRectF(self.rect())
        width, height = self._image.width(), self._image.height()
        scale = min(self.width() / width, self.height() / height)
        if 1.0 <= scale < 1.04:
            scale = 1.0  # 1:1 is sharp and costs a tenth
        shown = QSize(round(width * scale), round(height * scale))
        left, top = (self.width() - shown.width()) // 2, (self.height() - shown.height()) // 2
        return QRectF(left, top, shown.width(), shown.height())

    def _paint_picture(self, painter: QPainter, image: QImage) -> None:
        area = self.picture_area()
        few = area.width() * area.height() <= SMOOTH_PX
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, few)
        painter.drawImage(area, image)
        if not self._trace:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(area)
        painter.translate(area.topLeft())
        scale = area.width() / image.width()
        painter.scale(scale, scale)
        self._paint_trace(painter, 1 / scale)
        painter.restore()

    def _paint_trace(self, painter: QPainter, px: float) -> None:
        for role, line in self._trace:
            pen = QPen(QColor(0, 0, 0, 110), 5 * px)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.drawPolyline(line)
            dotted = role == "committed"
            pen = QPen(QColor(getattr(COLORS, role)), 2.6 * px)
            pen.setStyle(Qt.PenStyle.DotLine if dotted else Qt.PenStyle.SolidLine)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.drawPolyline(line)
        last = self._trace[-1][1]
        painter.setPen(QPen(QColor(0, 0, 0, 110), px))
        painter.setBrush(QColor("#ffffff"))
        painter.drawEllipse(last.at(last.size() - 1), 3.6 * px, 3.6 * px)

    def _paint_offline(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), QColor(COLORS.sunken))
        middle = self.height() / 2
        picture = icons.pixmap("camera_off", COLORS.quiet, size_px=28)
        painter.drawPixmap(QPointF(self.width() / 2 - 14, middle - 34), picture)
        painter.setFont(theme.font(12))
        painter.setPen(QColor(COLORS.quiet))
        area = QRectF(14, middle + 4, self.width() - 28, middle - 12)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(area, flags | Qt.TextFlag.TextWordWrap, self._reason)

    def _paint_corners(self, painter: QPainter) -> None:
        """Round the corners by painting the ground over them: no clip path, hardly any time."""
        whole = QPainterPath()
        whole.addRect(QRectF(self.rect()))
        inner = QPainterPath()
        inner.addRoundedRect(QRectF(self.rect()), _RADIUS_PX, _RADIUS_PX)
        painter.fillPath(whole.subtracted(inner), QColor(ground_of(self)))

    def _paint_chip(self, painter: QPainter, text: str, at: QPointF, ink: str) -> None:
        font = theme.font(11, QFont.Weight.Medium)
        metrics = QFontMetricsF(font)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, self.width() - 28)
        area = QRectF(at.x(), at.y(), metrics.horizontalAdvance(shown) + 12, 19)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(8, 10, 13, 190))
        painter.drawRoundedRect(area, 4, 4)
        painter.setFont(font)
        painter.setPen(QColor(ink))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, shown)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.clicked.emit()


def _phases(
    points: npt.NDArray[np.floating], split: int, executing: int | None
) -> list[tuple[str, QPolygonF]]:
    """Colour role and line per phase; neighbouring phases share a point; NaN rows break a line."""
    total = len(points)
    ends = (min(split, total), total if executing is None else min(split + executing, total), total)
    lines: list[tuple[str, QPolygonF]] = []
    start = 0
    for role, end in zip(("committed", "plan_near", "plan_far"), ends, strict=True):
        part = points[max(start - 1, 0) : end] if end > start else points[:0]
        lines += [
            (role, QPolygonF([QPointF(float(x), float(y)) for x, y in piece]))
            for piece in _visible_pieces(part)
        ]
        start = max(start, end)
    return lines


def _visible_pieces(points: npt.NDArray[np.floating]) -> list[npt.NDArray[np.floating]]:
    seen = np.isfinite(points).all(axis=1) if len(points) else np.zeros(0, dtype=bool)
    cuts = np.flatnonzero(np.diff(seen.astype(np.int8))) + 1
    pieces = np.split(points, cuts)
    marks = np.split(seen, cuts)
    return [p for p, m in zip(pieces, marks, strict=True) if len(p) > 1 and m[0]]


def main() -> None:
    """Show a made-up picture with a trace, a stale one, and an offline camera."""
    from PySide6.QtWidgets import QHBoxLayout

    from widgets import demo
    from widgets.demo_scene import picture, picture_trace

    def build() -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        views = [CameraView(name) for name in ("front", "wrist", "top")]
        views[0].set_frame(picture(), 30.0, 21)
        views[0].set_trace(picture_trace(), split=6, executing=14)
        views[1].set_frame(picture(), 12.4, 380)
        views[1].set_note("not calibrated: no plan drawn")
        views[2].set_offline("Unplugged 12 s ago. Plug it in again; it reconnects by itself.")
        for view in views:
            row.addWidget(view)
        return page

    demo.show(build, size=(1010, 270))


if __name__ == "__main__":
    main()
