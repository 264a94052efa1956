"""The bar that never changes: who drives, task, policy, loop, plan age, recording, STOP.

Setters only; it knows no session. Every item keeps its place when its number changes.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from recordings.rig_status import Torque
from recordings.types import Authority
from widgets import theme
from widgets.authority_banner import AuthorityBanner
from widgets.card import button, label
from widgets.palette import COLORS
from widgets.stop_button import StopButton

_HEIGHT_PX = 54
_RESUME = "Leave the stopped state; the arm holds"
_RESUME_LIMP = "Torque on where the arm lies; it holds there"
_LATE_MS = 5.0  # p99 lateness beyond which the loop rate asks for attention


class StatusItem(QWidget):
    """A quiet name, a strong value and a quiet remark in one line; elides the value when narrow."""

    def __init__(self, name: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = label(name, role="quiet")
        self._value = _Elided()
        self._remark = label("", role="quiet")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        for part in (self._name, self._value, self._remark):
            row.addWidget(part)
        self.setVisible(False)

    def set_value(self, value: str, *, remark: str = "", tone: str = "") -> None:
        """Show ``value`` (hidden when empty); ``tone`` as in :class:`widgets.card.ValueRow`."""
        self.setVisible(bool(value))
        self._value.set_text(value)
        theme.restyle(self._value, tone=tone)
        self._remark.setText(remark)
        self._remark.setVisible(bool(remark))

    @property
    def text(self) -> str:
        parts = (self._name.text(), self._value.full_text, self._remark.text())
        return " ".join(part for part in parts if part)


class _Elided(QLabel):
    def __init__(self) -> None:
        super().__init__()
        self.full_text = ""
        self.setProperty("role", "value")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def set_text(self, text: str) -> None:
        if text != self.full_text:
            self.full_text = text
            self.setToolTip(text)
            self.setText(text)
            self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        width = QFontMetrics(self.font()).horizontalAdvance(self.full_text[:6] + "…")
        return QSize(min(width, super().sizeHint().width()), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        metrics = QFontMetrics(self.font())
        shown = metrics.elidedText(self.full_text, Qt.TextElideMode.ElideRight, self.width())
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, shown)
        painter.end()


class RecordingMark(QWidget):
    """A red dot with a counter while recording; hollow and quiet when not."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._on = False
        self._text = label("not recording", role="quiet")
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 0, 0, 0)
        row.addWidget(self._text)

    def set_recording(self, episode: str | None, seconds: float = 0.0, unsaved: int = 0) -> None:
        """Show the episode being recorded (None: none), its time, and how many wait to be saved."""
        self._on = episode is not None
        waiting = f" · {unsaved} unsaved" if unsaved else ""
        if episode is None:
            self._text.setText(f"not recording{waiting}")
        else:
            minutes, rest = divmod(int(seconds), 60)
            self._text.setText(f"REC {episode} · {minutes:02d}:{rest:02d}{waiting}")
        theme.restyle(self._text, role="value" if self._on else "quiet")
        self.update()

    @property
    def text(self) -> str:
        return self._text.text()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(2, self.height() / 2 - 5, 10, 10)
        painter.setPen(QColor("#ff4d55" if self._on else COLORS.quiet))
        painter.setBrush(QColor("#ff4d55") if self._on else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(area)
        painter.end()


class TopBar(QWidget):
    """Emits what STOP and, while stopped, Resume ask for."""

    stopRequested = Signal()
    torqueReleaseRequested = Signal()
    resumeRequested = Signal()

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(_HEIGHT_PX)
        self.setProperty("role", "bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.banner = AuthorityBanner()
        self.stop_button = StopButton()
        self._task = StatusItem("Task")
        self._policy = StatusItem("Policy")
        self._loop = StatusItem("Loop")
        self._plan_age = StatusItem("Plan age")
        self._recording = RecordingMark()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 0, 14, 0)
        self._row.setSpacing(17)
        self._row.addWidget(label("Foresight", role="brand"))
        self._row.addWidget(self.banner)
        for item in (self._task, self._policy, self._loop, self._plan_age, self._recording):
            self._row.addWidget(item)
        self._row.addStretch(1)
        self.resume_button = button("Resume", icon="play", tip=_RESUME)
        self.resume_button.setVisible(False)
        self._row.addWidget(self.resume_button)
        self._row.addWidget(self.stop_button)
        self.stop_button.stopRequested.connect(self.stopRequested)
        self.stop_button.torqueReleaseRequested.connect(self.torqueReleaseRequested)
        self.resume_button.clicked.connect(self._on_resume_clicked)

    def set_authority(
        self,
        authority: Authority,
        handing_over: bool = False,
        fault: str | None = None,
        stopped: bool = False,
        torque: Torque = Torque.ON,
        driver: str = "",
    ) -> None:
        """See :meth:`widgets.authority_banner.AuthorityBanner.set_state`."""
        self.banner.set_state(authority, handing_over, fault, stopped, torque, driver)
        self.stop_button.set_state(stopped, torque)
        self.resume_button.setVisible(stopped)
        limp = torque is Torque.OFF
        self.resume_button.setToolTip(_RESUME_LIMP if limp else _RESUME)

    def set_task(self, task: str) -> None:
        self._task.set_value(task)

    def set_policy(self, policy: str) -> None:
        self._policy.set_value(policy)

    def set_loop(self, hz: float | None, p99_ms: float = 0.0) -> None:
        """Control rate and 99th percentile of lateness; None while no loop runs."""
        if hz is None:
            self._loop.set_value("")
            return
        tone = "attention" if p99_ms > _LATE_MS else ""
        self._loop.set_value(f"{hz:.1f} Hz", remark=f"· p99 {p99_ms:.1f} ms", tone=tone)

    def set_plan_age(self, age_ms: float | None) -> None:
        """Age of the observation behind the active plan; None while no plan runs."""
        self._plan_age.set_value("" if age_ms is None else f"{age_ms:.0f} ms")

    def set_recording(self, episode: str | None, seconds: float = 0.0, unsaved: int = 0) -> None:
        """See :meth:`RecordingMark.set_recording`."""
        self._recording.set_recording(episode, seconds, unsaved)

    def add_widget(self, widget: QWidget) -> None:
        """Put a widget (menu, sound switch) left of STOP."""
        self._row.insertWidget(self._row.count() - 2, widget)

    def _on_resume_clicked(self) -> None:
        self.resumeRequested.emit()

    def sizeHint(self) -> QSize:
        return QSize(1200, _HEIGHT_PX)


def main() -> None:
    """Show the bar while a policy drives and an episode is recorded."""
    from widgets import demo

    def build() -> QWidget:
        bar = TopBar()
        bar.set_authority(Authority.POLICY)
        bar.set_task("put the red cube in the tray")
        bar.set_policy("cube-tray · run 14")
        bar.set_loop(100.0, 0.6)
        bar.set_plan_age(84)
        bar.set_recording("ep 37", 18)
        return bar

    demo.show(build, size=(1440, 54), margin_px=0)


if __name__ == "__main__":
    main()
