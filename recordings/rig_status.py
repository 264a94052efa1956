"""What the running rig says about itself, twenty times a second.

Frozen snapshots, as in :mod:`recordings.types`. This module knows no process and no device.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from recordings.types import F32, Authority, Autonomy, Fault, JointState


class Torque(enum.Enum):
    """Whether the motors push. ON → PARKING → OFF (limp) → ON; STOP ends PARKING with ON."""

    ON = "on"
    PARKING = "parking"  # on its way to the parking pose, to be let go there
    OFF = "off"  # limp: nothing is sent, gravity decides


class RigPhase(enum.Enum):
    """OFFLINE → CONNECTING → READY → FAULT → CONNECTING."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    READY = "ready"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class LoopStats:
    """Control-loop timing over the last seconds. Lateness = start of a tick after its deadline."""

    hz: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    max_ms: float = 0.0
    ticks: int = 0
    overruns: int = 0  # ticks that began more than one period late
    realtime: bool = False  # real-time priority was granted


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """One camera as the rig sees it."""

    name: str
    fps: float  # measured
    age_ms: float  # age of the newest frame
    missed: int  # frames known to be lost since connect


@dataclass(frozen=True, slots=True)
class RigStatus:
    """Immutable snapshot of the rig, published at 20 Hz."""

    phase: RigPhase = RigPhase.OFFLINE
    authority: Authority = Authority.HOLD
    t_ns: int = 0
    state: JointState | None = None
    action: F32 | None = None  # (n,) rad, last command sent
    leader: str = ""  # name of the leader selected
    leader_is_person: bool = True  # False: it acts by itself
    autonomy: Autonomy = Autonomy.ASK_EACH
    task: str = ""
    epoch: int = 0
    handing_over: bool = False
    stopped: bool = False  # STOP was pressed and not released
    torque: Torque = Torque.ON
    held_back: str = ""  # where the workspace ends when a target is held back from it
    planner: str = ""  # "" none, "waiting", "ready", "lost"
    policy: str = ""
    pending_plan: int = -1  # plan waiting for approval
    veto_left_s: float = 0.0  # how much longer it can be refused before it runs; 0 = not counting
    active_plan: int = -1
    plan_step: float = 0.0  # row of the active plan being executed
    plan_length: int = 0
    plan_age_ms: float = 0.0  # age of the observation behind the active plan
    cameras: tuple[CameraHealth, ...] = ()
    loop: LoopStats = LoopStats()
    fault: Fault | None = None
    leader_states: Mapping[str, JointState] = field(default_factory=dict[str, JointState])
    """How the motors of leaders are, for those that have some."""
    notes: Mapping[str, int] = field(default_factory=dict[str, int])  # counters
