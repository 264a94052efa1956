"""The newcomer's way through the loop: five short steps, each done when it really happened.

Watches the session; what was done once stays done (it is a preference). Blocks nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from devices.commands import AuthorityChanged, PlanProposed
from recordings.types import Authority, EpisodePhase
from studio.session import Session

ENOUGH_EPISODES = 5  # kept ones; the demonstrator makes them in about a minute


@dataclass(frozen=True, slots=True)
class Step:
    """One step: where it happens, and what to do there in one or two sentences."""

    key: str
    page: str
    title: str
    text: str


STEPS = (
    Step(
        "drive",
        "teach",
        "Drive it",
        "Drag the round pad, or click it and press W A S D. The arm in the 3D view follows.",
    ),
    Step(
        "record",
        "teach",
        "Record",
        f"Keep {ENOUGH_EPISODES} demonstrations: Space starts and ends a take. Or press Let it "
        "record, and the demonstrator makes them.",
    ),
    Step(
        "train",
        "train",
        "Train",
        "Press Train. A small policy learns from what you kept, on this computer, in minutes.",
    ),
    Step(
        "preview",
        "run",
        "Preview",
        "Load the policy and press Preview plan: the ghost arm shows what it would do. Nothing "
        "moves.",
    ),
    Step(
        "take_over",
        "run",
        "Let it run",
        "Approve the plan with Enter, watch, and press Tab: you drive at once.",
    ),
)


class FirstSteps(QObject):
    """Which of the steps are done."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._authority = session.status.authority
        session.authorityChanged.connect(self._on_session_authority_changed)
        session.preferencesChanged.connect(lambda _: self.changed.emit())
        session.review.episodesChanged.connect(lambda _: self._look())
        session.training.runsChanged.connect(lambda _: self._look())
        session.running.planChanged.connect(self._on_running_plan_changed)

    @property
    def shown(self) -> bool:
        """Whether a person wants to see them; they speak of the simulated bench."""
        return self._session.preferences.first_steps and self._session.cell.bench.is_simulated

    def done(self, step: Step) -> bool:
        return step.key in self._session.preferences.steps_done

    @property
    def current(self) -> Step | None:
        """The first step that is not done, None when all are."""
        return next((step for step in STEPS if not self.done(step)), None)

    @property
    def progress(self) -> str:
        """How far the current step is, "" where that is not counted."""
        step = self.current
        if step is None or step.key != "record":
            return ""
        return f"{min(self._kept, ENOUGH_EPISODES)} of {ENOUGH_EPISODES} kept"

    def dismiss(self) -> None:
        """Do not show them any more; Preferences and Ctrl+K bring them back."""
        self._session.prefer(first_steps=False)

    # ── watching ───────────────────────────────────────────────────────────────────────────────

    @property
    def _kept(self) -> int:
        return sum(e.phase is EpisodePhase.KEPT for e in self._session.review.episodes)

    def _look(self) -> None:
        if self._kept >= ENOUGH_EPISODES:
            self._finish("drive", "record")  # who has that many does not need to be told
        if any(run.usable for run in self._session.training.runs):
            self._finish("train")
        self.changed.emit()

    def _on_session_authority_changed(self, change: AuthorityChanged) -> None:
        before, self._authority = self._authority, change.authority
        person = change.authority is Authority.LEADER and not self._session.teaching.demonstrating
        if person:
            self._finish("drive")
        if person and before is Authority.POLICY:
            self._finish("take_over")

    def _on_running_plan_changed(self, proposal: PlanProposed | None) -> None:
        if proposal is not None:
            self._finish("preview")

    def _finish(self, *keys: str) -> None:
        done = self._session.preferences.steps_done
        fresh = tuple(key for key in keys if key not in done)
        if fresh:
            self._session.prefer(steps_done=(*done, *fresh))
