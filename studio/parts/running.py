"""Running a policy as the studio sees it: which one, how much it may do, what waits, trials.

The first motion of a freshly chosen policy (and the first after a STOP or a fault) is always shown
before it happens, whatever the autonomy says. Knows the workcell and the serve job; no widget.
"""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from devices.commands import (
    Approve,
    AuthorityChanged,
    ConnectPlanner,
    PlanActivated,
    PlanDropped,
    PlanProposed,
    Refuse,
    SetAuthority,
    SetAutonomy,
    SetTask,
)
from model.messages import Ready
from recordings.types import Authority, Autonomy, Fault, JobPhase
from studio.jobs import Job
from studio.serving import serve_command
from studio.trials import Trial, TrialSeries, TrialSummary
from studio.workcell import Fact, Workcell

POLL_NS = 100_000_000
READ_NS = 1_500_000_000  # a plan stays on screen this long before one that cannot run


class Running(QObject):
    """The policy on one workcell."""

    changed = Signal()
    handingOver = Signal()  # authority is about to be asked for, for the policy
    planChanged = Signal(object)  # PlanProposed that waits or runs, None when there is none
    trialEnded = Signal(object)  # studio.trials.Trial
    noticed = Signal(str, str)  # sentence, level

    def __init__(self, cell: Workcell, task: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cell = cell
        self._next_poll_ns = 0
        self.task = task
        self.run: Path | None = None
        self.server: Job | None = None
        self.ready = False  # the policy server answers
        self.autonomy = Autonomy.ASK_FIRST  # what the person chose
        self.trusted = False  # a person approved a plan of this policy since it was chosen
        self.waiting: PlanProposed | None = None  # shown, nothing moves because of it
        self.trials: TrialSeries | None = None
        self.results: list[Trial] = []

    # ── the policy ─────────────────────────────────────────────────────────────────────────────

    @property
    def policy(self) -> str:
        return self.run.name if self.run else ""

    @property
    def loading(self) -> bool:
        return self.server is not None and not self.ready and not self.server.over

    def choose(self, run: Path) -> None:
        """Load this run's checkpoint into a policy server of its own; nothing moves."""
        self.unload()
        self.run = run
        command = serve_command(run, self._cell.bench.robot)
        self.server = Job.start("serve", command, run / "serve")
        self.changed.emit()

    def unload(self) -> None:
        """Hold, and end the policy server."""
        if self.server is None:
            return
        self.hold()
        self._cell.send(ConnectPlanner(""))
        self.server.close(timeout_s=2.0)
        self.server, self.run, self.ready, self.trusted = None, None, False, False
        self._set_waiting(None)
        self.changed.emit()

    # ── intents ────────────────────────────────────────────────────────────────────────────────

    def set_task(self, task: str) -> None:
        """Task text the policy is given."""
        self.task = task.strip()
        self._cell.send(SetTask(self.task))
        self.changed.emit()

    def set_autonomy(self, autonomy: Autonomy) -> None:
        """How much the policy may do once its first plan was approved."""
        self.autonomy = autonomy
        self._cell.send(SetAutonomy(self.effective_autonomy))
        self.changed.emit()

    @property
    def effective_autonomy(self) -> Autonomy:
        if self.trusted or self.autonomy is Autonomy.ASK_EACH:
            return self.autonomy
        return Autonomy.ASK_FIRST

    def hand_back(self) -> None:
        """The policy drives from now on; asked first where the autonomy says so."""
        if not self.ready:
            self.noticed.emit("Choose a run first: no policy is loaded.", "attention")
            return
        if self._cell.status.authority is Authority.POLICY:
            return  # it drives already: asking once more would throw its plans away
        self.handingOver.emit()
        self._cell.send(SetTask(self.task))
        self._cell.send(SetAutonomy(self.effective_autonomy))
        self._cell.send(SetAuthority(Authority.POLICY))
        self.changed.emit()

    def approve(self) -> None:
        """Let the plan that waits run; while nobody drives, hand over first (and look again)."""
        if self._cell.status.authority is not Authority.POLICY:
            self.hand_back()
        elif self.waiting is not None and self.waiting.report.may_run:
            self._cell.send(Approve(self.waiting.plan.id))

    def refuse(self) -> None:
        """Drop the plan that waits and ask for another; one that cannot run is dropped already."""
        if self.waiting is not None:
            if self.waiting.report.may_run:
                self._cell.send(Refuse(self.waiting.plan.id))
            self._set_waiting(None)

    def hold(self) -> None:
        """Nobody drives; the arm stays where it is."""
        if self.trials is not None:
            self.stop_trials()
        self._cell.send(SetAuthority(Authority.HOLD))

    def start_trials(self, count: int) -> None:
        """Run ``count`` trials on fresh scenes; only for a policy whose plan was approved once."""
        if not self.trusted:
            self.noticed.emit(
                "Approve one plan of this policy before it runs trials alone.", "attention"
            )
            return
        first = time.time_ns() // 1_000_000_000 % 1_000_000
        self.results = []
        self.trials = TrialSeries(self._cell, self.task, list(range(first, first + count)))
        self.changed.emit()

    def stop_trials(self) -> None:
        """End the series; what was counted stays."""
        if self.trials is not None:
            self.trials.stop()
            self.trials = None
            self._cell.send(SetAutonomy(self.effective_autonomy))
            self.changed.emit()

    @property
    def summary(self) -> TrialSummary:
        return TrialSummary.of(self.results)

    # ── every tick ─────────────────────────────────────────────────────────────────────────────

    def tick(self, now_ns: int) -> None:
        if self.server is not None and now_ns >= self._next_poll_ns:
            self._next_poll_ns = now_ns + POLL_NS
            self._poll_server(self.server)
        if self.trials is None:
            return
        trial = self.trials.tick(now_ns)
        if trial is not None:
            self.results.append(trial)
            self.trialEnded.emit(trial)
        if self.trials.done:
            self.stop_trials()

    def on_fact(self, fact: Fact) -> None:
        """What the rig reported."""
        match fact:
            case PlanProposed():
                self._on_proposed(fact)
            case PlanActivated(approved_by=by):
                if by == "person" and not self.trusted:
                    self.trusted = True
                    self._cell.send(SetAutonomy(self.autonomy))
                    self.changed.emit()
                self._set_waiting(None)
            case PlanDropped(plan_id=plan_id):
                if self._is_waiting(plan_id) and not self._is_to_be_read():
                    self._set_waiting(None)
            case AuthorityChanged(authority=authority):
                if authority is not Authority.POLICY:
                    self._set_waiting(None)
            case Fault():
                self.trusted = False
            case _:
                pass

    def _on_proposed(self, proposal: PlanProposed) -> None:
        """Show it. While nothing runs, one that cannot run leaves time to read what was there."""
        before = self.waiting
        shown_ns = proposal.plan.observed_ns - before.plan.observed_ns if before else READ_NS
        if proposal.report.may_run or shown_ns >= READ_NS or self._cell.active is not None:
            self._set_waiting(proposal)

    def _is_waiting(self, plan_id: int) -> bool:
        return self.waiting is not None and self.waiting.plan.id == plan_id

    def _is_to_be_read(self) -> bool:
        """Whether the plan on screen cannot run, and nothing else runs that should be shown."""
        waiting = self.waiting
        return waiting is not None and not waiting.report.may_run and self._cell.active is None

    def _poll_server(self, server: Job) -> None:
        before = server.status
        for event in server.poll():
            if isinstance(event, Ready):
                self.ready = True
                self._cell.send(SetTask(self.task))
                self._cell.send(ConnectPlanner(event.url))
                self.noticed.emit(f"Policy {self.policy} is ready.", "ok")
        if server.status != before:
            self.changed.emit()
        if server.status.phase is JobPhase.FAILED and self.run is not None:
            self.ready = self.trusted = False
            self.server = None
            self.noticed.emit(
                f"The planner of {self.policy} stopped; the arm holds. Choose the run again to "
                f"restart it.\n{server.status.message}",
                "danger",
            )
            self.changed.emit()

    def _set_waiting(self, proposal: PlanProposed | None) -> None:
        if proposal is not self.waiting:
            self.waiting = proposal
            self.planChanged.emit(proposal)

    def close(self) -> None:
        """End the policy server with the window."""
        if self.server is not None:
            self.server.close(timeout_s=2.0)
            self.server = None
