"""The running bench as the studio sees it: rig and recorder processes, and the newest facts.

:meth:`Workcell.pump` is called on every tick, by the window's session and by the demo alike. Moves
nothing by itself and knows no Qt; what the facts mean to a person is decided above.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devices.bench import Bench
from devices.commands import (
    Command,
    Event,
    PlanActivated,
    PlanDropped,
    PlanProposed,
    SceneState,
)
from recordings.bench_note import BenchNote
from recordings.rig_status import RigPhase, RigStatus
from recordings.types import EpisodeInfo, Fault
from studio.bench_note import note_of
from studio.notes import Notes
from studio.recorder_host import RecorderHost
from studio.rig_host import RigHost


@dataclass(frozen=True, slots=True)
class ProcessLost:
    """A child process of ours is gone without having been asked to go."""

    process: str  # "rig" or "recorder"
    exit_code: int | None


Fact = RigStatus | Event | Fault | EpisodeInfo | ProcessLost


class Workcell:
    """Owns the rig process and the recorder process of one bench."""

    def __init__(self, bench: Bench, episodes: Path) -> None:
        self.bench = bench
        self.episodes_folder = episodes
        self.status = RigStatus()
        self.scene: SceneState | None = None
        self.proposal: PlanProposed | None = None  # newest plan seen
        self.active: PlanProposed | None = None  # plan that drives
        self.fault: Fault | None = None  # newest fault
        self.rig = RigHost(bench)
        self.recorder: RecorderHost | None = None
        self._described = BenchNote(bench.name)
        self._notes = Notes()
        self._rig_lost = False
        self._closed = False

    # ── life ───────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Start both processes; returns at once, the status tells when the rig is there."""
        self.episodes_folder.mkdir(parents=True, exist_ok=True)
        self.rig.start()
        self.recorder = RecorderHost(self.rig.live.handle, self.bench.robot, self.episodes_folder)
        self.recorder.bench = self._described
        self.recorder.start()

    def close(self) -> None:
        """Hold, park, end both processes, give the shared memory back; may be called twice."""
        if self._closed:
            return
        self._closed = True
        if self.recorder is not None:
            self.recorder.close()
            self.recorder = None
        self.rig.close(timeout_s=5.0)

    # ── every tick ─────────────────────────────────────────────────────────────────────────────

    def pump(self) -> list[Fact]:
        """Say that we live, drain both pipes, remember the newest facts; never blocks."""
        self.rig.beat()
        facts: list[Fact] = [*self.rig.poll()]
        if self.recorder is not None:
            facts += self.recorder.poll()
        if not self.rig.alive and not self._rig_lost:
            self._rig_lost = True
            facts.append(ProcessLost("rig", self.rig.exit_code))
        for fact in facts:
            self._remember(fact)
            self.note(fact)
        return facts

    def _remember(self, fact: Fact) -> None:
        match fact:
            case RigStatus():
                self.status = fact
                if fact.active_plan < 0:
                    self.active = None
            case SceneState():
                self.scene = fact
            case PlanProposed():
                self.proposal = fact
            case PlanActivated(plan_id=plan_id):
                if self.proposal is not None and self.proposal.plan.id == plan_id:
                    self.active = self.proposal
            case PlanDropped(plan_id=plan_id):
                if self.proposal is not None and self.proposal.plan.id == plan_id:
                    self.proposal = None
            case Fault():
                self.fault = fact
            case _:
                pass

    # ── intents ────────────────────────────────────────────────────────────────────────────────

    @property
    def ready(self) -> bool:
        return self.status.phase is RigPhase.READY and self.rig.alive

    def send(self, command: Command) -> None:
        """Queue a command for the rig (dropped when the rig is gone: nothing can be moved then)."""
        if self.rig.alive:
            self.rig.send(command)

    def stop(self) -> None:
        """STOP: a shared event, acts within two control ticks whatever else is queued."""
        self.rig.stop()

    def release_torque(self) -> None:
        """Second stage of STOP: the arm is parked and goes limp; a shared event as well."""
        self.rig.release_torque()

    def restart(self) -> None:
        """New processes in place of lost ones; what they shared is given back first."""
        self.close()
        self.status, self.scene = RigStatus(), None
        self.proposal = self.active = None
        self._rig_lost = self._closed = False
        self.rig = RigHost(self.bench)
        self.start()

    def describe(self, calibrations: Path, *, operator: str) -> None:
        """What episodes that begin from now on say about the bench.

        Args:
            calibrations: folder of the cameras' calibration files.
            operator: who works at it.
        """
        self._described = note_of(self.bench, calibrations, operator=operator)
        if self.recorder is not None:
            self.recorder.bench = self._described

    def note(self, fact: Fact) -> None:
        """Write what happened into the running episode (dropped when none runs)."""
        if self.recorder is None:
            return
        if isinstance(fact, PlanActivated) and self.active is not None:
            self._notes.note_again(self.active, self.recorder)
        self._notes.note(fact, self.recorder)

    def finish_recording(self) -> None:
        """Wait until every take is sealed, then record on with a fresh recorder process."""
        if self.recorder is not None:
            for fact in self.recorder.close():
                self._remember(fact)
            self.recorder.start()
