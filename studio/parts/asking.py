"""Asking a policy what it would do at a recorded moment: one job, its stages, its answer.

The job is ``foresight plan``; it ends with the window and moves nothing. One question at a time.
Knows no torch, no geometry and no widget.
"""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from model.errors import ModelError
from recordings.reader import Episode
from recordings.types import JobPhase, JobStatus
from studio.jobs import Job, foresight_command
from studio.parts.asked import Answer
from studio.parts.review import Review

POLL_NS = 100_000_000
SAMPLES = 8  # plans drawn, as many as while it drives
ANSWER = "answer.npz"


class Asking(QObject):
    """A run that was chosen, and what it would do at the cursor of the open episode."""

    changed = Signal()
    answered = Signal()

    def __init__(self, review: Review, folder: Path, parent: QObject | None = None) -> None:
        """Ask about the episode open in ``review``, with the job's own files in ``folder``."""
        super().__init__(parent)
        self._review = review
        self._folder = folder
        self._job: Job | None = None
        self._about = ""  # id of the episode
        self._asked = Path()  # the run that thinks, or thought
        self._next_poll_ns = 0
        self._began_s = 0.0
        self._took_s: dict[Path, float] = {}  # how long a run took to answer, in this session
        self.run: Path | None = None
        self.at_s = 0.0  # of the question, since the start of the episode
        self.status: JobStatus | None = None  # of the newest question
        self.answer: Answer | None = None
        review.opened.connect(self._on_review_opened)

    @property
    def asking(self) -> bool:
        return self._job is not None

    @property
    def waited_s(self) -> float:
        """Since the question."""
        return time.monotonic() - self._began_s

    @property
    def expected_s(self) -> float | None:
        """How long this run took the last time; None when it was not asked yet."""
        return self._took_s.get(self.run) if self.run else None

    # ── intents ────────────────────────────────────────────────────────────────────────────────

    def choose(self, run: Path | None) -> None:
        """Which run is asked next."""
        if run != self.run:
            self.run = run
            self.changed.emit()

    def ask_here(self) -> None:
        """Ask the chosen run about the cursor; nothing without both, or while it is thinking."""
        episode = self._review.episode
        if self.run is None or episode is None or self.asking:
            return
        if self._review.playing:
            self._review.toggle_play()
        self._about, self._asked = episode.info.id, self.run
        self.at_s = float(self._review.t_s[self._review.row])
        self.answer = None
        self._began_s = time.monotonic()
        (self._folder / ANSWER).unlink(missing_ok=True)
        self._job = Job.start("plan", self._command(self.run, episode), self._folder)
        self.status = self._job.status
        self.changed.emit()

    def cancel(self) -> None:
        """Think no further."""
        if self._job is not None:
            self._job.stop()

    # ── every tick ─────────────────────────────────────────────────────────────────────────────

    def tick(self, now_ns: int) -> None:
        """Read what the job said since."""
        if self._job is None or now_ns < self._next_poll_ns:
            return
        self._next_poll_ns = now_ns + POLL_NS
        self._job.poll()
        self.status = self._job.status
        if self._job.over:
            self._end(self._job)
        self.changed.emit()  # the seconds count on
        if self.answer is not None:
            self.answered.emit()

    def close(self) -> None:
        """End the job with the window."""
        if self._job is not None:
            self._job.close(timeout_s=2.0)
            self._job = None

    def _command(self, run: Path, episode: Episode) -> list[str]:
        return foresight_command(
            "plan", "--events", "--run", str(run), "--episode", str(episode.path),
            "--at", repr(self.at_s), "--samples", str(SAMPLES), "--out", str(self._folder / ANSWER),
        )  # fmt: skip

    def _end(self, job: Job) -> None:
        self.close()
        if job.status.phase is not JobPhase.FINISHED:
            return
        try:
            self.answer = Answer.read(self._folder / ANSWER)
        except (ModelError, OSError) as error:
            message = f"The answer cannot be read: {error}"
            self.status = JobStatus("plan", JobPhase.FAILED, message=message)
        self._took_s[self._asked] = self.waited_s

    def _on_review_opened(self, episode: Episode | None) -> None:
        """An answer about another episode is no answer about this one."""
        if episode is None or episode.info.id == self._about:
            return
        self.close()
        self._about, self.answer, self.status = "", None, None
        self.changed.emit()
