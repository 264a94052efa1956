"""Replaying an episode on the robot, real or simulated: asks the rig, moves nothing itself.

What was sent then is sent again, slower when wanted, after a slow way to where it begins.
IDLE → ASKED → DRIVING → IDLE; STOP, holding and taking over end it like any driving. Knows no
widget.
"""

from __future__ import annotations

import enum

import numpy as np
from PySide6.QtCore import QObject, Signal

from devices.commands import Replay, ResetScene, SetAuthority
from devices.driving.replaying import RAMP_S, REPLAY
from recordings.rig_status import RigStatus
from recordings.types import Authority, frozen_f32
from studio.parts.editing import Editing
from studio.parts.review import Review
from studio.workcell import Workcell

SPEEDS = (0.25, 0.5, 1.0)  # of the recording
ANSWER_S = 3.0  # s without the recording driving after it was asked: it was refused


class ReplayPhase(enum.Enum):
    """What the arm does."""

    IDLE = "idle"
    ASKED = "asked"
    DRIVING = "driving"


class Replaying(QObject):
    """The marked part of the open episode (all of it when none is), on the arm of one workcell."""

    changed = Signal()
    noticed = Signal(str, str)  # sentence, level

    def __init__(
        self, cell: Workcell, review: Review, editing: Editing, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._cell = cell
        self._review = review
        self._editing = editing
        self._asked_ns = 0
        self.speed = 0.5
        self.phase = ReplayPhase.IDLE

    # ── facts ──────────────────────────────────────────────────────────────────────────────────

    @property
    def rows(self) -> slice:
        """Which rows of the open episode would be replayed."""
        t_s = self._review.t_s
        from_s, to_s = self._editing.part or (0.0, float(t_s[-1]) if len(t_s) else 0.0)
        first, end = np.searchsorted(t_s, (from_s - 1e-6, to_s + 1e-6))
        return slice(int(first), int(end))

    @property
    def seconds(self) -> float:
        """How long that takes at this speed, without the way to the beginning."""
        t_s = self._review.t_s[self.rows]
        return float(t_s[-1] - t_s[0]) / self.speed if len(t_s) > 1 else 0.0

    @property
    def way(self) -> tuple[str, float] | None:
        """The joint that is farthest from where it begins, and how far in rad or of its opening."""
        state, rows = self._cell.status.state, self.rows
        if state is None or self._review.episode is None or rows.stop <= rows.start:
            return None
        apart = np.abs(self._review.action[rows.start] - state.q)
        worst = int(apart.argmax())
        return self._cell.bench.robot.joint_names[worst], float(apart[worst])

    @property
    def reason_against(self) -> str:
        """Why it is not possible now, "" when it is."""
        recorder = self._cell.recorder
        if self._review.episode is None:
            return "Choose an episode first."
        if self.rows.stop - self.rows.start < 2:
            return "The marked part has fewer than two steps."
        if not self._cell.ready:
            return "The arm is not connected: see Connect."
        if self._cell.status.stopped:
            return "STOP was pressed: release it first."
        if recorder is not None and recorder.recording:
            return "Something is being recorded: end it first."
        return ""

    # ── intents ────────────────────────────────────────────────────────────────────────────────

    def choose_speed(self, speed: float) -> None:
        """Of the recording, at most as fast as it was."""
        self.speed = speed
        self.changed.emit()

    def start(self) -> None:
        """Ask the rig to drive; a simulated scene is put to where it was first."""
        if self.phase is not ReplayPhase.IDLE:
            return
        reason = self.reason_against
        if reason:
            self.noticed.emit(reason, "attention")
            return
        rows, review = self.rows, self._review
        if review.playing:
            review.toggle_play()
        if self._cell.bench.is_simulated and review.scenes:
            self._cell.send(SetAuthority(Authority.HOLD))
            self._cell.send(ResetScene(review.scenes[0].seed))
        t_s = (review.t_s[rows] - review.t_s[rows.start]) / self.speed
        self._cell.send(Replay(frozen_f32(review.action[rows]), frozen_f32(t_s)))
        self._asked_ns = 0
        self._become(ReplayPhase.ASKED)

    def end(self) -> None:
        """The arm holds."""
        if self.phase is not ReplayPhase.IDLE:
            self._cell.send(SetAuthority(Authority.HOLD))

    # ── every tick ─────────────────────────────────────────────────────────────────────────────

    def tick(self, now_ns: int) -> None:
        """Follow what the rig says of itself."""
        if self.phase is ReplayPhase.IDLE:
            return
        self._asked_ns = self._asked_ns or now_ns
        drives = drives_by_recording(self._cell.status)
        if self.phase is ReplayPhase.ASKED:
            if drives:
                self._become(ReplayPhase.DRIVING)
            elif now_ns - self._asked_ns > ANSWER_S * 1e9:
                self._become(ReplayPhase.IDLE)  # the rig has said why
        elif not drives:
            self._become(ReplayPhase.IDLE)

    def _become(self, phase: ReplayPhase) -> None:
        self.phase = phase
        self.changed.emit()


def drives_by_recording(status: RigStatus) -> bool:
    """Whether a recording moves the arm now."""
    return status.authority is Authority.LEADER and status.leader == REPLAY


def words(replaying: Replaying) -> str:
    """What will happen, or happens, in a sentence."""
    if replaying.phase is not ReplayPhase.IDLE:
        return "The recording drives. STOP (F12) or Hold (Esc) ends it."
    return (
        f"The arm goes to the beginning within about {RAMP_S:.0f} s, then repeats"
        f" {replaying.seconds:.1f} s of what was sent. Keep a hand on STOP."
    )
