"""A pad to drive the tool with the mouse and the keyboard.

Emits a wanted tool speed while something is pushed and zero once when nothing is any more. Knows no
arm; how fast is decided in ``widgets.drive_speed``. Keys act only while the pad has the focus.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import drive_paint
from widgets.drive_speed import KEYS, ToolSpeed, tool_speed

PERIOD_MS = 34  # at most 30 messages a second
_WHEEL_MS = 160  # one notch of the wheel lifts for this long
_KNOB_PX = 13.0


class DrivePad(QWidget):
    """Emits ``toolMoved(linear m/s, angular rad/s, gripper fraction/s)`` and ``engaged(bool)``.

    Frame: robot base, x forward, y left, z up; ``linear`` and ``angular`` are tuples of three.
    """

    toolMoved = Signal(object, object, float)
    engaged = Signal(bool)

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys: set[str] = set()
        self._knob: tuple[float, float] | None = None  # push -1…1 while the button is down
        self._lift = 0.0
        self._grip_button = ""  # "C" or "V" while a gripper area is pressed
        self._modifiers = Qt.KeyboardModifier.NoModifier
        self._moving = False
        self._hint = ""
        self._timer = QTimer(self)
        self._timer.setInterval(PERIOD_MS)
        self._timer.timeout.connect(self._emit)
        self._wheel_end = QTimer(self)
        self._wheel_end.setSingleShot(True)
        self._wheel_end.setInterval(_WHEEL_MS)
        self._wheel_end.timeout.connect(self._on_wheel_end)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(250, 180)
        self.setAccessibleName("Drive pad")

    def set_hint(self, hint: str) -> None:
        """Why pushing has no effect now ("Take over first"), "" when it has."""
        if hint != self._hint:
            self._hint = hint
            self.update()

    @property
    def speed(self) -> ToolSpeed:
        """What is asked for now."""
        shift = bool(self._modifiers & Qt.KeyboardModifier.ShiftModifier)
        fine = bool(self._modifiers & Qt.KeyboardModifier.ControlModifier)
        keys = self._keys | ({self._grip_button} - {""})
        knob = self._knob or (0.0, 0.0)
        return tool_speed(keys, knob=knob, lift=self._lift, turning=shift, fine=fine)

    def sizeHint(self) -> QSize:
        return QSize(320, 190)

    # ── painting ───────────────────────────────────────────────────────────────────────────

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        drive_paint.paint_ground(painter, QRectF(self.rect()), focused=self.hasFocus())
        center, radius = self._pad()
        shift = bool(self._modifiers & Qt.KeyboardModifier.ShiftModifier)
        drive_paint.paint_pad(painter, center, radius, self._keys, turning=shift)
        push = self._knob or _push_of(self._keys)
        knob = center + QPointF(push[0], -push[1]) * (radius - _KNOB_PX)
        drive_paint.paint_knob(painter, knob, _KNOB_PX, active=self._moving)
        drive_paint.paint_side(painter, self._side(), self._keys, self._lift, turning=shift)
        for key, area in self._grip_areas().items():
            held = key in self._keys or key == self._grip_button
            drive_paint.paint_grip(painter, area, key, held=held)
        if self._hint:
            words = self._hint
        elif self.hasFocus():
            words = "Shift turns the tool · Ctrl goes slowly"
        else:
            words = "Click here to drive with the keys"
        drive_paint.paint_hint(painter, QRectF(self.rect()), words, warn=bool(self._hint))
        painter.end()

    def _pad(self) -> tuple[QPointF, float]:
        radius = min(self.width() - 140, self.height() - 40) / 2 - 6
        return QPointF(14 + radius, 12 + radius), max(radius, 40.0)

    def _side(self) -> QRectF:
        center, radius = self._pad()
        return QRectF(center.x() + radius + 16, 12, 48, 2 * radius)

    def _grip_areas(self) -> dict[str, QRectF]:
        side = self._side()
        left, width = side.right() + 10, 52
        height = (side.height() - 8) / 2
        return {
            "V": QRectF(left, side.top(), width, height),
            "C": QRectF(left, side.top() + height + 8, width, height),
        }

    # ── mouse ──────────────────────────────────────────────────────────────────────────────

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        at = event.position()
        for key, area in self._grip_areas().items():
            if area.contains(at):
                self._grip_button = key
                self._changed()
                return
        center, radius = self._pad()
        if math.hypot(at.x() - center.x(), at.y() - center.y()) <= radius + 8:
            self._push(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._knob is not None:
            self._push(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._knob = None
        self._grip_button = ""
        self._changed()

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if notches:
            self._lift = max(-1.0, min(1.0, notches))
            self._wheel_end.start()
            self._changed()
        event.accept()

    def _push(self, at: QPointF) -> None:
        center, radius = self._pad()
        x, y = (at.x() - center.x()) / radius, (center.y() - at.y()) / radius
        reach = max(math.hypot(x, y), 1.0)
        self._knob = (x / reach, y / reach)
        self._changed()

    def _on_wheel_end(self) -> None:
        self._lift = 0.0
        self._changed()

    # ── keys ───────────────────────────────────────────────────────────────────────────────

    def event(self, event: QEvent) -> bool:
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and _letter(event) in KEYS:
            event.accept()  # while the pad has the focus its keys drive, whatever else they do
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        self._modifiers = event.modifiers()
        if _letter(event) in KEYS:
            self._keys.add(_letter(event))
        elif event.key() not in (Qt.Key.Key_Shift, Qt.Key.Key_Control):
            super().keyPressEvent(event)
        self._changed()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        self._modifiers = event.modifiers()
        self._keys.discard(_letter(event))
        self._changed()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.engaged.emit(True)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Losing the focus lets go of everything: a key released elsewhere is never seen here."""
        super().focusOutEvent(event)
        self._keys.clear()
        self._knob = None
        self._grip_button = ""
        self._modifiers = Qt.KeyboardModifier.NoModifier
        self._changed()
        self.engaged.emit(False)

    # ── sending ────────────────────────────────────────────────────────────────────────────

    def _changed(self) -> None:
        self.update()
        moving = not self.speed.is_zero
        if moving and not self._moving:
            self._moving = True
            self._timer.start()
            self._emit()
        elif not moving and self._moving:
            self._moving = False
            self._timer.stop()
            self._emit()

    def _emit(self) -> None:
        speed = self.speed
        self.toolMoved.emit(speed.linear, speed.angular, speed.gripper)


def _letter(event: QKeyEvent) -> str:
    key = event.key()
    return chr(key) if ord("A") <= key <= ord("Z") else ""


def _push_of(keys: set[str]) -> tuple[float, float]:
    """Where the knob is drawn while keys push."""
    x = ("D" in keys) - ("A" in keys)
    y = ("W" in keys) - ("S" in keys)
    reach = max(math.hypot(x, y), 1.0)
    return (x / reach, y / reach)


def main() -> None:
    """Show the pad."""
    from widgets import demo

    demo.show(DrivePad, size=(380, 290))


if __name__ == "__main__":
    main()
