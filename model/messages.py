"""What a learning job says on its standard output: one JSON object per line, one class per event.

The studio, a script and a cluster read the same lines. Knows no torch, no files, no Qt.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Started:
    """The job is alive and knows what it will do."""

    job: str  # "train", "serve" or "plan"
    out: str = ""  # folder it writes to
    total: int = 0  # steps it means to do, 0 unknown
    facts: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Progress:
    """One line of a training curve."""

    step: int
    total: int  # 0 unknown
    loss: float
    heldout: float | None = None  # loss on episodes kept aside
    eta_s: float | None = None
    steps_per_s: float = 0.0
    metrics: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Chunks:
    """A few moments of episodes kept aside: what was recorded, and what would be planned now."""

    step: int
    dt_s: float
    joints: list[str]
    grippers: list[bool]  # which joints are an opening fraction 0 … 1; the others are rad
    recorded: list[list[list[float]]]  # (c, h, n)
    planned: list[list[list[float]]]  # (c, h, n)
    valid: list[list[bool]]  # (c, h) rows that were really recorded


@dataclass(frozen=True, slots=True)
class Counted:
    """How far a job is that learns nothing: a plan, an export, an import."""

    done: float
    total: float  # in the same unit, 0 unknown
    what: str = ""  # what it works on, as people read it


@dataclass(frozen=True, slots=True)
class Downloading:
    """A checkpoint on its way from the hub."""

    source: str
    done_bytes: int
    total_bytes: int  # 0 unknown


@dataclass(frozen=True, slots=True)
class Saved:
    """A checkpoint is complete on disk."""

    step: int
    path: str


@dataclass(frozen=True, slots=True)
class Estimated:
    """What a training would take, measured on a few of its steps."""

    steps: int  # updates until the end
    seconds_per_step: float
    minutes: float  # until the end, reading included
    peak_gb: float
    available_gb: float
    checkpoint_gb: float  # on disk, two of them are kept
    free_disk_gb: float
    fits: bool
    advice: str = ""  # what to change when it does not fit
    facts: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Ready:
    """The policy server answers."""

    url: str
    policy: str
    load_s: float = 0.0
    plan_ms: float = 0.0  # one plan after warm-up


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person may want to know; the job goes on."""

    message: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The job ends with an error."""

    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """The job ends well; ``cancelled`` when a person or a signal stopped it early."""

    step: int = 0
    out: str = ""
    cancelled: bool = False
    metrics: dict[str, float] = field(default_factory=dict[str, float])


JobEvent = (
    Started
    | Progress
    | Chunks
    | Counted
    | Downloading
    | Saved
    | Estimated
    | Ready
    | Note
    | Failed
    | Finished
)

_BY_NAME: dict[str, type[JobEvent]] = {
    "started": Started,
    "progress": Progress,
    "chunks": Chunks,
    "counted": Counted,
    "downloading": Downloading,
    "saved": Saved,
    "estimated": Estimated,
    "ready": Ready,
    "note": Note,
    "failed": Failed,
    "finished": Finished,
}
_NAMES = {kind: name for name, kind in _BY_NAME.items()}


def encode(event: JobEvent) -> str:
    """One line of JSON, without the newline."""
    return json.dumps({"event": _NAMES[type(event)], **dataclasses.asdict(event)})


def decode(line: str) -> JobEvent | None:
    """The event of a line; None for anything that is not one (libraries print too)."""
    try:
        data = json.loads(line)
    except ValueError:
        return None
    kind = _BY_NAME.get(data.pop("event", "")) if isinstance(data, dict) else None
    if kind is None:
        return None
    known = {f.name for f in dataclasses.fields(kind)}
    try:
        return kind(**{k: v for k, v in data.items() if k in known})
    except TypeError:
        return None
