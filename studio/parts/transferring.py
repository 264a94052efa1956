"""Export, import and compacting from the window: one job at a time, with progress and cancel.

The job is ``foresight episodes …``, the same that a script starts; it ends with the window, and
what is complete stays. Knows no format and no widget.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from model.messages import Note
from recordings.types import JobPhase, JobStatus
from studio.jobs import Job, foresight_command
from studio.parts.review import Review

POLL_NS = 100_000_000
WORDS = {"export": "Export", "import": "Import", "compact": "Compacting"}


@dataclass(frozen=True, slots=True)
class Export:
    """What shall be written."""

    out: Path
    format: str = "lerobot"
    mode: str = "fast"  # of a LeRobot dataset
    ids: tuple[str, ...] = ()  # empty: all that count; a LeRobot dataset is always all
    with_failures: bool = False
    fresh: bool = False  # replace what is there

    @property
    def arguments(self) -> list[str]:
        words = ["--format", self.format, "--out", str(self.out)]
        if self.format != "lerobot":
            return [*self.ids, *words]
        words += ["--mode", self.mode]
        words += ["--with-failures"] if self.with_failures else []
        return words + (["--fresh"] if self.fresh else [])


@dataclass(frozen=True, slots=True)
class Import:
    """What shall be read."""

    source: Path
    format: str = "lerobot"
    units: str = ""  # "": as the source says
    task: str = ""  # where the source does not say
    like: str = ""  # path of an episode whose robot it is, "" as the source says

    @property
    def arguments(self) -> list[str]:
        words = [str(self.source), "--format", self.format]
        for name in ("units", "task", "like"):
            words += [f"--{name}", getattr(self, name)] if getattr(self, name) else []
        return words


class Transferring(QObject):
    """The newest export, import or compacting of one list of episodes."""

    changed = Signal()
    rewritten = Signal()  # episode files are not what they were

    def __init__(self, review: Review, folder: Path, parent: QObject | None = None) -> None:
        """Work on the episodes of ``review``, with the job's own files in ``folder``."""
        super().__init__(parent)
        self._review = review
        self._folder = folder
        self._job: Job | None = None
        self._next_poll_ns = 0
        self.what = ""  # one of WORDS
        self.status: JobStatus | None = None
        self.notes: list[str] = []  # what the job said beside its progress

    @property
    def running(self) -> bool:
        return self._job is not None

    # ── intents ────────────────────────────────────────────────────────────────────────────────

    def send_out(self, wish: Export) -> None:
        """Write episodes in the format of another program."""
        self._start("export", wish.arguments)

    def bring_in(self, wish: Import) -> None:
        """Read episodes of another program; they come into the list."""
        self._start("import", wish.arguments)

    def compact(self, *, empty_trash: bool) -> None:
        """Rewrite trimmed episodes; when asked, delete for good what is in the trash."""
        if not self.running:
            self._review.close()  # its file is another one afterwards
            self._start("compact", ["--empty-trash"] if empty_trash else [])

    def cancel(self) -> None:
        """End in order; what is complete stays."""
        if self._job is not None:
            self._job.stop()

    def close(self) -> None:
        """End the job with the window."""
        if self._job is not None:
            self._job.close(timeout_s=2.0)
            self._job = None

    # ── every tick ─────────────────────────────────────────────────────────────────────────────

    def tick(self, now_ns: int) -> None:
        """Read what the job said since."""
        if self._job is None or now_ns < self._next_poll_ns:
            return
        self._next_poll_ns = now_ns + POLL_NS
        events = self._job.poll()
        self.notes += [event.message for event in events if isinstance(event, Note)]
        self.status = self._job.status
        if self._job.over:
            self._end()
        self.changed.emit()

    def _start(self, what: str, arguments: list[str]) -> None:
        if self.running:
            return
        self.what, self.notes = what, []
        folder = str(self._review.folder)
        command = foresight_command("episodes", what, folder, *arguments, "--json")
        self._job = Job.start(what, command, self._folder)
        self.status = self._job.status
        self.changed.emit()

    def _end(self) -> None:
        self.close()
        if self.what == "export":
            return
        if self.what == "compact":
            self.rewritten.emit()
        looked_at = self._review.selected
        self._review.load()
        if self._review.episode is None and looked_at:
            self._review.select(looked_at)

    @property
    def outcome(self) -> str:
        """The last thing the job said of what it did, "" while it is under way."""
        done = self.status is not None and self.status.phase is JobPhase.FINISHED
        return self.notes[-1] if done and self.notes else ""
