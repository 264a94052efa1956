"""Which policy runs, for which task, and whether its planner is ready."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QComboBox, QLineEdit

from recordings.types import JobPhase
from studio.parts.runs import RunInfo
from studio.session import Session
from widgets import theme
from widgets.card import Card, button, label


class PolicyCard(Card):
    """Loading moves nothing: it starts the planner, which shows what it would do."""

    def __init__(self, session: Session) -> None:
        super().__init__("Policy")
        self._session = session
        self._running = session.running
        self.runs = QComboBox()
        self.task = QLineEdit(self._running.task)
        self.task.setPlaceholderText("What the policy shall do")
        self.task.editingFinished.connect(lambda: session.set_task(self.task.text()))
        self.load = button("Load policy", kind="primary", icon="chip")
        self.load.clicked.connect(self._on_load_clicked)
        self.words = label("", role="quiet", wrap=True)
        for part in (self.runs, self.task, self.load, self.words):
            self.body.addWidget(part)
        self._running.changed.connect(self._on_running_changed)
        session.training.runsChanged.connect(self._on_training_runs_changed)
        session.preferencesChanged.connect(lambda p: self.task.setText(p.task))
        self._on_running_changed()

    def _on_running_changed(self) -> None:
        index = self.runs.findData(self._running.run)
        if self._running.run is not None and index >= 0:
            self.runs.setCurrentIndex(index)
        text, tone = self._state()
        self.words.setText(text)
        theme.restyle(self.words, tone=tone)
        self.load.setEnabled(self.runs.count() > 0 and not self._running.loading)

    def _state(self) -> tuple[str, str]:
        """Words and their tone."""
        running, server = self._running, self._running.server
        if running.ready and server is not None:
            plan_ms = server.status.metrics.get("plan_ms", 0.0)
            return f"Ready. One plan takes {plan_ms:.0f} ms.", "ok"
        if running.loading:
            return "Loading the policy…", "quiet"
        if server is not None and server.status.phase is JobPhase.FAILED:
            return server.status.message, "danger"
        if self.runs.count():
            return "Choose a run and load it. Nothing moves by loading.", "quiet"
        return "No trained run yet: train one on Train.", "attention"

    def _on_training_runs_changed(self, runs: list[RunInfo]) -> None:
        chosen = self._running.run or self.runs.currentData()
        self.runs.clear()
        for run in runs:
            if run.usable:
                self.runs.addItem(run.name, run.path)
        self.runs.setCurrentIndex(max(0, self.runs.findData(chosen)))
        self._on_running_changed()

    def _on_load_clicked(self) -> None:
        run = self.runs.currentData()
        if isinstance(run, Path):
            self._running.choose(run)
