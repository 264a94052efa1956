"""Teaching as the studio sees it: takes a person records, and series the demonstrator records.

IDLE → RECORDING → (kept | discarded) → IDLE; a series runs takes until its count is full.
Knows the workcell, no widget. A take is never dropped silently: ending always seals it.
"""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Signal

from devices.commands import SelectLeader, SetAuthority, SetTask
from recordings.types import Authority, EpisodeInfo
from studio.demonstrations import DRIVER, DemonstrationSeries
from studio.workcell import Workcell


class Teaching(QObject):
    """Records episodes on one workcell."""

    changed = Signal()
    noticed = Signal(str, str)  # sentence, level

    def __init__(self, cell: Workcell, task: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cell = cell
        self.task = task
        self.series: DemonstrationSeries | None = None
        self.recording = False
        self.kept = 0  # in this session
        self.discarded = 0
        self.mark: bool | None = None  # success mark of the take that runs
        self.last_id = ""  # newest take that was kept
        self._episode = ""  # the take that runs
        self._recent = ""  # a last minute whose file is being written
        self._since_ns = 0
        self._unsealed: set[str] = set()  # takes whose file is still being closed

    # ── facts ──────────────────────────────────────────────────────────────────────────────────

    @property
    def demonstrating(self) -> bool:
        return self.series is not None

    @property
    def series_left_s(self) -> float | None:
        """How long the demonstrator will still take; None before its first good take."""
        return self.series.seconds_left(time.monotonic_ns()) if self.series else None

    @property
    def seconds(self) -> float:
        """Length of the take that runs."""
        if not (self.recording or (self.series and self.series.recording)):
            return 0.0
        since_ns = self.series.since_ns if self.series else self._since_ns
        return (time.monotonic_ns() - since_ns) / 1e9

    @property
    def active(self) -> bool:
        """A take is being written."""
        return self.recording or bool(self.series and self.series.recording)

    @property
    def sealing(self) -> int:
        """Takes whose file is still being closed."""
        return len(self._unsealed)

    # ── intents ────────────────────────────────────────────────────────────────────────────────

    def set_task(self, task: str) -> None:
        """Task text of the next take."""
        self.task = task.strip()
        self._cell.send(SetTask(self.task))
        self.changed.emit()

    def drive(self) -> None:
        """The person drives, nothing is recorded."""
        self._cell.send(SelectLeader(self._cell.bench.main_leader))
        self._cell.send(SetAuthority(Authority.LEADER))

    def toggle(self) -> None:
        """Start a take, or end the one that runs and keep it."""
        if self.recording:
            self.keep()
        else:
            self.start()

    def start(self) -> None:
        """Record from now on; the person drives."""
        if self.recording or self.demonstrating:
            return
        recorder = self._cell.recorder
        if recorder is None or not self._cell.ready:
            self.noticed.emit("The arm is not connected: nothing to record yet.", "attention")
            return
        if recorder.recording:
            self.noticed.emit("A run is being recorded on Run: end it there first.", "attention")
            return
        if not self.task:
            self.noticed.emit(
                "Say what the task is first: it is stored with every take.", "attention"
            )
            return
        self._cell.send(SetTask(self.task))
        self._episode = recorder.begin(self.task)
        recorder.event(DRIVER, {"leader": self._cell.bench.main_leader})
        if self._cell.status.authority is not Authority.LEADER:
            self.drive()
        self.recording, self.mark, self._since_ns = True, None, time.monotonic_ns()
        self.changed.emit()

    def keep(self) -> None:
        """End the take and keep it."""
        self._end(kept=True)

    def redo(self) -> None:
        """Discard the take and start the next."""
        if self.recording:
            self._end(kept=False)
            self.start()

    def mark_success(self) -> None:
        self._mark(True)

    def mark_failure(self) -> None:
        self._mark(False)

    def trash_last(self) -> None:
        """Discard the newest take, whether it still runs or was kept."""
        if self.recording:
            self._end(kept=False)
        elif self.last_id and self._cell.recorder is not None:
            self._cell.recorder.discard(self.last_id)
            self.kept -= 1
            self.discarded += 1
            self.noticed.emit("The last take is in the trash. Ctrl+Z brings it back.", "info")
            self.last_id = ""
            self.changed.emit()

    def save_recent(self) -> None:
        """Make a take of the last minute, whether it was recorded or not."""
        if self._cell.recorder is None or not self._cell.ready:
            self.noticed.emit("The arm is not connected: nothing has happened yet.", "attention")
            return
        self._recent = self._cell.recorder.save_recent(self.task or "not named yet")
        self.noticed.emit("The last minute is being saved.", "info")

    def end(self) -> None:
        """End in order: the take that runs is kept for review, the demonstrator ends, arm holds."""
        if self.series is not None:
            self._end_series()
        if self.recording:
            self._end(kept=True)
        self._cell.send(SetAuthority(Authority.HOLD))

    def demonstrate(self, count: int) -> None:
        """Let the demonstrator record ``count`` good takes on fresh scenes."""
        recorder = self._cell.recorder
        if self.demonstrating or self.recording or recorder is None or not self._cell.ready:
            return
        if not self._cell.bench.is_simulated:
            self.noticed.emit("The demonstrator knows the simulated bench only.", "attention")
            return
        if recorder.recording:
            self.noticed.emit("A run is being recorded on Run: end it there first.", "attention")
            return
        seed = time.time_ns() // 1_000_000_000 % 1_000_000  # scenes nobody has seen yet
        self.series = DemonstrationSeries(self._cell, recorder, self.task, count, seed)
        self.changed.emit()

    # ── every tick ─────────────────────────────────────────────────────────────────────────────

    def tick(self, now_ns: int) -> None:
        if self.series is None:
            return
        before = self.series.recording
        verdict = self.series.tick(now_ns)
        if verdict is not None:
            self.kept += verdict
            self.discarded += not verdict
        if verdict is not None or self.series.recording != before:
            self.changed.emit()
        if verdict is not None:
            self._unsealed.add(self.series.episode)
            self.last_id = self.series.episode if verdict else self.last_id
        if self.series.done:
            done, self.series = self.series, None
            self._after_series(done)

    def on_episode(self, episode: EpisodeInfo) -> None:
        """The recorder tells how far a take is."""
        if episode.sealed and episode.id == self._recent:
            self._recent = ""
            said = f"The last {episode.duration_s:.0f} s are saved. Judge them on Review."
            self.noticed.emit(said, "ok")
        if episode.sealed and episode.id in self._unsealed:
            self._unsealed.discard(episode.id)
            self.changed.emit()

    def on_recorder_stopped(self) -> None:
        """A full disk or a lost process ended the take; what was written is kept."""
        self._unsealed.clear()
        if self.series is not None:
            self.series.stopped = True
        self.recording = False
        self.changed.emit()

    # ── inside ─────────────────────────────────────────────────────────────────────────────────

    def _mark(self, success: bool) -> None:
        if self.recording:
            self.mark = success
            self.changed.emit()

    def _end(self, *, kept: bool) -> None:
        if not self.recording or self._cell.recorder is None:
            return
        recorder = self._cell.recorder
        recorder.end(success=self.mark)
        (recorder.keep if kept else recorder.discard)(self._episode)
        self._unsealed.add(self._episode)
        self.last_id = self._episode if kept else self.last_id
        self.recording = False
        self.kept += kept
        self.discarded += not kept
        self.changed.emit()

    def _end_series(self) -> None:
        if self.series is not None:
            self.series.stop()
            self.changed.emit()

    def _after_series(self, series: DemonstrationSeries) -> None:
        if series.gave_up:
            self.noticed.emit(
                f"The demonstrator failed {series.failed} times and kept {series.kept} takes. "
                "Check the scene, then try again.",
                "danger",
            )
        else:
            takes = "one take" if series.kept == 1 else f"{series.kept} takes"
            self.noticed.emit(f"The demonstrator recorded {takes}.", "ok")
        self.changed.emit()
