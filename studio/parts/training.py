"""Training as the studio sees it: what would be trained on, the job that runs, the runs there are.

One training at a time. A job outlives the window; :meth:`Training.find` meets it again. Knows no
torch and no plot; pages show what the signals tell.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from model.messages import Chunks, Progress
from recordings.types import EpisodeInfo, EpisodePhase, JobPhase
from studio.jobs import Job, foresight_command
from studio.parts.runs import RunInfo, list_runs

POLL_NS = 200_000_000


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """What the next training would learn from."""

    episodes: int
    minutes: float
    tasks: tuple[str, ...]

    @classmethod
    def of(cls, episodes: list[EpisodeInfo]) -> TrainingSet:
        """The readable episodes that were kept and not marked as failures."""
        used = [e for e in episodes if is_trained_on(e)]
        return cls(
            episodes=len(used),
            minutes=sum(e.duration_s for e in used) / 60,
            tasks=tuple(sorted({e.task for e in used})),
        )


def is_trained_on(episode: EpisodeInfo) -> bool:
    """Kept, readable, not a failure."""
    kept = episode.phase is EpisodePhase.KEPT
    return kept and not episode.problem and episode.success is not False


class Training(QObject):
    """The training job and the list of runs."""

    statusChanged = Signal(object)  # JobStatus
    pointAdded = Signal(object)  # model.messages.Progress
    chunksCompared = Signal(object)  # model.messages.Chunks
    runsChanged = Signal(object)  # list[RunInfo]
    started = Signal()
    ended = Signal(object)  # JobStatus

    def __init__(self, episodes: Path, runs: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._episodes_folder = episodes
        self._runs_folder = runs
        self._next_poll_ns = 0
        self.job: Job | None = None
        self.minutes = 0.0
        self.points: list[Progress] = []
        self.runs: list[RunInfo] = []

    @property
    def running(self) -> bool:
        return self.job is not None and not self.job.over

    def find(self) -> bool:
        """Meet a training that still runs from before; True when there is one."""
        self.refresh_runs()
        for run in self.runs:
            job = Job.find(run.path)
            if job is not None and job.kind == "train" and job.alive:
                self._follow(job)
                return True
        return False

    def start(self, minutes: float, *, preset: str = "tiny", seed: int = 0) -> None:
        """Train for ``minutes`` on everything kept, into a fresh run folder."""
        if self.running:
            return
        name = time.strftime("%Y-%m-%d %H-%M-%S")
        folder = self._runs_folder / name
        self.minutes = minutes
        arguments = ["--episodes", str(self._episodes_folder), "--preset", preset]
        arguments += ["--out", str(folder), "--minutes", f"{minutes:g}", "--seed", str(seed)]
        command = foresight_command("train", *arguments, outlive=True)
        self._follow(Job.start("train", command, folder, outlive=True))

    def stop(self) -> None:
        """End the training in order; what was learned so far is kept."""
        if self.job is not None:
            self.job.stop()

    def tick(self, now_ns: int) -> None:
        """Read what the job said since; a few times a second is enough."""
        if self.job is None or self.job.over or now_ns < self._next_poll_ns:
            return
        self._next_poll_ns = now_ns + POLL_NS
        before = self.job.status
        for event in self.job.poll():
            if isinstance(event, Progress):
                self.points.append(event)
                self.pointAdded.emit(event)
            elif isinstance(event, Chunks):
                self.chunksCompared.emit(event)
        if self.job.status != before:
            self.statusChanged.emit(self.job.status)
        if self.job.over:
            self.refresh_runs()
            self.ended.emit(self.job.status)

    def refresh_runs(self) -> None:
        """Read the run folders again, newest first."""
        self.runs = list_runs(self._runs_folder)
        self.runsChanged.emit(self.runs)

    def _follow(self, job: Job) -> None:
        self.job = job
        self.points = []
        self.started.emit()
        self.statusChanged.emit(job.status)

    @property
    def failed(self) -> bool:
        return self.job is not None and self.job.status.phase is JobPhase.FAILED
