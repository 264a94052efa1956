"""What the next training would take on this machine, measured on request before it starts."""

from __future__ import annotations

from collections.abc import Callable

from model.messages import Estimated
from studio.parts.estimating import EstimatePhase, Estimating
from widgets.card import Card, ValueRow, button, label


class EstimateCard(Card):
    """A button, and below it time, steps and memory with what to change if they do not fit."""

    def __init__(self, estimating: Estimating, minutes: Callable[[], float]) -> None:
        super().__init__("Before you start")
        self._estimating = estimating
        self._minutes = minutes
        self.ask = button("Measure time and memory")
        self.ask.clicked.connect(self._on_ask_clicked)
        self.body.addWidget(self.ask)
        self.rows = {name: ValueRow(name) for name in ("Time", "Steps", "Memory", "Disk")}
        for row in self.rows.values():
            self.body.addWidget(row)
        self.note = label("", role="quiet", wrap=True)
        self.body.addWidget(self.note)
        estimating.changed.connect(self.show_answer)
        self.show_answer()

    def show_answer(self) -> None:
        """Bring the card up to date."""
        measuring = self._estimating.phase is EstimatePhase.MEASURING
        answer = self._estimating.answer
        self.ask.setText("Measuring a few steps…" if measuring else "Measure time and memory")
        self.ask.setEnabled(not measuring)
        for row in self.rows.values():
            row.setVisible(answer is not None)
        if answer is not None:
            self._show(answer)
        text = self._estimating.message if answer is None else _verdict(answer)
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _show(self, answer: Estimated) -> None:
        self.rows["Time"].set_value(f"{answer.minutes:.1f} min")
        self.rows["Steps"].set_value(f"{answer.steps:,} of {answer.seconds_per_step:.2f} s")
        self.rows["Memory"].set_value(f"{answer.peak_gb:.1f} of {answer.available_gb:.1f} GB")
        need_gb = 2 * answer.checkpoint_gb  # as many checkpoints as are kept
        self.rows["Disk"].set_value(f"{need_gb:.2f} of {answer.free_disk_gb:.0f} GB")

    def _on_ask_clicked(self) -> None:
        self._estimating.ask(self._minutes())


def _verdict(answer: Estimated) -> str:
    return "It fits." if answer.fits else f"It does not fit: {answer.advice}."
