"""Records what happens on the bench, one episode after the other.

A plain object; ``recorder_process`` runs it in a process of its own. It never holds up the writers
of the live rings, and a disk that refuses stops the recording with a fault and nothing else. Knows
no arm, no camera device and no window.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from recordings.archivist import Archivist, Report
from recordings.bench_note import BenchNote
from recordings.errors import AlreadyRecording, NotRecording
from recordings.header import EpisodeHeader, new_header
from recordings.journal import Kind
from recordings.live import Live
from recordings.recent import Recent
from recordings.take import Take, end_item, event_item, plan_item
from recordings.types import EpisodeInfo, EpisodePhase, Fault, Plan

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_SPACE_CHECK_NS: Final = 500_000_000
RECENT_S: Final = 60.0
RECENT_BYTES: Final = 512 * 2**20  # a minute of three cameras 640×480


class Recorder:
    """Records into ``folder``; finished episodes are sealed in the background.

    Args:
        live: the rings to record from.
        folder: where episodes are kept; created when missing.
        quality: JPEG quality, 1 … 100 (4:2:0).
        reserve_bytes: recording stops while this much is still free, so that it can be sealed.
        recent_s: how much of what just happened can always be kept; 0: nothing.
        recent_bytes: at most this much memory for it.
    """

    def __init__(
        self,
        live: Live,
        folder: Path,
        *,
        quality: int = 90,
        reserve_bytes: int = 256 * 2**20,
        recent_s: float = 0.0,
        recent_bytes: int = RECENT_BYTES,
    ) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._live = live
        self._quality = quality
        self._reserve_bytes = reserve_bytes
        self._archivist = Archivist(self.folder)
        self._reports: list[Report] = []
        self._take: Take | None = None
        self._space_checked_ns = 0
        self._recent: Recent | None = None
        if recent_s > 0:
            self._recent = Recent(live, seconds=recent_s, most_bytes=recent_bytes, quality=quality)

    @property
    def recording(self) -> bool:
        return self._take is not None

    @property
    def notes(self) -> bool:
        """Events and plans are written down somewhere."""
        return self.recording or self._recent is not None

    @property
    def busy(self) -> bool:
        """Something is being recorded or worked on: call ``pump`` and ``poll`` again soon."""
        working = self.recording or self._archivist.busy or bool(self._reports)
        return working or self._recent is not None

    def begin(
        self, task: str, *, episode_id: str = "", bench: BenchNote | None = None
    ) -> str | None:
        """Start an episode with the next step; returns its id, None (and a fault) if it cannot.

        Raises:
            AlreadyRecording
        """
        if self._take is not None:
            raise AlreadyRecording(self._take.header.id)
        header = new_header(task, robot=self._live.robot, episode_id=episode_id, bench=bench)
        try:
            self._check_space()
            self._take = self._new_take(header)
        except OSError as error:
            self._reports.append(self._fault_of(error))
            return None
        self._reports.append(self._take.info(EpisodePhase.RECORDING))
        return header.id

    def pump(self) -> None:
        """Move everything new from the rings into the journal. Call at least ten times a second."""
        if self._take is not None:
            self._write(self._pump)
        elif self._recent is not None:
            self._recent.drain()

    def event(self, kind: str, data: Mapping[str, Any], *, t_ns: int | None = None) -> None:
        """Write down that something happened; ``data`` is JSON-ready.

        Raises:
            NotRecording
        """
        if self._take is not None:
            self._write(lambda take: take.event(kind, data, t_ns=t_ns))
        elif self._recent is not None:
            self._recent.add(event_item(kind, data, t_ns=t_ns))
        else:
            raise NotRecording(f"note {kind!r}")

    def plan(self, plan: Plan, *, t_ns: int | None = None) -> None:
        """Write down a plan beside the steps.

        Raises:
            NotRecording
        """
        if self._take is not None:
            self._write(lambda take: take.plan(plan, t_ns=t_ns))
        elif self._recent is not None:
            self._recent.add(plan_item(plan, t_ns=t_ns))
        else:
            raise NotRecording("note a plan")

    def end(self, *, success: bool | None = None, reason: str = "ended") -> str:
        """Finish the episode, seal it in the background; returns its id. The next may begin.

        Raises:
            NotRecording
        """
        if self._take is None:
            raise NotRecording("end")
        episode_id = self._take.header.id
        self.pump()
        self._write(lambda take: take.end(success=success, reason=reason))
        self._finish()
        return episode_id

    def save_recent(
        self, task: str, *, episode_id: str = "", bench: BenchNote | None = None
    ) -> str:
        """Make an episode of the last minute, in the background; returns its id.

        Raises:
            NotRecording: nothing happened yet, or recent things are not kept.
        """
        self.pump()
        items = () if self._recent is None else self._recent.snapshot()
        times = [item.t_ns for item in items if item.kind is Kind.STEP]
        if not times:
            raise NotRecording("save what just happened")
        now = new_header(task, robot=self._live.robot, episode_id=episode_id, bench=bench)
        passed_ns = now.created_mono_ns - times[0]
        header = replace(
            now,
            created_wall_ns=now.created_wall_ns - passed_ns,
            created_mono_ns=times[0],
        )
        end = end_item(success=None, reason="saved afterwards")
        self._archivist.save(header, (*items, end))
        return header.id

    def keep(self, episode_id: str) -> None:
        """The episode is part of the data set."""
        self._archivist.keep(episode_id)

    def discard(self, episode_id: str) -> None:
        """Move the episode to the trash."""
        self._archivist.discard(episode_id)

    def recover(self) -> None:
        """Seal in the background what earlier runs left behind."""
        self._archivist.recover()

    def progress(self) -> EpisodeInfo | None:
        """The running episode so far."""
        return None if self._take is None else self._take.info(EpisodePhase.RECORDING)

    def poll(self) -> list[Report]:
        """Episodes that changed and faults, since the last call."""
        reports, self._reports = self._reports, []
        return reports + self._archivist.poll()

    def close(self, *, seal: bool = True) -> None:
        """End a running episode (``seal=False``: leave its journal), finish all background work."""
        if self._take is not None and seal:
            self.end(reason="recorder closed")
        elif self._take is not None:
            self._take.writer.close()
            self._take = None
        self._archivist.close()

    def _pump(self, take: Take) -> None:
        if time.monotonic_ns() - self._space_checked_ns > _SPACE_CHECK_NS:
            self._check_space()
        self._reports += take.drain()

    def _write(self, job: Callable[[Take], None]) -> None:
        """Do ``job`` with the running take, if there still is one; a disk that refuses ends it."""
        if self._take is None:
            return
        try:
            job(self._take)
        except OSError as error:
            fault = self._fault_of(error)
            self._reports.append(fault)
            with suppress(OSError):  # the last word may not fit any more
                self._take.end(success=None, reason=fault.code)
            self._finish()

    def _finish(self) -> None:
        if self._take is None:
            return
        self._reports.append(self._take.info(EpisodePhase.REVIEW))
        self._archivist.finish(self._take.writer)
        self._take = None
        if self._recent is not None:
            self._recent.resume()

    def _new_take(self, header: EpisodeHeader) -> Take:
        if self._recent is None:
            return Take(self._live, self.folder, header=header, quality=self._quality)
        self._recent.drain()
        return Take(
            self._live,
            self.folder,
            header=header,
            quality=self._quality,
            also=self._recent.add,
        )

    def _check_space(self) -> None:
        self._space_checked_ns = time.monotonic_ns()
        if self._free_bytes() < self._reserve_bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _fault_of(self, error: OSError) -> Fault:
        if error.errno in _FULL:
            code, hint = "disk_full", "make room or choose another folder"
            state = f"is full, {self._free_bytes() / 2**20:.0f} MiB free"
        else:
            code, hint = "recording_failed", "check the disk and the folder"
            state = "cannot be written"
        return Fault(
            code=code,
            device=str(self.folder),
            message=f"recording stopped: {self.folder} {state} ({error.strerror})",
            hint=f"what was recorded so far is kept; {hint}",
            t_ns=time.monotonic_ns(),
        )

    def _free_bytes(self) -> int:
        disk = os.statvfs(self.folder)
        return disk.f_bavail * disk.f_frsize
