"""The policy drives: ask for plans, show them, run the ones that are agreed to, end in order.

Composes requests, proposals, autonomy and player. It proposes targets only while the rig gave it
authority; without authority it still shows what the policy would do. Nothing here waits: the
planner is a mailbox. Knows no arm and no guard.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from devices.commands import PlanActivated, PlanDropped, PlanProposed
from devices.driving.requests import Look, Requests
from devices.errors import NotAllowed
from devices.planning.autonomy import Decision, decide
from devices.planning.planner import (
    PlanArrived,
    PlanMissed,
    Planner,
    PlannerLost,
    PlannerReady,
    PlannerRefused,
    PlanRejected,
)
from devices.planning.player import Player, PlayerState
from devices.planning.proposals import Proposal, Proposals, first_failure
from devices.rig_settings import RigSettings
from recordings.types import Autonomy, Fault, RobotSpec
from recordings.wire import ServerHello

F64 = npt.NDArray[np.float64]
PolicyEvent = PlanProposed | PlanActivated | PlanDropped | Fault

RAN_OUT = "The plan ran out and no new one was there"
PERSON = "person"
PART_RAMP_S = 0.25  # to full speed when motion goes on after an approval


@dataclass(frozen=True, slots=True)
class Ending:
    """Why the policy gives authority back."""

    reason: str
    fault: Fault | None = None


class PolicyDriver:
    """Everything between a policy server and joint targets."""

    def __init__(self, robot: RobotSpec, *, settings: RigSettings) -> None:
        self._settings = settings
        self._player = Player(robot)
        self._proposals = Proposals(settings)
        self._requests = Requests(settings)
        self._planner: Planner | None = None
        self._hello: ServerHello | None = None
        self._word = ""  # "", "waiting", "ready", "lost"
        self._driving = False
        self._under_way = False  # a plan of this hand-over was agreed to
        self._moved = False  # a plan of this hand-over has run
        self._ending: Ending | None = None
        self._bad_plans = 0
        self._events: list[PolicyEvent] = []
        self.autonomy = Autonomy.ASK_EACH
        self.counts = {"plans": 0, "plans_run": 0, "plans_dropped": 0}

    # ── what it is doing ───────────────────────────────────────────────────────────────────

    @property
    def player(self) -> Player:
        return self._player

    @property
    def word(self) -> str:
        """How the planner is, as in ``RigStatus.planner``."""
        return self._word

    @property
    def policy(self) -> str:
        return self._hello.policy if self._hello else ""

    @property
    def is_ready(self) -> bool:
        return self._word == "ready"

    @property
    def handing_over(self) -> bool:
        """The policy has authority and nothing has moved yet."""
        return self._driving and not self._moved

    @property
    def pending_plan(self) -> int:
        """Plan that waits for a decision, -1 none."""
        newest = self._proposals.newest
        return -1 if newest is None else newest.plan.id

    @property
    def active_plan(self) -> int:
        at_rest = self._player.state is PlayerState.REST
        return -1 if at_rest or not self._driving else self._player.plan_id

    def veto_left_s(self, now_ns: int) -> float:
        """How much longer a person can refuse before the arm moves, s; 0 when not counting."""
        waits = self._driving and not self._under_way and self._proposals.newest is not None
        if not waits or self.autonomy is not Autonomy.VETO:
            return 0.0
        return max(0.0, self._settings.veto_s - self._proposals.shown_s(now_ns))

    def drain(self) -> list[PolicyEvent]:
        """Events since the last call, oldest first."""
        events, self._events = self._events, []
        for event in events:
            self.counts["plans"] += isinstance(event, PlanProposed)
            self.counts["plans_run"] += isinstance(event, PlanActivated)
            self.counts["plans_dropped"] += isinstance(event, PlanDropped)
        return events

    # ── the planner ────────────────────────────────────────────────────────────────────────

    def use(self, planner: Planner | None) -> None:
        """Work with this planner from now on; the one before is closed."""
        if self._planner is not None:
            self._planner.close()
        self._planner = planner
        self._hello = None
        self._word = "" if planner is None else "waiting"
        if self._driving:
            self._end_soon(Ending("The planner was changed"))

    # ── authority ──────────────────────────────────────────────────────────────────────────

    def begin(self, q: npt.ArrayLike, *, now_ns: int) -> None:
        """The policy has authority: the arm rests at ``q`` (n,) rad until a plan is agreed to."""
        self.new_epoch(now_ns=now_ns)
        self._player.rest_at(q)
        self._driving, self._under_way, self._moved = True, False, False
        self._ending = None
        self._bad_plans = 0

    def leave(self, q: npt.ArrayLike, *, now_ns: int) -> None:
        """Authority went elsewhere at command ``q`` (n,) rad: at once, without slowing down."""
        self._driving, self._under_way = False, False
        self._ending = None
        self._player.rest_at(q)
        self.new_epoch(now_ns=now_ns)

    def new_epoch(self, *, now_ns: int) -> None:
        """What was asked and proposed so far is of the past."""
        self._proposals.clear()
        self._requests.forget(now_ns=now_ns)

    def soft_stop(self, reason: str, *, fault: Fault | None = None) -> None:
        """Come to rest on the path, then give authority back."""
        self._end_soon(Ending(reason, fault))
        self._player.slow()

    @property
    def ended(self) -> Ending | None:
        """Why authority must go back to HOLD; None while it goes on (or is still slowing down)."""
        return self._ending if self._player.state is PlayerState.REST else None

    @property
    def is_ending(self) -> bool:
        """On its way to rest for a reason that a new plan cannot mend."""
        return self._ending is not None and self._ending.reason != RAN_OUT

    # ── a person decides ───────────────────────────────────────────────────────────────────

    def approve(self, plan_id: int, *, q: npt.ArrayLike, epoch: int, now_ns: int) -> None:
        """Run this plan.

        Raises:
            NotAllowed: with the reason.
        """
        if not self._driving:
            what, hint = f"Approving plan {plan_id}", "Hand over to the policy first."
            raise NotAllowed(what, reason="the policy does not drive", hint=hint)
        found = self._proposals.approvable(plan_id, q=q, epoch=epoch, now_ns=now_ns)
        self._activate(found, by=PERSON, now_ns=now_ns)

    def refuse(self, plan_id: int, *, now_ns: int) -> None:
        """Drop this plan and ask for another; a running one comes to rest on its path."""
        if plan_id == self.active_plan:
            self._player.slow()
            self._under_way = False
            self._proposals.clear()
        elif not self._proposals.remove(plan_id):
            return
        self._events.append(PlanDropped(plan_id, "You refused it"))
        self._requests.hurry(now_ns=now_ns)

    def set_autonomy(self, autonomy: Autonomy) -> None:
        """Change the gear; a plan that runs is shortened when the new gear asks each time."""
        if autonomy is self.autonomy:
            return
        self.autonomy = autonomy
        if autonomy is Autonomy.ASK_EACH:
            self._under_way = False
            self._player.limit_run(self._settings.ask_each_s)

    # ── every tick ─────────────────────────────────────────────────────────────────────────

    def listen(self, *, epoch: int, now_ns: int) -> None:
        """Take in what the planner link has ready."""
        while self._planner is not None and (news := self._planner.poll()) is not None:
            match news:
                case PlannerReady(hello):
                    self._hello, self._word = hello, "ready"
                    self._requests.forget(now_ns=now_ns)
                case PlannerLost(fault) | PlannerRefused(fault):
                    self._lose(fault)
                case PlanArrived(proposed):
                    self._consider(proposed, epoch=epoch, now_ns=now_ns)
                case PlanRejected(plan_id, fault):
                    self._reject(plan_id, fault, now_ns=now_ns)
                case PlanMissed(plan_id, reason):
                    self._requests.settle(plan_id, now_ns=now_ns, pause_s=self._settings.refresh_s)
                    self._events.append(PlanDropped(plan_id, reason))

    def ask(self, look: Look, *, q: npt.ArrayLike, epoch: int, now_ns: int) -> None:
        """Ask for the next plan when it is time."""
        ready = self._planner is not None and self._hello is not None and self.is_ready
        if not ready or not self._wants_plan():
            return
        assert self._planner is not None
        assert self._hello is not None
        inquiry = self._requests.make(
            look,
            player=self._player,
            q=q,
            planner=self._planner,
            hello=self._hello,
            epoch=epoch,
            now_ns=now_ns,
        )
        if inquiry is not None:
            self._planner.submit(inquiry)

    def target(self, elapsed_s: float, *, now_ns: int) -> F64:
        """Joint targets (n,) rad, one control period on. Only with authority."""
        self._decide(now_ns)
        self._watch_expiry()
        return self._player.advance(elapsed_s)

    # ── inside ─────────────────────────────────────────────────────────────────────────────

    def _wants_plan(self) -> bool:
        if not self._driving or self._player.state is PlayerState.REST:
            return self._ending is None
        running = self._player.state is PlayerState.RUNNING
        return running and self.autonomy is not Autonomy.ASK_EACH and self._ending is None

    def _consider(self, proposed: PlanProposed, *, epoch: int, now_ns: int) -> None:
        plan_id = proposed.plan.id
        pause_s = self._pause_s() if proposed.report.may_run else self._settings.retry_s
        asked = self._requests.settle(plan_id, now_ns=now_ns, pause_s=pause_s)
        if asked is None or asked.epoch != epoch:
            self._events.append(PlanDropped(plan_id, "It was made for a situation that is over"))
            return
        self._bad_plans = 0
        if self._is_moving and self.autonomy is Autonomy.ASK_EACH:
            self._events.append(PlanDropped(plan_id, "The arm was moving when it arrived"))
            return
        self._events.append(proposed)
        self._proposals.add(Proposal(proposed, asked, now_ns))
        if not proposed.report.may_run:
            reason = first_failure(proposed.report)
            self._events.append(PlanDropped(plan_id, f"It cannot run: {reason}"))

    @property
    def _is_moving(self) -> bool:
        return self._driving and self._player.state is not PlayerState.REST

    def _pause_s(self) -> float:
        """Until the next request; what a person may still refuse is not replaced."""
        if self._is_moving:
            return 0.0
        counting = self._driving and self.autonomy is Autonomy.VETO
        return self._settings.refresh_s + (self._settings.veto_s if counting else 0.0)

    def _reject(self, plan_id: int, fault: Fault, *, now_ns: int) -> None:
        self._requests.settle(plan_id, now_ns=now_ns, pause_s=self._settings.retry_s)
        self._bad_plans += 1
        self._events.append(PlanDropped(plan_id, fault.message))
        if self._bad_plans >= self._settings.bad_plans:
            self._bad_plans = 0
            self._events.append(fault)
            if self._driving:
                self.soft_stop(f"{self._settings.bad_plans} bad plans in a row", fault=fault)

    def _lose(self, fault: Fault) -> None:
        """The plan that runs is driven to its end; nothing starts again by itself."""
        self._word = "lost"
        self._events.append(fault)
        if self._driving:
            self._end_soon(Ending(f"The planner was lost. {fault.message}", fault))

    def _end_soon(self, ending: Ending) -> None:
        if self._driving and not self.is_ending:
            self._ending = ending
            self._proposals.clear()

    def _decide(self, now_ns: int) -> None:
        """Whether the newest proposal runs without a person saying so."""
        newest = self._proposals.newest
        if newest is None or not newest.may_run or self.is_ending:
            return
        decision = decide(
            self.autonomy,
            under_way=self._under_way,
            shown_s=self._proposals.shown_s(now_ns),
            veto_s=self._settings.veto_s,
        )
        if decision is Decision.RUN:
            self._activate(newest, by=self.autonomy.value, now_ns=now_ns)

    def _activate(self, proposal: Proposal, *, by: str, now_ns: int) -> None:
        plan, player = proposal.plan, self._player
        observed_s = proposal.asked.clock_s
        self._proposals.clear()
        gone = (player.clock_s - observed_s) / plan.dt_s
        if gone > len(plan.q) - 2:
            self._drop(plan.id, "It arrived too late", now_ns=now_ns)
            return
        worst = player.disagreement(plan, observed_s=observed_s)
        if worst.difference_rad > self._settings.jump_rad:
            reason = f"It starts {worst.difference_rad:.2f} rad away ({worst.joint})"
            self._drop(plan.id, reason, now_ns=now_ns)
            return
        asks_each = self.autonomy is Autonomy.ASK_EACH
        ramp_s = PART_RAMP_S if self._moved else self._settings.hand_over_ramp_s
        run_s = self._settings.ask_each_s if asks_each else None
        player.load(plan, observed_s=observed_s, run_s=run_s, ramp_s=ramp_s)
        self._moved, self._under_way = True, not asks_each
        self._ending = None
        self._events.append(PlanActivated(plan.id, now_ns, by))

    def _drop(self, plan_id: int, reason: str, *, now_ns: int) -> None:
        self._events.append(PlanDropped(plan_id, reason))
        self._requests.hurry(now_ns=now_ns)

    def _watch_expiry(self) -> None:
        player = self._player
        if player.state is not PlayerState.RUNNING:
            return
        if player.age_s > self._settings.plan_max_age_s or player.left_s <= 0.0:
            if self.autonomy is not Autonomy.ASK_EACH:
                self._end_soon(Ending(RAN_OUT))
            player.slow()
