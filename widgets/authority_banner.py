"""Who drives, in text, shape and colour, readable in the corner of the eye.

Shows what it is told. Knows nothing of how authority changes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from PySide6.QtCore import QElapsedTimer, QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from recordings.rig_status import Torque
from recordings.types import Authority
from widgets import theme
from widgets.palette import COLORS

_FRAME_MS = 40
_PERIOD_S = 1.2  # one swing of the moving diamond


@dataclass(frozen=True, slots=True)
class BannerLook:
    """What a state looks like: word, shape, colour roles of :mod:`widgets.palette`."""

    text: str
    shape: str  # "square", "circle", "triangle", "diamond", "cross", "ring"
    mark: str  # the same shape as a character, for texts and screen readers
    fill: str
    ink: str
    moving: bool = False


HOLDING = BannerLook("HOLDING", "square", "■", "attention_fill", "on_attention")
STOPPED = BannerLook("HOLDING · STOPPED", "square", "■", "attention_fill", "on_attention")
YOU_DRIVE = BannerLook("YOU DRIVE", "circle", "●", "human_fill", "on_fill")
POLICY_DRIVES = BannerLook("POLICY DRIVES", "triangle", "▲", "ok_fill", "on_fill")
HANDING_OVER = BannerLook(
    "HANDING OVER", "diamond", "◆", "attention_fill", "on_attention", moving=True
)
PARKING = BannerLook(
    "PARKING · STOPPED", "diamond", "◆", "attention_fill", "on_attention", moving=True
)
LIMP = BannerLook("LIMP · NO TORQUE", "ring", "○", "danger", "on_fill")
FAULT = BannerLook("FAULT", "cross", "✕", "danger", "on_fill")


def look(
    authority: Authority,
    *,
    handing_over: bool = False,
    fault: bool = False,
    stopped: bool = False,
    torque: Torque = Torque.ON,
    driver: str = "",
) -> BannerLook:
    """Which look a state has; a fault outranks STOP, STOP outranks everything else."""
    if fault:
        return FAULT
    if torque is not Torque.ON:
        return LIMP if torque is Torque.OFF else PARKING
    if stopped:
        return STOPPED
    if handing_over:
        return HANDING_OVER
    if authority is Authority.LEADER and driver:
        return replace(YOU_DRIVE, text=f"{driver.upper()} DRIVES")
    return {
        Authority.HOLD: HOLDING,
        Authority.LEADER: YOU_DRIVE,
        Authority.POLICY: POLICY_DRIVES,
    }[authority]


class AuthorityBanner(QWidget):
    """The banner; its timer runs only while something is being handed over."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = HOLDING
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self.update)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._describe()

    def set_state(
        self,
        authority: Authority,
        handing_over: bool = False,
        fault: str | None = None,
        stopped: bool = False,
        torque: Torque = Torque.ON,
        driver: str = "",
    ) -> None:
        """Show who drives.

        Args:
            authority: who moves the follower.
            handing_over: the leader is being aligned; outranks ``authority``.
            fault: what is broken in words (tooltip), None or "" when nothing is.
            stopped: STOP was pressed and not released.
            torque: whether the motors push.
            driver: who leads when that is not the person, e.g. "demonstrator".
        """
        new = look(
            authority,
            handing_over=handing_over,
            fault=bool(fault),
            stopped=stopped,
            torque=torque,
            driver=driver,
        )
        self.setToolTip(fault or "")
        if new == self._look:
            return
        self._look = new
        self._describe()
        if new.moving:
            self._clock.start()
            self._timer.start()
        else:
            self._timer.stop()
        self.updateGeometry()
        self.update()

    @property
    def text(self) -> str:
        """What a person reads, e.g. ``▲ POLICY DRIVES``."""
        return f"{self._look.mark} {self._look.text}"

    def sizeHint(self) -> QSize:
        words = max(self._look.text, POLICY_DRIVES.text, key=len)  # the same for most states
        return QSize(round(QFontMetricsF(self._font()).horizontalAdvance(words)) + 54, 34)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(COLORS, self._look.fill)))
        painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        ink = QColor(getattr(COLORS, self._look.ink))
        metrics = QFontMetricsF(self._font())
        text_px = metrics.horizontalAdvance(self._look.text)
        left = (self.width() - text_px - 22) / 2
        self._paint_shape(painter, QPointF(left + 6 + self._swing_px(), self.height() / 2), ink)
        painter.setPen(ink)
        painter.setFont(self._font())
        area = QRectF(left + 22, 0, text_px + 4, self.height())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self._look.text)
        painter.end()

    def _paint_shape(self, painter: QPainter, center: QPointF, ink: QColor) -> None:
        painter.setBrush(ink)
        x, y = center.x(), center.y()
        if self._look.shape == "square":
            painter.drawRect(QRectF(x - 5.5, y - 5.5, 11, 11))
        elif self._look.shape == "circle":
            painter.drawEllipse(center, 6, 6)
        elif self._look.shape == "ring":
            painter.setPen(QPen(ink, 2.4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(center, 5, 5)
        elif self._look.shape == "triangle":
            corners = ((x, y - 6.5), (x + 7, y + 5.5), (x - 7, y + 5.5))
            painter.drawPolygon(QPolygonF([QPointF(*c) for c in corners]))
        elif self._look.shape == "diamond":
            corners = ((x, y - 7.5), (x + 7, y), (x, y + 7.5), (x - 7, y))
            painter.drawPolygon(QPolygonF([QPointF(*c) for c in corners]))
        else:
            painter.translate(center)
            for angle in (45, -45):
                painter.rotate(angle)
                painter.drawRect(QRectF(-7.5, -1.6, 15, 3.2))
                painter.rotate(-angle)
            painter.translate(-center)

    def _swing_px(self) -> float:
        if not self._look.moving:
            return 0.0
        return 5.0 * math.sin(2 * math.pi * self._clock.elapsed() / 1000 / _PERIOD_S) - 3.0

    def _describe(self) -> None:
        self.setAccessibleName(self.text)

    def _font(self) -> QFont:
        result = theme.font(14, QFont.Weight.Bold)
        result.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 104)
        return result


def main() -> None:
    """Show all states below each other."""
    from PySide6.QtWidgets import QVBoxLayout

    from widgets import demo

    def build() -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        for authority in Authority:
            banner = AuthorityBanner()
            banner.set_state(authority)
            column.addWidget(banner)
        for torque in (Torque.PARKING, Torque.OFF):
            banner = AuthorityBanner()
            banner.set_state(Authority.HOLD, torque=torque)
            column.addWidget(banner)
        banner = AuthorityBanner()
        banner.set_state(Authority.LEADER, driver="demonstrator")
        column.addWidget(banner)
        for handing_over, fault, stopped in (
            (True, "", False),
            (False, "arm unplugged", False),
            (False, "", True),
        ):
            banner = AuthorityBanner()
            banner.set_state(Authority.HOLD, handing_over, fault, stopped)
            column.addWidget(banner)
        return page

    demo.show(build, size=(280, 320))


if __name__ == "__main__":
    main()
