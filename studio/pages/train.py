"""Train: one button, what it learns from, the curves while it learns, and the runs there are."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QVBoxLayout, QWidget

from recordings.types import JobStatus
from studio.actions import action
from studio.pages.estimate_card import EstimateCard
from studio.pages.learning_curves import LearningCurves
from studio.pages.page import Page, column
from studio.pages.run_list import RunList
from studio.parts.training import TrainingSet
from studio.session import Session
from widgets.card import Card, ValueRow, button, label
from widgets.job_card import JobCard
from widgets.strip import indent

FEW = 10  # fewer episodes than this are said to be few


class TrainPage(Page):
    """Runs beside the rail, curves in the middle, the button and its facts on the right."""

    key = "train"
    uses_stage = False

    def __init__(self, session: Session, preview: Callable[[Path], None]) -> None:
        super().__init__()
        self._session = session
        self._training = session.training
        self.job = JobCard("Training")
        self.left = RunList(self._training, preview)
        self.curves = LearningCurves(self._training)
        self.centre = self._middle()
        start = self._start_card()
        self.estimate = EstimateCard(session.estimating, self.minutes.value)
        self.minutes.valueChanged.connect(session.estimating.forget)
        self.inspector = column(self._set_card(), self.estimate, start, self._result_card())
        self.job.stopRequested.connect(self._training.stop)
        self._training.started.connect(self._on_training_started)
        self._training.statusChanged.connect(self._on_training_status_changed)
        session.review.episodesChanged.connect(self._on_episodes_changed)
        self._show_set()

    # ── panels ─────────────────────────────────────────────────────────────────────────────────

    def _middle(self) -> QWidget:
        panel = QWidget()
        layout = QVBoxLayout(panel)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        layout.addWidget(self.job)
        layout.addWidget(self.curves, 1)
        return panel

    def _set_card(self) -> QWidget:
        card = Card("What it learns from")
        self.rows = {
            name: ValueRow(name) for name in ("Episodes", "Motion", "Tasks", "Starts from")
        }
        for row in self.rows.values():
            card.body.addWidget(row)
        self.advice = label("", tone="attention", wrap=True)
        card.body.addWidget(self.advice)
        return card

    def _start_card(self) -> QWidget:
        card = Card("Train")
        self.minutes = QDoubleSpinBox()
        self.minutes.setRange(0.5, 600)
        self.minutes.setDecimals(1)
        self.minutes.setSuffix(" min")
        indent(self.minutes)
        self.minutes.setValue(self._session.preferences.train_minutes)
        self.start = button(
            "Train", kind="primary", icon="train", key=action("train").cap, tip=action("train").tip
        )
        self.start.clicked.connect(self._on_start_clicked)
        row = QHBoxLayout()
        row.addWidget(label("Train for", role="quiet"))
        row.addWidget(self.minutes, 1)
        card.body.addLayout(row)
        card.body.addWidget(self.start)
        card.body.addWidget(
            label(
                "Uses this computer's processor and leaves a core free. You may close the window: "
                "training goes on, and is here when you come back.",
                role="quiet",
                wrap=True,
            )
        )
        return card

    def _result_card(self) -> QWidget:
        self.result = Card("This run")
        names = ("Step", "Loss", "Held-out loss", "Held-out error", "Speed")
        self.result_rows = {name: ValueRow(name) for name in names}
        for row in self.result_rows.values():
            self.result.body.addWidget(row)
        self.result.setVisible(False)
        return self.result

    # ── showing ────────────────────────────────────────────────────────────────────────────────

    def _show_set(self) -> None:
        known = TrainingSet.of(self._session.review.episodes)
        self.rows["Episodes"].set_value(str(known.episodes))
        self.rows["Motion"].set_value(f"{known.minutes:.1f} min")
        self.rows["Tasks"].set_value("\n".join(known.tasks) or "–")
        self.rows["Starts from"].set_value("tiny foundation")
        few = known.episodes < FEW
        self.advice.setVisible(few)
        self.advice.setText(
            "No kept episodes yet: record some on Teach."
            if not known.episodes
            else f"{known.episodes} episodes are few; 50 are a good start."
        )
        self.start.setEnabled(known.episodes > 0 and not self._training.running)

    def _on_episodes_changed(self) -> None:
        self._session.estimating.forget()
        self._show_set()

    def _on_training_started(self) -> None:
        self.result.setVisible(True)
        job = self._training.job
        self.job.set_title(f"Training · {job.folder.name}" if job else "Training")

    def _on_training_status_changed(self, status: JobStatus) -> None:
        self.job.set_status(status)
        metrics = status.metrics
        self.result_rows["Step"].set_value(f"{status.step:,}")
        self.result_rows["Loss"].set_value(f"{metrics['loss']:.3f}" if "loss" in metrics else "–")
        heldout = metrics.get("heldout")
        self.result_rows["Held-out loss"].set_value("–" if heldout is None else f"{heldout:.3f}")
        error_rad = metrics.get("heldout_rad")
        error = "–" if error_rad is None else f"{math.degrees(error_rad):.1f}° per joint"
        self.result_rows["Held-out error"].set_value(error)
        self.result_rows["Speed"].set_value(f"{metrics.get('steps_per_s', 0):.1f} steps/s")
        self.start.setText("Training…" if self._training.running else "Train   Ctrl+T")
        self._show_set()

    def _on_start_clicked(self) -> None:
        self._training.start(self.minutes.value())
