"""What a training would take, asked of the training job itself before it is started.

The job does a few real steps at low priority and answers; it ends with the window. Knows no torch.
"""

from __future__ import annotations

import enum
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from model.messages import Estimated
from recordings.types import JobPhase
from studio.jobs import Job, foresight_command

POLL_NS = 200_000_000


class EstimatePhase(enum.Enum):
    """IDLE → MEASURING → ANSWERED | FAILED; a changed training set → IDLE."""

    IDLE = "idle"
    MEASURING = "measuring"
    ANSWERED = "answered"
    FAILED = "failed"


class Estimating(QObject):
    """One question at a time."""

    changed = Signal()

    def __init__(self, episodes: Path, folder: Path, parent: QObject | None = None) -> None:
        """Measure on ``episodes``, with the job's own files in ``folder``."""
        super().__init__(parent)
        self._episodes = episodes
        self._folder = folder
        self._job: Job | None = None
        self._next_poll_ns = 0
        self.phase = EstimatePhase.IDLE
        self.answer: Estimated | None = None
        self.message = ""  # why there is no answer

    def ask(self, minutes: float, *, preset: str = "tiny") -> None:
        """Measure a training of ``minutes``; nothing while it measures already."""
        if self.phase is EstimatePhase.MEASURING:
            return
        arguments = ["--episodes", str(self._episodes), "--preset", preset, "--estimate"]
        arguments += ["--out", str(self._folder / "run"), "--minutes", f"{minutes:g}"]
        self._job = Job.start("train", foresight_command("train", *arguments), self._folder)
        self.answer, self.message = None, ""
        self._become(EstimatePhase.MEASURING)

    def forget(self) -> None:
        """What was measured is no longer true: other episodes, another length."""
        if self.phase in (EstimatePhase.ANSWERED, EstimatePhase.FAILED):
            self.answer, self.message = None, ""
            self._become(EstimatePhase.IDLE)

    def tick(self, now_ns: int) -> None:
        """Read what the job said since."""
        if self._job is None or now_ns < self._next_poll_ns:
            return
        self._next_poll_ns = now_ns + POLL_NS
        for event in self._job.poll():
            if isinstance(event, Estimated):
                self.answer = event
        if self.answer is not None:
            self._end(EstimatePhase.ANSWERED)
        elif self._job.over or not self._job.alive:
            status = self._job.status
            failed = status.phase is JobPhase.FAILED
            self.message = status.message if failed else "The measurement ended without an answer."
            self._end(EstimatePhase.FAILED)

    def close(self) -> None:
        """Measure no more."""
        if self._job is not None:
            self._job.close()
            self._job = None

    def _end(self, phase: EstimatePhase) -> None:
        self.close()
        self._become(phase)

    def _become(self, phase: EstimatePhase) -> None:
        self.phase = phase
        self.changed.emit()
