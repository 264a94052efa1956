"""What the rig and its planner link say to each other, inside the rig process.

The link runs a thread of its own; the control tick only ever calls :meth:`Planner.submit` and
:meth:`Planner.poll`, which return at once. Knows no socket.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from devices.commands import PlanProposed
from recordings.types import F32, Fault
from recordings.wire import PlanRequest, ServerHello


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A plan request and what its answer is judged against."""

    request: PlanRequest
    start_q: F32
    """(n,) rad: command that will have been sent at row ``request.delay_steps``."""


@dataclass(frozen=True, slots=True)
class PlannerReady:
    """The policy server is there."""

    hello: ServerHello


@dataclass(frozen=True, slots=True)
class PlannerLost:
    """The policy server is gone; the link tries again by itself."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class PlannerRefused:
    """The policy does not fit this bench; the link does not try again."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class PlanArrived:
    """A plan with its checks done."""

    proposed: PlanProposed


@dataclass(frozen=True, slots=True)
class PlanRejected:
    """An answer that is no trajectory of this robot."""

    plan_id: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class PlanMissed:
    """No plan will come for this request: superseded, answered for another, or an error."""

    plan_id: int
    reason: str


PlannerNews = PlannerReady | PlannerLost | PlannerRefused | PlanArrived | PlanRejected | PlanMissed


class Planner(Protocol):
    """A policy as the control tick sees it. Both calls return at once."""

    @property
    def delay_s(self) -> float:
        """Longest recent time from request to checked plan, s."""
        ...

    def submit(self, inquiry: Inquiry) -> None:
        """Ask for a plan; replaces a request that was not sent yet."""
        ...

    def poll(self) -> PlannerNews | None:
        """Oldest news not seen yet."""
        ...

    def close(self) -> None:
        """End the connection; may be called twice."""
        ...
