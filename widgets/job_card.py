"""One job in another process: what it does, how far it is, when it ends, and a way to stop it.

Shows a status it is given. Knows no process.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from recordings.types import JobPhase, JobStatus
from widgets import theme
from widgets.card import Card, button, label

_WORDS = {
    JobPhase.STARTING: "Starting",
    JobPhase.RUNNING: "Running",
    JobPhase.FINISHED: "Finished",
    JobPhase.CANCELLED: "Stopped by you",
    JobPhase.FAILED: "Failed",
}
_TONES = {JobPhase.FINISHED: "ok", JobPhase.CANCELLED: "attention", JobPhase.FAILED: "danger"}


class JobCard(Card):
    """Emits ``stopRequested`` and, when it has ended, ``openRequested(out)``."""

    stopRequested = Signal()
    openRequested = Signal(str)

    def __init__(self, title: str = "Job", *, parent: QWidget | None = None) -> None:
        super().__init__(title, parent=parent)
        self._out = ""
        self._phase = label("", role="value")
        self._eta = label("", role="quiet")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._message = label("", role="quiet", wrap=True)
        self.stop_button = button("Stop", icon="stop", tip="Stops cleanly and keeps what is done")
        self.open_button = button("Open folder", kind="quiet", icon="folder")
        top = QHBoxLayout()
        top.addWidget(self._phase)
        top.addStretch(1)
        top.addWidget(self._eta)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.open_button)
        foot.addWidget(self.stop_button)
        self.body.addLayout(top)
        self.body.addWidget(self._bar)
        self.body.addWidget(self._message)
        self.body.addLayout(foot)
        self.stop_button.clicked.connect(self._on_stop_clicked)
        self.open_button.clicked.connect(self._on_open_clicked)
        self.set_status(None)

    def set_status(self, status: JobStatus | None) -> None:
        """Show a status; None: nothing runs and nothing ran."""
        running = status is not None and status.phase in (JobPhase.STARTING, JobPhase.RUNNING)
        self.stop_button.setVisible(running)
        self._out = status.out if status else ""
        self.open_button.setVisible(bool(self._out) and not running)
        self._bar.setVisible(status is not None)
        if status is None:
            self._show("Nothing is running", "", "", tone="quiet")
            return
        steps = f" · {grouped(status.step)} / {grouped(status.total)}" if status.total else ""
        eta = remaining(status.eta_s) if running else ""
        tone = _TONES.get(status.phase, "")
        self._show(_WORDS[status.phase] + steps, eta, status.message, tone=tone)
        busy = running and (status.total <= 0 or status.phase is JobPhase.STARTING)
        self._bar.setRange(0, 0 if busy else max(status.total, 1))
        if not busy:
            done = status.phase is JobPhase.FINISHED
            self._bar.setValue(max(status.total, 1) if done else min(status.step, status.total))
        theme.restyle(self._bar, tone=tone)

    @property
    def text(self) -> str:
        """All that can be read on the card."""
        parts = (self._phase.text(), self._eta.text(), self._message.text())
        return " · ".join(part for part in parts if part)

    def _show(self, phase: str, eta: str, message: str, *, tone: str) -> None:
        self._phase.setText(phase)
        self._eta.setText(eta)
        self._message.setText(message)
        self._message.setVisible(bool(message))
        theme.restyle(self._phase, tone=tone)

    def _on_stop_clicked(self) -> None:
        self.stopRequested.emit()

    def _on_open_clicked(self) -> None:
        self.openRequested.emit(self._out)


def remaining(eta_s: float | None) -> str:
    """``about 3 min left``; an estimate is never more exact than it deserves."""
    if eta_s is None:
        return "estimating…"
    if eta_s < 10:
        return "a few seconds left"
    if eta_s < 90:
        return f"about {round(eta_s / 5) * 5} s left"
    if eta_s < 5400:
        return f"about {round(eta_s / 60)} min left"
    return f"about {eta_s / 3600:.1f} h left"


def grouped(number: int) -> str:
    """``12400`` → ``12 400`` with a narrow space."""
    return f"{number:,}".replace(",", "\u202f")


def main() -> None:
    """Show a running, a failed, a finished and no job."""
    from PySide6.QtWidgets import QVBoxLayout

    from widgets import demo

    def build() -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        states = (
            JobStatus("train", JobPhase.RUNNING, 1240, 4000, {}, 374.0, "loss 0.042"),
            JobStatus("train", JobPhase.STARTING, message="Reading 50 episodes"),
            JobStatus("train", JobPhase.FAILED, 80, 4000, message="Disk full: 12 MB left. Free some"
                      " space and press Start again; it goes on at step 80.", out="/runs/14"),
            JobStatus("train", JobPhase.FINISHED, 4000, 4000, message="Run 14 is ready", out="/r"),
            None,
        )  # fmt: skip
        for status in states:
            card = JobCard("Fine-tune")
            card.set_status(status)
            column.addWidget(card)
        return page

    demo.show(build, size=(460, 760))


if __name__ == "__main__":
    main()
