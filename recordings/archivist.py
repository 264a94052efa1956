"""Works on finished files while the next episode is already being recorded: seal, keep, discard.

One thread, one job after the other, so a verdict given before an episode is sealed simply waits its
turn. Knows no ring and no process.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from recordings.errors import NoRoomToSeal, RecordingError
from recordings.header import EpisodeHeader
from recordings.journal import SUFFIX, Item, JournalWriter
from recordings.library import (
    episode_info,
    keep,
    leftover_journals,
    list_trash,
    recover_journal,
    remove_unborn,
    trash,
)
from recordings.seal import seal
from recordings.types import EpisodeInfo, Fault

Report = EpisodeInfo | Fault
_Job = Callable[[], Report]


class Archivist:
    """The background thread of a recorder. Results wait in :meth:`poll`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._reports: queue.SimpleQueue[Report] = queue.SimpleQueue()
        self._open_jobs = 0
        self._thread = threading.Thread(target=self._work, name="archivist", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Reports are still to come."""
        return self._open_jobs > 0

    def finish(self, writer: JournalWriter) -> None:
        """Close a journal and seal it."""
        self._submit(lambda: self._finish(writer))

    def save(self, header: EpisodeHeader, items: Sequence[Item]) -> None:
        """Make an episode of records that were kept in memory."""
        self._submit(lambda: self._save(header, items))

    def recover(self) -> None:
        """Seal what earlier runs left behind."""
        remove_unborn(self.folder)
        for path in leftover_journals(self.folder):
            self._submit(lambda path=path: recover_journal(path))

    def keep(self, episode_id: str) -> None:
        self._submit(lambda: self._keep(episode_id))

    def discard(self, episode_id: str) -> None:
        self._submit(lambda: self._discard(episode_id))

    def poll(self) -> list[Report]:
        """What became of the jobs since the last call."""
        reports: list[Report] = []
        while not self._reports.empty():
            reports.append(self._reports.get())
        self._open_jobs -= len(reports)
        return reports

    def close(self) -> None:
        """Finish all jobs; may be called twice."""
        self._jobs.put(None)
        self._thread.join()

    def _submit(self, job: _Job) -> None:
        self._open_jobs += 1
        self._jobs.put(job)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                report = job()
            except NoRoomToSeal as error:
                report = _fault("disk_full", self.folder, error, "make room on that disk")
            except (RecordingError, OSError) as error:
                hint = "nothing was deleted; look at the folder and start again"
                report = _fault("archive_failed", self.folder, error, hint)
            except Exception as error:  # noqa: BLE001 - top of a thread: a fault, not a silent end
                hint = "nothing was deleted; please report this"
                report = _fault("archive_failed", self.folder, error, hint)
            self._reports.put(report)

    def _finish(self, writer: JournalWriter) -> Report:
        writer.close()
        return episode_info(self.folder, seal(writer.path).stem)

    def _save(self, header: EpisodeHeader, items: Sequence[Item]) -> Report:
        writer = JournalWriter(self.folder / f"{header.id}{SUFFIX}", header=header)
        for item in items:
            writer.append_item(item)
        return self._finish(writer)

    def _keep(self, episode_id: str) -> Report:
        keep(self.folder, episode_id)
        return episode_info(self.folder, episode_id)

    def _discard(self, episode_id: str) -> Report:
        trash(self.folder, episode_id)
        return next(info for info in list_trash(self.folder) if info.id == episode_id)


def _fault(code: str, folder: Path, error: Exception, hint: str) -> Fault:
    message = str(error) or type(error).__name__
    return Fault(
        code=code, device=str(folder), message=message, hint=hint, t_ns=time.monotonic_ns()
    )
