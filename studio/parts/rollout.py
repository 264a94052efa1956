"""Recording what a policy does: one episode from hand-over on, whoever drives meanwhile.

IDLE → RECORDING → IDLE. Taking over and handing back stay in the same episode; every step says who
drove it, every plan lies beside the steps with its checks and who agreed to it. What a person
marked is kept, the rest waits in Review. Knows the workcell, no widget.
"""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Signal

from recordings.types import Authority, EpisodeInfo
from studio.workcell import Workcell

IDLE_NS = 60_000_000_000  # a run in which nobody drives for this long is ended
ROLLOUT = "rollout"  # event: this episode was recorded while a policy was run


class Rollout(QObject):
    """Records runs of a policy on one workcell."""

    changed = Signal()
    noticed = Signal(str, str)  # sentence, level

    def __init__(self, cell: Workcell, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cell = cell
        self.wanted = True  # begin an episode with every hand-over
        self.recording = False
        self.mark: bool | None = None  # success mark of the run that is recorded
        self.count = 0  # runs recorded in this session
        self._episode = ""
        self._since_ns = 0
        self._driven_ns = 0
        self._unsealed: set[str] = set()

    @property
    def seconds(self) -> float:
        """Length of the run that is recorded."""
        return (time.monotonic_ns() - self._since_ns) / 1e9 if self.recording else 0.0

    @property
    def sealing(self) -> int:
        """Runs whose file is still being closed."""
        return len(self._unsealed)

    # ── intents ────────────────────────────────────────────────────────────────────────────────

    def set_wanted(self, wanted: bool) -> None:
        """Whether runs are recorded from their hand-over on; one that is recorded goes on."""
        self.wanted = wanted
        self.changed.emit()

    def begin(self, task: str, *, policy: str, autonomy: str) -> None:
        """The policy is about to get authority: record, when that is wanted and not done yet."""
        recorder = self._cell.recorder
        if not self.wanted or self.recording or recorder is None or not self._cell.ready:
            return
        if recorder.recording:
            self.noticed.emit("A take is being recorded: this run becomes part of it.", "info")
            return
        self._episode = recorder.begin(task)
        recorder.event(ROLLOUT, {"policy": policy, "autonomy": autonomy})
        self.recording, self.mark, self._since_ns = True, None, time.monotonic_ns()
        self.changed.emit()

    def mark_success(self) -> None:
        self._set_mark(True)

    def mark_failure(self) -> None:
        self._set_mark(False)

    def end(self) -> None:
        """End the run's episode: kept when it was marked, else it waits in Review."""
        recorder = self._cell.recorder
        if not self.recording or recorder is None:
            return
        recorder.end(success=self.mark)
        if self.mark is not None:
            recorder.keep(self._episode)
        self._unsealed.add(self._episode)
        self.recording = False
        self.count += 1
        words = {True: "a success, kept", False: "a failure, kept", None: "unmarked, see Review"}
        self.noticed.emit(f"The run was recorded: {words[self.mark]}.", "ok")
        self.changed.emit()

    def tick(self, now_ns: int) -> None:
        """A run that nobody drives any more is over, whether a person thinks of it or not."""
        driven = self._cell.status.authority is not Authority.HOLD
        if driven or not self.recording:
            self._driven_ns = now_ns
        elif now_ns - self._driven_ns > IDLE_NS:
            self.noticed.emit(f"Nobody drove for {IDLE_NS / 1e9:.0f} s: the run ended.", "info")
            self.end()

    # ── facts ──────────────────────────────────────────────────────────────────────────────────

    def on_episode(self, episode: EpisodeInfo) -> None:
        """The recorder tells how far an episode is."""
        if episode.sealed and episode.id in self._unsealed:
            self._unsealed.discard(episode.id)
            self.changed.emit()

    def on_recorder_stopped(self) -> None:
        """A full disk or a lost process ended the episode; what was written is kept."""
        self._unsealed.clear()
        self.recording = False
        self.changed.emit()

    def _set_mark(self, success: bool) -> None:
        if self.recording:
            self.mark = success
            self.changed.emit()
