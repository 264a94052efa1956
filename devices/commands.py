"""What the studio may ask of the rig, and what the rig reports back. Plain frozen values on a pipe.

STOP is not here: it is a shared event that the rig reads every tick, never queued.
"""

from __future__ import annotations

from dataclasses import dataclass

from recordings.rig_status import Torque
from recordings.types import F32, Authority, Autonomy, Plan, PlanReport


@dataclass(frozen=True, slots=True)
class Connect:
    """Open arm, leaders and cameras of the bench."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Hold, park, close everything."""


@dataclass(frozen=True, slots=True)
class SetAuthority:
    """Ask who should drive from now on. LEADER = take over, POLICY = hand back."""

    authority: Authority


@dataclass(frozen=True, slots=True)
class SelectLeader:
    """Which of the bench's leaders drives (simulated bench: "hand", "demonstrator")."""

    name: str


@dataclass(frozen=True, slots=True)
class Replay:
    """Drive along a recorded path: slowly to its beginning first, then as it was sent then."""

    q: F32  # (t, n) rad, gripper fraction
    t_s: F32  # (t,) s, growing from 0; slower than recorded when a person wants it slower


@dataclass(frozen=True, slots=True)
class SetTask:
    """Task text for recordings and for the policy; starts a new epoch."""

    task: str


@dataclass(frozen=True, slots=True)
class SetAutonomy:
    """How much the policy may do before a person agrees."""

    autonomy: Autonomy


@dataclass(frozen=True, slots=True)
class ConnectPlanner:
    """Websocket address of the policy server; "" disconnects."""

    url: str
    token: str = ""


@dataclass(frozen=True, slots=True)
class Approve:
    """Run this plan."""

    plan_id: int


@dataclass(frozen=True, slots=True)
class Refuse:
    """Drop this plan and ask for another."""

    plan_id: int


@dataclass(frozen=True, slots=True)
class ReleaseStop:
    """Leave the stopped state: the arm still holds, authority stays HOLD."""


@dataclass(frozen=True, slots=True)
class MoveTool:
    """Hand control of the simulated leader: desired tool speed until the next message (≤ 0.2 s)."""

    linear: tuple[float, float, float]  # m/s, robot base frame
    angular: tuple[float, float, float]  # rad/s, about base x y z
    gripper: float  # fraction/s, positive opens


@dataclass(frozen=True, slots=True)
class ResetScene:
    """Put the simulated scene back to a start drawn from ``seed``."""

    seed: int
    missed: str | None = None  # cube the arm stands beside, as after a grasp that missed it


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Hold, park, close, exit the process."""


Command = (
    Connect
    | Disconnect
    | SetAuthority
    | SelectLeader
    | Replay
    | SetTask
    | SetAutonomy
    | ConnectPlanner
    | Approve
    | Refuse
    | ReleaseStop
    | MoveTool
    | ResetScene
    | Shutdown
)


@dataclass(frozen=True, slots=True)
class PlanProposed:
    """A fresh plan arrived and passed (or failed) its checks. Nothing has moved because of it."""

    plan: Plan
    report: PlanReport
    tip: F32  # (h, 3) m, tool tip in the base frame, one per plan row; of a pair, the busier arm's
    sample_tips: F32 | None = None  # (k, h, 3) m


@dataclass(frozen=True, slots=True)
class PlanActivated:
    """The plan drives the arm from now on."""

    plan_id: int
    t_ns: int
    approved_by: str  # "person" or the autonomy rule that let it run


@dataclass(frozen=True, slots=True)
class PlanDropped:
    """The plan will not run."""

    plan_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class AuthorityChanged:
    """Who drives changed, and why, in words."""

    authority: Authority
    t_ns: int
    reason: str


@dataclass(frozen=True, slots=True)
class TorqueChanged:
    """The motors began or ceased to push, or the arm is on its way to where it is let go."""

    torque: Torque
    t_ns: int


@dataclass(frozen=True, slots=True)
class SceneState:
    """Simulated bench only: where things are, at 10 Hz, for the 3D view and for scoring trials."""

    t_ns: int
    seed: int
    cubes: dict[str, tuple[float, ...]]  # name → x y z qw qx qy qz (m)
    tray: tuple[float, float, float]  # centre (m)
    demonstrator_done: bool = False


Event = PlanProposed | PlanActivated | PlanDropped | AuthorityChanged | TorqueChanged | SceneState
# RigStatus and Fault (recordings.types) travel on the same pipe.
