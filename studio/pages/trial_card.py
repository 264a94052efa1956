"""Trials on fresh scenes: how many, and what may be concluded from how many succeeded."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QSpinBox

from studio.session import Session
from studio.trials import Trial
from widgets.card import Card, ValueRow, button, label
from widgets.strip import indent


class TrialCard(Card):
    """Runs a series and counts."""

    def __init__(self, session: Session) -> None:
        super().__init__("Trials on fresh scenes")
        self._running = session.running
        self.count = QSpinBox()
        self.count.setRange(1, 200)
        self.count.setValue(10)
        self.count.setSuffix(" scenes")
        indent(self.count)
        self.start = button("Start", icon="play")
        self.start.clicked.connect(self._on_start_clicked)
        row = QHBoxLayout()
        row.addWidget(self.count, 1)
        row.addWidget(self.start, 1)
        self.lifted = ValueRow("Cube lifted", "–")
        self.placed = ValueRow("In the tray", "–")
        self.words = label("", role="small", wrap=True)
        self.words.setVisible(False)
        self.body.addLayout(row)
        for part in (self.lifted, self.placed, self.words):
            self.body.addWidget(part)
        self._running.changed.connect(self._on_running_changed)
        self._running.trialEnded.connect(self._on_running_trial_ended)
        self._on_running_changed()

    def _on_running_changed(self) -> None:
        self.start.setText("Stop" if self._running.trials else "Start")
        self.start.setEnabled(self._running.ready)

    def _on_running_trial_ended(self, trial: Trial) -> None:
        summary = self._running.summary
        low, high = summary.lifted_interval
        self.lifted.set_value(f"{summary.lifted} of {summary.trials}")
        self.placed.set_value(f"{summary.placed} of {summary.trials}")
        self.words.setText(f"True rate of lifting: {low:.0%} to {high:.0%} (95 % confidence)")
        self.words.setVisible(True)

    def _on_start_clicked(self) -> None:
        if self._running.trials:
            self._running.stop_trials()
        else:
            self._running.start_trials(self.count.value())
