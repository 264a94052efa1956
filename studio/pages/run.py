"""Run: choose a policy, see its next plan before anything moves, let it run, take over."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSpinBox, QWidget

from devices.commands import PlanProposed
from recordings.types import Authority, JobPhase, RigStatus
from studio.actions import action
from studio.pages.page import Page, bar, column, indent
from studio.pages.stage import Stage
from studio.pages.tool_pad import ToolPad
from studio.parts.runs import RunInfo
from studio.session import Session
from studio.trials import Trial
from widgets import theme
from widgets.autonomy_picker import AutonomyPicker
from widgets.card import Card, ValueRow, button, label
from widgets.chunk_strip import ChunkStrip
from widgets.plan_view import PlanView


class RunPage(Page):
    """Hold, take over and progress below the 3D view; policy, checks, autonomy, trials right."""

    key = "run"
    left_px = 336

    def __init__(self, session: Session, stage: Stage) -> None:
        super().__init__()
        self._session = session
        self._running = session.running
        self._stage = stage
        self.plan = PlanView()
        self.autonomy = AutonomyPicker()
        self.chunk = ChunkStrip()
        self.strip = self._strip()
        self.pad = ToolPad(session)
        self.left = column(self._policy_card(), self._trial_card(), self._pad_card())
        self.inspector = column(self.plan, self.autonomy)
        self.plan.approveRequested.connect(lambda _: self._running.approve())
        self.plan.refuseRequested.connect(lambda _: self._running.refuse())
        self.autonomy.autonomyRequested.connect(self._running.set_autonomy)
        self._running.changed.connect(self._show)
        self._running.planChanged.connect(self._on_running_plan_changed)
        self._running.trialEnded.connect(self._on_running_trial_ended)
        session.training.runsChanged.connect(self._on_training_runs_changed)
        session.statusChanged.connect(self._on_session_status_changed)
        self._show()
        self._on_running_plan_changed(None)

    # ── panels ─────────────────────────────────────────────────────────────────────────────────

    def _strip(self) -> QWidget:
        self.hold = button("Hold", icon="hold", key="␣", tip=tip("hold"))
        self.take_over = button(
            "Take over", kind="primary", icon="hand", key="⇥", tip=tip("take_over")
        )
        self.hand_back = button(
            "Preview plan", kind="ok", icon="run", key="H", tip=tip("hand_back")
        )
        self.hold.clicked.connect(self._session.hold)
        self.take_over.clicked.connect(self._session.take_over)
        self.hand_back.clicked.connect(self._running.hand_back)
        strip = bar(self.hold, self.take_over, self.hand_back, self.chunk)
        layout = strip.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.setStretch(3, 1)
        return strip

    def _policy_card(self) -> QWidget:
        card = Card("Policy")
        self.runs = QComboBox()
        self.load = button("Load policy", kind="primary", icon="chip")
        self.load.clicked.connect(self._on_load_clicked)
        self.server = label("", role="quiet", wrap=True)
        self.task = QLineEdit(self._running.task)
        self.task.setPlaceholderText("What the policy shall do")
        self.task.editingFinished.connect(lambda: self._session.set_task(self.task.text()))
        card.body.addWidget(self.runs)
        card.body.addWidget(self.task)
        card.body.addWidget(self.load)
        card.body.addWidget(self.server)
        return card

    def _trial_card(self) -> QWidget:
        card = Card("Trials on fresh scenes")
        self.trial_count = QSpinBox()
        self.trial_count.setRange(1, 200)
        self.trial_count.setValue(10)
        self.trial_count.setSuffix(" scenes")
        indent(self.trial_count)
        self.trials = button("Start", icon="play")
        self.trials.clicked.connect(self._on_trials_clicked)
        row = QHBoxLayout()
        row.addWidget(self.trial_count, 1)
        row.addWidget(self.trials, 1)
        self.lifted = ValueRow("Cube lifted", "–")
        self.placed = ValueRow("In the tray", "–")
        card.body.addLayout(row)
        card.body.addWidget(self.lifted)
        card.body.addWidget(self.placed)
        return card

    def _pad_card(self) -> QWidget:
        card = Card("Correct it by hand")
        card.body.addWidget(self.pad)
        return card

    # ── showing ────────────────────────────────────────────────────────────────────────────────

    def tick(self) -> None:
        self.chunk.set_progress(*self._stage.overlay.progress())
        self._stage.arm.set_title(self._title())

    def _title(self) -> str:
        proposal = self._stage.overlay.proposal
        if proposal is None:
            return ""
        plan = proposal.plan
        return f"Plan {plan.id} · {len(plan.q)} steps · {len(plan.q) * plan.dt_s:.1f} s"

    def _show(self) -> None:
        running = self._running
        self.autonomy.set_autonomy(running.autonomy)
        server = running.server
        if running.ready and server is not None:
            plan_ms = server.status.metrics.get("plan_ms", 0.0)
            text, tone = f"Ready. One plan takes {plan_ms:.0f} ms.", "ok"
        elif running.loading:
            text, tone = "Loading the policy…", "quiet"
        elif server is not None and server.status.phase is JobPhase.FAILED:
            text, tone = server.status.message, "danger"
        elif self.runs.count():
            text, tone = "Choose a run and load it. Nothing moves by loading.", "quiet"
        else:
            text, tone = "No trained run yet: train one on Train.", "attention"
        self.server.setText(text)
        theme.restyle(self.server, tone=tone)
        self.load.setEnabled(self.runs.count() > 0 and not running.loading)
        trials = running.trials
        self.trials.setText("Stop" if trials else "Start")
        self.trials.setEnabled(running.ready)
        self._show_buttons(self._session.status)

    def _show_buttons(self, status: RigStatus) -> None:
        policy = status.authority is Authority.POLICY
        self.hand_back.setText("Hand back   H" if self._running.trusted else "Preview plan   H")
        self.hand_back.setEnabled(self._running.ready and not policy)
        self.hold.setEnabled(status.authority is not Authority.HOLD)
        self.take_over.setEnabled(status.authority is not Authority.LEADER)

    def _on_session_status_changed(self, status: RigStatus) -> None:
        self._show_buttons(status)
        if self._running.waiting is None:
            self._show_state(status)

    def _show_state(self, status: RigStatus) -> None:
        active = self._session.cell.active
        if active is not None:
            plan = active.plan
            seconds = len(plan.q) * plan.dt_s
            self.plan.set_plan(
                plan.id, len(plan.q), seconds, active.report, "Running.", waiting=False
            )
        elif status.authority is Authority.POLICY:
            self.plan.set_plan(-1, 0, 0.0, None, "Asking the policy for a plan…")
        elif self._running.ready:
            self.plan.set_plan(-1, 0, 0.0, None, "Press Preview plan: you see it before it moves.")
        else:
            self.plan.set_plan(-1, 0, 0.0, None, "Load a policy: its plan is shown here first.")

    def _on_running_plan_changed(self, proposal: PlanProposed | None) -> None:
        if proposal is None:
            self._show_state(self._session.status)
            return
        plan = proposal.plan
        seconds = len(plan.q) * plan.dt_s
        drives = self._session.status.authority is Authority.POLICY
        state = (
            "Nothing moves until you approve."
            if drives
            else "What the policy would do now. Hand over to let it."
        )
        self.plan.set_plan(plan.id, len(plan.q), seconds, proposal.report, state, waiting=drives)

    def _on_running_trial_ended(self, trial: Trial) -> None:
        summary = self._running.summary
        low, high = summary.lifted_interval
        self.lifted.set_value(
            f"{summary.lifted} of {summary.trials} · {low:.0%} to {high:.0%}", tone="ok"
        )
        self.placed.set_value(f"{summary.placed} of {summary.trials}")

    def _on_training_runs_changed(self, runs: list[RunInfo]) -> None:
        chosen = self.runs.currentData()
        self.runs.clear()
        for run in runs:
            if run.usable:
                self.runs.addItem(run.name, run.path)
        index = self.runs.findData(chosen)
        self.runs.setCurrentIndex(max(0, index))
        self._show()

    # ── intents ────────────────────────────────────────────────────────────────────────────────

    def _on_load_clicked(self) -> None:
        run = self.runs.currentData()
        if isinstance(run, Path):
            self._running.choose(run)

    def _on_trials_clicked(self) -> None:
        if self._running.trials:
            self._running.stop_trials()
        else:
            self._running.start_trials(self.trial_count.value())


def tip(key: str) -> str:
    """Tooltip of an action's button."""
    return action(key).tip
