"""Run: choose a policy, see its next plan before anything moves, let it run, take over."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from devices.commands import PlanProposed
from recordings.rig_status import RigStatus
from recordings.types import Authority, Plan
from studio.actions import action
from studio.pages.page import Page, column
from studio.pages.policy_card import PolicyCard
from studio.pages.rollout_card import RolloutCard
from studio.pages.stage import Stage
from studio.pages.tool_pad import ToolPad
from studio.pages.trial_card import TrialCard
from studio.session import Session
from widgets.autonomy_picker import AutonomyPicker
from widgets.card import Card, button
from widgets.chunk_strip import ChunkStrip
from widgets.depth_view import NO_DEPTH_HEAD, DepthView
from widgets.plan_view import PlanView
from widgets.strip import bar

NO_PLAN = "Depth reasoning is shown with a plan."


class RunPage(Page):
    """Hold, take over and progress below the 3D view; policy, checks, autonomy, trials right."""

    key = "run"
    left_px = 336

    def __init__(self, session: Session, stage: Stage) -> None:
        super().__init__()
        self._session = session
        self._running = session.running
        self._stage = stage
        self._shown: tuple[int, str] | None = None  # plan and sentence on the card
        self._counted = False  # the card counts down
        self.plan = PlanView()
        self.autonomy = AutonomyPicker()
        self.depth = DepthView()
        self.chunk = ChunkStrip()
        self.strip = self._strip()
        self.pad = ToolPad(session)
        self.rollout = RolloutCard(session)
        self.left = column(PolicyCard(session), self.rollout, TrialCard(session), self._pad_card())
        self.inspector = column(self.plan, self.autonomy, self.depth)
        self.plan.approveRequested.connect(lambda _: self._running.approve())
        self.plan.refuseRequested.connect(lambda _: self._running.refuse())
        self.depth.surfaceRequested.connect(stage.belief.set_wanted)
        self.autonomy.autonomyRequested.connect(self._running.set_autonomy)
        self._running.changed.connect(self._show)
        self._running.planChanged.connect(self._on_running_plan_changed)
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

    def _pad_card(self) -> QWidget:
        card = Card("Correct it by hand")
        card.body.addWidget(self.pad)
        return card

    # ── showing ────────────────────────────────────────────────────────────────────────────────

    def tick(self) -> None:
        self.rollout.tick()
        self.chunk.set_progress(*self._stage.overlay.progress())
        self._stage.arm.set_title(self._title())
        self.depth.set_surface_words(self._stage.belief.words)

    def _title(self) -> str:
        proposal = self._stage.overlay.proposal
        if proposal is None:
            return ""
        plan = proposal.plan
        return f"Plan {plan.id} · {len(plan.q)} steps · {len(plan.q) * plan.dt_s:.1f} s"

    def _show(self) -> None:
        self.autonomy.set_autonomy(self._running.autonomy)
        self._show_buttons(self._session.status)

    def _show_buttons(self, status: RigStatus) -> None:
        policy = status.authority is Authority.POLICY
        self.hand_back.setText("Hand back   H" if self._running.trusted else "Preview plan   H")
        self.hand_back.setEnabled(self._running.ready and not policy)
        self.hold.setEnabled(status.authority is not Authority.HOLD)
        self.take_over.setEnabled(status.authority is not Authority.LEADER)

    def _on_session_status_changed(self, status: RigStatus) -> None:
        self._show_buttons(status)
        counting = status.veto_left_s > 0.0 and self._running.waiting is not None
        if self._counted and not counting:
            self._shown = None  # the sentence was the countdown's
        self._counted = counting
        self._show_what_there_is(status)
        left_s = status.veto_left_s if counting else 0.0
        self.plan.set_countdown(left_s, self._session.cell.bench.settings.veto_s)

    def _show_state(self, status: RigStatus) -> None:
        active = self._session.cell.active
        if active is not None:
            self._show_plan(active, "Running.")
        elif status.authority is Authority.POLICY:
            self._show_plan(None, "Asking the policy for a plan…")
        elif not self._running.ready:
            self._show_plan(None, "Load a policy: its plan is shown here first.")
        elif status.authority is Authority.LEADER:
            self._show_plan(None, "You drive. Hand back, and the policy goes on from there.")
        else:
            self._show_plan(None, "Press Preview plan: you see it before it moves.")

    def _on_running_plan_changed(self, proposal: PlanProposed | None) -> None:
        self._show_what_there_is(self._session.status)

    def _show_what_there_is(self, status: RigStatus) -> None:
        proposal = self._running.waiting
        if proposal is None:
            self._show_state(status)
        elif status.authority is not Authority.POLICY:
            self._show_plan(proposal, "What the policy would do now. Hand over to let it.")
        elif not proposal.report.may_run:
            self._show_plan(proposal, "A check failed: it cannot run. Another one is asked for.")
        elif status.active_plan >= 0:
            self._show_plan(proposal, "It continues the plan that runs.", waiting=True)
        else:
            self._show_plan(proposal, "Nothing moves until you approve.", waiting=True)

    def _show_plan(
        self, proposal: PlanProposed | None, state: str, *, waiting: bool = False
    ) -> None:
        if proposal is not None and proposal is self._running.waiting:
            state = "\n".join((state, *proposal.plan.notes))
        shown = (proposal.plan.id if proposal else -1, f"{state}{waiting}")
        if shown == self._shown:
            return
        self._shown = shown
        if proposal is None:
            self.plan.set_plan(-1, 0, 0.0, None, state)
            self.depth.set_absent(NO_PLAN)
            return
        plan = proposal.plan
        self._show_depth(plan)
        seconds = len(plan.q) * plan.dt_s
        self.plan.set_plan(plan.id, len(plan.q), seconds, proposal.report, state, waiting=waiting)

    def _show_depth(self, plan: Plan) -> None:
        trace = plan.reasoning
        if trace is None:
            self.depth.set_absent(NO_DEPTH_HEAD)
        else:
            self.depth.set_trace(trace.updated, trace.took_ms, trace.relative_depth)


def tip(key: str) -> str:
    """Tooltip of an action's button."""
    return action(key).tip
