"""The nouns of Foresight: what every process passes around, live and on disk.

Frozen, slotted values; arrays in them are read-only. This module knows numpy and nothing else:
no hardware, no files, no Qt, no torch.

Units: radians, metres, seconds; a gripper is an opening fraction 0 (closed) … 1 (open).
Time is ``time.monotonic_ns()``: one clock for all processes of a machine.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
U8 = npt.NDArray[np.uint8]


def frozen_f32(values: npt.ArrayLike) -> F32:
    """A read-only float32 copy of ``values``."""
    array = np.array(values, dtype=np.float32)
    array.flags.writeable = False
    return array


# ── the bench ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class JointSpec:
    """One joint of an arm."""

    name: str
    lower: float  # rad (gripper: opening fraction)
    upper: float  # rad (gripper: opening fraction)
    max_speed: float  # rad/s (gripper: fraction/s)
    is_gripper: bool = False


@dataclass(frozen=True, slots=True)
class CameraSpec:
    """One camera role of a bench and the picture it delivers."""

    name: str
    width: int  # px
    height: int  # px
    fps: float


@dataclass(frozen=True, slots=True)
class RobotSpec:
    """What an arm is. Stored in every episode and every checkpoint; a mismatch is an error."""

    name: str
    joints: tuple[JointSpec, ...]
    cameras: tuple[CameraSpec, ...]
    control_hz: float

    @property
    def lower(self) -> F32:
        """(n,) float32, rad."""
        return frozen_f32([j.lower for j in self.joints])

    @property
    def upper(self) -> F32:
        """(n,) float32, rad."""
        return frozen_f32([j.upper for j in self.joints])

    @property
    def max_speed(self) -> F32:
        """(n,) float32, rad/s."""
        return frozen_f32([j.max_speed for j in self.joints])

    @property
    def joint_names(self) -> tuple[str, ...]:
        return tuple(j.name for j in self.joints)

    @property
    def camera_names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.cameras)

    def mismatch(self, other: RobotSpec) -> str | None:
        """Why ``other`` cannot stand in for this robot, both sides named; None when it can.

        Compared: robot name, joint names and order, camera names and order. Picture sizes and
        limits may differ: they change nothing about what a number means.
        """
        pairs = (
            ("robot", self.name, other.name),
            ("joints", ", ".join(self.joint_names), ", ".join(other.joint_names)),
            ("cameras", ", ".join(self.camera_names), ", ".join(other.camera_names)),
        )
        wrong = [f"{what}: {a!r} here, {b!r} there" for what, a, b in pairs if a != b]
        return "; ".join(wrong) or None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON-ready form."""
        return {
            "name": self.name,
            "control_hz": self.control_hz,
            "joints": [
                {
                    "name": j.name,
                    "lower": j.lower,
                    "upper": j.upper,
                    "max_speed": j.max_speed,
                    "is_gripper": j.is_gripper,
                }
                for j in self.joints
            ],
            "cameras": [
                {"name": c.name, "width": c.width, "height": c.height, "fps": c.fps}
                for c in self.cameras
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RobotSpec:
        """Inverse of :meth:`to_dict`.

        Raises:
            KeyError, TypeError: when a field is missing or of the wrong kind.
        """
        return cls(
            name=data["name"],
            joints=tuple(JointSpec(**j) for j in data["joints"]),
            cameras=tuple(CameraSpec(**c) for c in data["cameras"]),
            control_hz=float(data["control_hz"]),
        )


# ── what is measured ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of one camera."""

    camera: str
    image: U8  # (h, w, 3) RGB
    t_ns: int  # capture time
    index: int  # 0, 1, 2 … per camera since it was opened; a gap is a missed frame
    seq: int = -1  # the camera's own counter where it has one; a gap was lost before it reached us


@dataclass(frozen=True, slots=True)
class JointState:
    """Where the arm is, and how its motors feel where the bus says so."""

    q: F32  # (n,) rad
    t_ns: int
    temperature_c: F32 | None = None  # (n,)
    current_a: F32 | None = None  # (n,)
    load: F32 | None = None  # (n,) fraction of rated torque, signed
    voltage_v: F32 | None = None  # (n,) supply as the motor sees it
    alarms: Mapping[str, str] = field(default_factory=dict[str, str])
    """Joint → what its motor complains about, in words; only joints that do."""


class Authority(enum.IntEnum):
    """Who moves the follower.

    HOLD ⇄ LEADER (you drive), HOLD ⇄ POLICY, LEADER ⇄ POLICY directly; STOP and every fault → HOLD.
    """

    HOLD = 0
    LEADER = 1
    POLICY = 2


@dataclass(frozen=True, slots=True)
class Step:
    """One control tick: one row of an episode."""

    state: F32  # (n,) rad, measured
    action: F32  # (n,) rad, as really sent after the guard
    authority: Authority
    t_ns: int
    frames: Mapping[str, int] = field(
        default_factory=dict[str, int]
    )  # camera → newest index, -1 none
    plan_id: int = -1  # plan that asked for this action, -1 none
    guard_bits: int = 0  # devices.guard.GuardBit flags: what the guard changed


@dataclass(frozen=True, slots=True)
class Observation:
    """What a policy sees."""

    state: JointState
    frames: Mapping[str, Frame]
    task: str


# ── what is planned ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class DepthTrace:
    """Depth codes a reasoning policy predicted before its plan (relative depth, no metres)."""

    codes: npt.NDArray[np.int16]  # (10, 10)
    updated: npt.NDArray[np.bool_]  # (10, 10) re-predicted in this plan
    took_ms: float
    relative_depth: F32 | None = None  # (h, w), larger = nearer


@dataclass(frozen=True, slots=True)
class Plan:
    """What a policy proposes: a time-stamped trajectory. Never a command.

    Row ``i`` is meant for ``observed_ns + i * dt_s``.
    """

    id: int
    epoch: int  # a plan of an older epoch (before a hand-back, stop or task change) is dropped
    q: F32  # (h, n) rad, gripper columns 0…1
    dt_s: float
    observed_ns: int
    policy: str
    samples: F32 | None = None  # (k, h, n)
    reasoning: DepthTrace | None = None
    timings: Mapping[str, float] = field(default_factory=dict[str, float])  # stage → ms
    seed: int = 0
    notes: tuple[str, ...] = ()  # sentences a person should read before the plan runs


class Verdict(enum.Enum):
    """Result of one plan check."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class PlanCheck:
    """One check of a plan: where it is closest to (or beyond) its bound."""

    name: str
    verdict: Verdict
    step: int  # row of the plan, -1 when not about one row
    joint: str  # "" when not about one joint
    value: float
    bound: float
    unit: str


@dataclass(frozen=True, slots=True)
class PlanReport:
    """All checks of one plan."""

    plan_id: int
    checks: tuple[PlanCheck, ...]

    @property
    def may_run(self) -> bool:
        """False when any check failed: such a plan cannot be approved."""
        return all(c.verdict is not Verdict.FAIL for c in self.checks)


class Autonomy(enum.Enum):
    """How much a policy may do before a person agrees (PRODUCT.md §4, Run)."""

    ASK_EACH = "ask each"
    ASK_FIRST = "ask first"
    VETO = "veto"
    AUTO = "auto"


# ── how things are going ───────────────────────────────────────────────────────────────────────


class EpisodePhase(enum.Enum):
    """RECORDING → REVIEW → KEPT | DISCARDED."""

    RECORDING = "recording"
    REVIEW = "review"
    KEPT = "kept"
    DISCARDED = "discarded"


class JobPhase(enum.Enum):
    """STARTING → RUNNING → FINISHED | CANCELLED | FAILED."""

    STARTING = "starting"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as a value, across processes."""

    code: str  # e.g. "camera_stale", "plan_nan", "disk_full"
    device: str
    message: str  # what happened, with the value
    hint: str  # what to do next
    t_ns: int


@dataclass(frozen=True, slots=True)
class EpisodeInfo:
    """What an episode list shows; readable without decoding a frame."""

    id: str
    path: str
    task: str
    phase: EpisodePhase
    steps: int
    duration_s: float
    cameras: tuple[str, ...]
    frames: int
    created_wall_s: float
    success: bool | None = None
    interventions: int = 0
    recovered: bool = False
    problem: str = ""  # why it cannot be read, "" when it can
    sealed: bool = True  # False: still a journal (being recorded, being sealed, or left over)
    robot: str = ""
    operator: str = ""
    flagged: bool = False  # somebody wants to look at it again
    note: str = ""
    part_of: str = ""  # id of the episode this one was split from
    trimmed: bool = False  # steps, frames and duration are those of the part that counts


@dataclass(frozen=True, slots=True)
class JobStatus:
    """What a progress bar shows of a job in another process."""

    job: str  # "train", "serve"
    phase: JobPhase
    step: int = 0
    total: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])
    eta_s: float | None = None
    message: str = ""
    out: str = ""
