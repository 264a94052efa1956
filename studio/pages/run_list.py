"""The runs there are, newest first, each with one click to its preview."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from recordings.types import JobPhase
from studio.parts.runs import RunInfo
from studio.parts.training import Training
from widgets.card import Card, Heading, button, label

SHOWN_RUNS = 8  # newest ones


class RunList(QWidget):
    """A column of cards."""

    def __init__(self, training: Training, preview: Callable[[Path], None]) -> None:
        super().__init__()
        self._preview = preview
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 0)
        layout.addWidget(Heading("Runs"))
        layout.addLayout(self._cards)
        layout.addStretch(1)
        training.runsChanged.connect(self._on_training_runs_changed)

    def _on_training_runs_changed(self, runs: list[RunInfo]) -> None:
        while (entry := self._cards.takeAt(0)) is not None:
            widget = entry.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for run in runs[:SHOWN_RUNS]:
            self._cards.addWidget(self._card(run))

    def _card(self, run: RunInfo) -> Card:
        card = Card()
        card.setToolTip(str(run.path))
        card.body.addWidget(label(run.name, role="value"))
        tone = "danger" if run.phase is JobPhase.FAILED else ""
        card.body.addWidget(label(run.line, role="quiet", tone=tone, wrap=True))
        if run.usable:
            preview = button("Preview", icon="run", tip="Opens Run with this policy")
            preview.clicked.connect(partial(self._on_preview_clicked, run.path))
            card.body.addWidget(preview, 0, Qt.AlignmentFlag.AlignLeft)
        return card

    def _on_preview_clicked(self, run: Path, checked: bool = False) -> None:
        self._preview(run)
