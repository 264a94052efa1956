"""The one mutable state of the window: what is connected, who drives, what is recorded and planned.

Methods are intents, signals are facts. :meth:`Session.tick` runs 30 times a second: it says that
we live, drains the pipes, reads the newest ring slots, and tells. No thread and no widget; its
parts (teaching, review, training, running) each hold one page's share of the state.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from devices.bench import SIM, Bench
from devices.commands import (
    AuthorityChanged,
    Connect,
    Disconnect,
    MoveTool,
    ReleaseStop,
    ResetScene,
    SceneState,
    SelectLeader,
    SetAuthority,
    TorqueChanged,
)
from recordings.rig_status import RigPhase, RigStatus, Torque
from recordings.step_ring import StepColumns
from recordings.types import Authority, Autonomy, EpisodeInfo, Fault, Frame
from studio.blockers import Blocker, blockers
from studio.parts.asking import Asking
from studio.parts.editing import Editing
from studio.parts.estimating import Estimating
from studio.parts.inspecting import Inspecting
from studio.parts.replaying import Replaying
from studio.parts.review import Review
from studio.parts.rollout import Rollout
from studio.parts.running import Running
from studio.parts.teaching import Teaching
from studio.parts.training import Training
from studio.parts.transferring import Transferring
from studio.recorder_host import ENDED_BY
from studio.settings import Folders, Preferences, save_preferences
from studio.workcell import Fact, ProcessLost, Workcell

if TYPE_CHECKING:
    from studio.parts.space import Space
    from studio.setting_up.part import SettingUp

# Of jobs; beside the runs, none of them.
ESTIMATE_FOLDER, ASKING_FOLDER, TRANSFER_FOLDER = ".estimate", ".asked", ".transfer"
TICK_MS = 33  # 30 Hz
MEASURED_TICKS = 600  # 20 s of tick times
TORQUE_WORDS = {
    Torque.ON: "The motors hold the arm where it is.",
    Torque.PARKING: "The arm is being parked; then it is let go. STOP holds it here.",
    Torque.OFF: "The arm is limp: its motors do not push. Resume makes them hold where it lies.",
}


class Session(QObject):
    """Owns the workcell and the four parts; the only writer of UI state."""

    statusChanged = Signal(object)  # RigStatus
    sceneChanged = Signal(object)  # SceneState
    authorityChanged = Signal(object)  # AuthorityChanged
    faulted = Signal(object)  # Fault
    rigLost = Signal(str)  # sentence
    noticed = Signal(str, str)  # sentence, level "info" "ok" "attention" "danger"
    preferencesChanged = Signal(object)  # Preferences
    benchWanted = Signal(str)  # name or file of the bench to open instead of this one
    setupOpened = Signal()
    ticked = Signal()

    def __init__(
        self,
        bench: Bench,
        folders: Folders,
        preferences: Preferences,
        *,
        bench_file: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        """A session whose processes are not started yet.

        Args:
            bench: what to run.
            folders: of this person.
            preferences: as loaded.
            bench_file: where the bench is described, None for the simulated one.
            parent: of the object.
        """
        super().__init__(parent)
        folders.create()
        self.folders = folders
        self.preferences = preferences
        self.cell = Workcell(bench, folders.episodes)
        self.teaching = Teaching(self.cell, preferences.task, self)
        self.review = Review(folders.episodes, bench.robot, self)
        self.editing = Editing(self.review, self)
        self.replaying = Replaying(self.cell, self.review, self.editing, self)
        self.inspecting = Inspecting(self.review, self)
        self.transferring = Transferring(self.review, folders.runs / TRANSFER_FOLDER, self)
        self.training = Training(folders.episodes, folders.runs, self)
        self.estimating = Estimating(folders.episodes, folders.runs / ESTIMATE_FOLDER, self)
        self.asking = Asking(self.review, folders.runs / ASKING_FOLDER, self)
        self.running = Running(self.cell, preferences.task, self)
        self.running.autonomy = Autonomy(preferences.autonomy)
        self.rollout = Rollout(self.cell, self)
        self._bench_file = bench_file
        self._setting_up: SettingUp | None = None
        self.frames: dict[str, Frame] = {}
        self.tick_ms: deque[float] = deque(maxlen=MEASURED_TICKS)
        self._connect_wanted = False
        self._rig_gone = False
        self._closed = False
        self._scene_seed = 0
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.tick)
        for part in (
            *(self.teaching, self.review, self.editing, self.replaying),
            *(self.running, self.rollout),
        ):
            part.noticed.connect(self.noticed)
        self.transferring.rewritten.connect(self.inspecting.forget)
        self.running.handingOver.connect(self._on_running_handing_over)

    # ── life ───────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Start the child processes and the tick; returns at once. Does nothing the second time."""
        if self._timer.isActive() or self._closed:
            return
        self.cell.describe(self.folders.calibrations, operator=self.preferences.operator)
        self.cell.start()
        self._connect_wanted = self.preferences.autoconnect
        self._timer.start()

    def load(self) -> None:
        """What may wait until the window is on screen: episodes, runs, a running training."""
        self.review.load()
        if self.training.find():
            self.noticed.emit("A training from before is still running: see Train.", "info")

    def close(self) -> None:
        """Hold, park, end the children; a training goes on."""
        self._closed = True
        self._timer.stop()
        self.teaching.end()
        self.rollout.end()
        self.running.close()
        if self._setting_up is not None:
            self._setting_up.close()
        self.estimating.close()
        self.asking.close()
        self.transferring.close()
        self.inspecting.close()
        self.review.close()
        self.cell.close()
        save_preferences(self.folders.preferences, self.preferences)

    @cached_property
    def space(self) -> Space:
        """Geometry of the bench; the first use loads MuJoCo, after the first paint."""
        from studio.parts.space import Space
        from studio.views import views_of

        bench = self.cell.bench
        return Space(bench.standing, views=views_of(bench, self.folders.calibrations))

    @property
    def setting_up(self) -> SettingUp:
        """Setting up a kit; loaded with the first use, as most starts do without."""
        if self._setting_up is None:
            from studio.setting_up.part import SettingUp

            self._setting_up = part = SettingUp(
                self.folders.config,
                self._bench_file,
                rig_holds_ports=self._rig_holds_ports,
                rig_cameras=self._rig_cameras,
                parent=self,
            )
            part.benchWritten.connect(self.benchWanted)
            part.noticed.connect(self.noticed)
        return self._setting_up

    # ── facts ──────────────────────────────────────────────────────────────────────────────────

    @property
    def status(self) -> RigStatus:
        return self.cell.status

    @property
    def rig_gone(self) -> bool:
        return self._rig_gone

    @property
    def recorded(self) -> tuple[str | None, float, int]:
        """What is recorded now (None: nothing), for how many seconds, and files not yet closed."""
        teaching, rollout = self.teaching, self.rollout
        unsaved = teaching.sealing + rollout.sealing
        if rollout.recording:
            return f"run {rollout.count + 1}", rollout.seconds, unsaved
        name = f"take {teaching.kept + teaching.discarded + 1}" if teaching.active else None
        return name, teaching.seconds, unsaved

    def steps(self, count: int) -> StepColumns:
        """The last ``count`` control steps as columns, oldest first."""
        return self.cell.rig.live.steps.columns(count)

    @property
    def blockers(self) -> list[Blocker]:
        """What stands between a person and the first demonstration, and what does not."""
        return blockers(
            self.cell.bench.robot,
            self.status,
            self.folders.data,
            rig_gone=self._rig_gone,
            connect_wanted=self._connect_wanted,
        )

    def _rig_holds_ports(self) -> bool:
        phase = self.status.phase
        return self.cell.rig.alive and phase in (RigPhase.CONNECTING, RigPhase.READY)

    def _rig_cameras(self) -> frozenset[str]:
        taken = self._connect_wanted or self._rig_holds_ports()
        return frozenset(camera.address for camera in self.cell.bench.cameras if taken)

    # ── intents ────────────────────────────────────────────────────────────────────────────────

    def connect_rig(self) -> None:
        """Connect as soon as nobody else has the ports."""
        if self._setting_up is not None:
            self._setting_up.leave()
        self._connect_wanted = True

    def set_up(self) -> None:
        """Open the place where a kit is set up, and look what is there."""
        self.setupOpened.emit()
        self.setting_up.show()

    def open_simulation(self) -> None:
        """Leave this bench for the simulated one."""
        self.benchWanted.emit(SIM)

    def disconnect_rig(self) -> None:
        self._connect_wanted = False
        self.cell.send(Disconnect())

    def reconnect(self) -> None:
        """Start rig and recorder again after their process was lost."""
        self.cell.restart()  # what was being recorded is sealed
        for part in (self.teaching, self.rollout):
            part.on_recorder_stopped()
        self.review.load()
        self._rig_gone = False
        self._connect_wanted = True
        self.statusChanged.emit(self.status)

    def stop(self) -> None:
        """STOP: acts through a shared event, whatever else is queued or busy."""
        self.cell.stop()
        self.running.trusted = False
        if self.running.trials is not None:
            self.running.stop_trials()

    def release_torque(self) -> None:
        """Second stage of STOP: the arm is parked, then goes limp; the rig tells when it has."""
        self.running.trusted = False
        self.cell.release_torque()

    def release_stop(self) -> None:
        """Leave the stopped state; the arm still holds."""
        self.cell.send(ReleaseStop())

    def hold(self) -> None:
        """Nobody drives; the arm stays where it is."""
        self.running.hold()

    def take_over(self, leader: str = "") -> None:
        """Instant hold, then the person drives, with this leader or the bench's main one."""
        if self.running.trials is not None:
            self.running.stop_trials()
        self.cell.send(SelectLeader(leader or self.cell.bench.main_leader))
        self.cell.send(SetAuthority(Authority.LEADER))

    def move_tool(self, move: MoveTool) -> None:
        """Desired tool speed of the hand leader, repeated while a key or the mouse is down."""
        self.cell.send(move)

    def new_scene(self) -> None:
        """Put the simulated scene to a start nobody has seen."""
        self.reset_scene(int(np.random.default_rng().integers(1, 1_000_000)))

    def reset_scene(self, seed: int) -> None:
        """Put the simulated scene to the start drawn from ``seed``."""
        self.cell.send(SetAuthority(Authority.HOLD))
        self.cell.send(ResetScene(seed))

    def set_task(self, task: str) -> None:
        """Task text for recordings and for the policy."""
        self.teaching.set_task(task)
        self.running.set_task(task)
        self.prefer(task=task.strip())

    def prefer(self, **changes: object) -> None:
        """Change preferences by name; they are saved at once and used from now on."""
        self.preferences = replace(self.preferences, **changes)
        save_preferences(self.folders.preferences, self.preferences)
        if "operator" in changes:
            self.cell.describe(self.folders.calibrations, operator=self.preferences.operator)
        if "autonomy" in changes:
            self.running.set_autonomy(Autonomy(self.preferences.autonomy))
        self.preferencesChanged.emit(self.preferences)

    # ── every tick ─────────────────────────────────────────────────────────────────────────────

    def tick(self) -> None:
        """One round; its own duration is measured."""
        started_ns = time.monotonic_ns()
        for fact in self.cell.pump():
            self._tell(fact)
            self.running.on_fact(fact)
        self._connect_when_possible()
        self.teaching.tick(started_ns)
        self.review.tick(started_ns)
        self.training.tick(started_ns)
        self.estimating.tick(started_ns)
        self.asking.tick(started_ns)
        self.replaying.tick(started_ns)
        self.inspecting.tick()
        self.transferring.tick(started_ns)
        self.running.tick(started_ns)
        self.rollout.tick(started_ns)
        if self._setting_up is not None:
            self._setting_up.tick(started_ns)
        self._read_frames()
        self.ticked.emit()
        self.tick_ms.append((time.monotonic_ns() - started_ns) / 1e6)

    def _tell(self, fact: Fact) -> None:
        match fact:
            case RigStatus():
                self.statusChanged.emit(fact)
            case SceneState():
                self.sceneChanged.emit(fact)
            case AuthorityChanged():
                self.authorityChanged.emit(fact)
            case TorqueChanged(torque=torque):
                self.noticed.emit(TORQUE_WORDS[torque], "attention")
            case EpisodeInfo():
                self.review.on_episode(fact)
                self.teaching.on_episode(fact)
                self.rollout.on_episode(fact)
            case Fault():
                if fact.code in ENDED_BY:
                    self.teaching.on_recorder_stopped()
                    self.rollout.on_recorder_stopped()
                self.faulted.emit(fact)
                self.noticed.emit(f"{fact.message} {fact.hint}".strip(), "danger")
            case ProcessLost(process=name, exit_code=code):
                self._rig_gone = True
                text = f"The {name} process is gone (exit code {code}). The arm holds. Reconnect."
                self.rigLost.emit(text)
                self.noticed.emit(text, "danger")
                self.statusChanged.emit(self.status)
            case _:
                pass

    def _on_running_handing_over(self) -> None:
        running = self.running
        self.rollout.begin(
            running.task, policy=running.policy, autonomy=running.effective_autonomy.value
        )

    def _connect_when_possible(self) -> None:
        waiting = self.status.phase in (RigPhase.OFFLINE, RigPhase.FAULT)
        part = self._setting_up  # a port has one owner, and a camera too
        free = part is None or part.leaves(self._rig_cameras())
        if self._connect_wanted and waiting and self.cell.rig.alive and free:
            self._connect_wanted = False
            self.cell.send(Connect())

    def _read_frames(self) -> None:
        for name, ring in self.cell.rig.live.frames.items():
            known = self.frames.get(name)
            if known is None or ring.newest_index != known.index:
                frame = ring.newest()
                if frame is not None:
                    self.frames[name] = frame
