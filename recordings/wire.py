"""What rig and policy server say to each other: plan requests, plans, the greeting, errors.

Values on one side, bytes on the other; every message is a msgpack map with a ``type``. Knows no
socket and no model. A message that does not say what it should raises ``WireError`` naming the
field, its value and what was expected. Numbers are passed on as they are: whether a plan is finite
and within limits is judged by the plan checks, not here.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from recordings.errors import WireError
from recordings.packing import Fields, pack, unpack
from recordings.types import (
    F32,
    DepthTrace,
    Frame,
    JointState,
    Observation,
    Plan,
    RobotSpec,
)

PROTOCOL: Final = 1  # raised when an old reader would misunderstand a new message


class DepthWish(enum.Enum):
    """Whether and how a policy is to reason about depth before it plans."""

    AUTO = "auto"  # as the checkpoint is made: adaptive with depth, off without
    OFF = "off"
    ADAPTIVE = "adaptive"  # predict again only what changed since the last plan
    FULL = "full"  # predict every cell


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """Ask a policy what it would do from here. Says everything: the server keeps no state."""

    observation: Observation
    epoch: int
    plan_id: int
    prefix: F32 | None  # (l, n) rad, what will have been executed by the time the plan starts
    prefix_dt_s: float
    delay_steps: int  # rows of the plan that will be past when it arrives
    num_samples: int
    seed: int
    depth: DepthWish = DepthWish.AUTO


@dataclass(frozen=True, slots=True)
class ServerHello:
    """What a policy server is, sent first; the client refuses on a mismatch."""

    policy: str
    robot: RobotSpec
    dt_s: float  # between plan rows
    horizon: int  # rows per plan
    image_size: int  # px, side of the square the policy sees
    state_low: F32  # (n,) rad, lowest state seen in training
    state_high: F32  # (n,) rad, highest
    tasks: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """The server could not answer, and what to do about it."""

    message: str
    hint: str
    plan_id: int = -1  # the request it is about, -1 about none


@dataclass(frozen=True, slots=True)
class Superseded:
    """A newer request arrived before this one was begun."""

    plan_id: int


Reply = ServerHello | Plan | ErrorReply | Superseded


def encode_request(request: PlanRequest) -> bytes:
    """The bytes of a plan request."""
    observation = request.observation
    return _pack(
        "request",
        task=observation.task,
        state={"q": observation.state.q, "t_ns": observation.state.t_ns},
        frames={
            name: {"image": f.image, "t_ns": f.t_ns, "index": f.index}
            for name, f in observation.frames.items()
        },
        epoch=request.epoch,
        plan_id=request.plan_id,
        prefix=request.prefix,
        prefix_dt_s=request.prefix_dt_s,
        delay_steps=request.delay_steps,
        num_samples=request.num_samples,
        seed=request.seed,
        depth=request.depth.value,
    )


def decode_request(data: bytes) -> PlanRequest:
    """Inverse of :func:`encode_request`; arrays are read-only."""
    fields = _unpack(data, "request")
    state = fields.nested("state")
    q = state.array("q", dtype=np.float32, shape=(None,), meaning="(n,) float32 rad")
    frames = fields.nested("frames")
    prefix = fields.optional_array(
        "prefix", dtype=np.float32, shape=(None, len(q)), meaning=f"(l, {len(q)}) float32 rad"
    )
    return PlanRequest(
        observation=Observation(
            state=JointState(q=q, t_ns=state.integer("t_ns")),
            frames={name: _frame(frames, name) for name in fields.mapping("frames")},
            task=fields.text("task"),
        ),
        epoch=fields.integer("epoch"),
        plan_id=fields.integer("plan_id"),
        prefix=prefix,
        prefix_dt_s=fields.number("prefix_dt_s"),
        delay_steps=fields.integer("delay_steps", lowest=0),
        num_samples=fields.integer("num_samples", lowest=1),
        seed=fields.integer("seed"),
        depth=_depth_wish(fields),
    )


def encode_plan(plan: Plan) -> bytes:
    """The bytes of a plan."""
    trace = plan.reasoning
    return _pack(
        "plan",
        id=plan.id,
        epoch=plan.epoch,
        q=plan.q,
        dt_s=plan.dt_s,
        observed_ns=plan.observed_ns,
        policy=plan.policy,
        samples=plan.samples,
        reasoning=trace
        and {
            "codes": trace.codes,
            "updated": trace.updated,
            "took_ms": trace.took_ms,
            "relative_depth": trace.relative_depth,
        },
        timings=dict(plan.timings),
        seed=plan.seed,
        notes=list(plan.notes),
    )


def decode_plan(data: bytes) -> Plan:
    """Inverse of :func:`encode_plan`; arrays are read-only."""
    return _plan(_unpack(data, "plan"))


def encode_hello(hello: ServerHello) -> bytes:
    """The bytes of the greeting."""
    return _pack(
        "hello",
        policy=hello.policy,
        robot=hello.robot.to_dict(),
        dt_s=hello.dt_s,
        horizon=hello.horizon,
        image_size=hello.image_size,
        state_low=hello.state_low,
        state_high=hello.state_high,
        tasks=list(hello.tasks),
        settings=dict(hello.settings),
    )


def decode_hello(data: bytes) -> ServerHello:
    """Inverse of :func:`encode_hello`."""
    return _hello(_unpack(data, "hello"))


def encode_error(message: str, hint: str, *, plan_id: int = -1) -> bytes:
    """The bytes of an error about request ``plan_id`` (-1: about none)."""
    return _pack("error", message=message, hint=hint, plan_id=plan_id)


def encode_superseded(plan_id: int) -> bytes:
    """The bytes of "a newer request overtook this one"."""
    return _pack("superseded", plan_id=plan_id)


def decode_reply(data: bytes) -> Reply:
    """Whatever a server may send: greeting, plan, error or superseded."""
    fields = _unpack(data, *_REPLIES)
    return _REPLIES[fields.text("type")](fields)


def _pack(kind: str, **fields: object) -> bytes:
    return pack({"type": kind, "protocol": PROTOCOL, **fields})


def _unpack(data: bytes, *kinds: str) -> Fields:
    fields = Fields(unpack(data))
    if (protocol := fields.integer("protocol")) != PROTOCOL:
        raise WireError("protocol", value=protocol, expected=f"{PROTOCOL}; update the older side")
    if (kind := fields.text("type")) not in kinds:
        raise WireError("type", value=kind, expected=" or ".join(kinds))
    return fields


def _depth_wish(fields: Fields) -> DepthWish:
    text = fields.text("depth")
    try:
        return DepthWish(text)
    except ValueError as error:
        expected = " or ".join(wish.value for wish in DepthWish)
        raise WireError("depth", value=text, expected=expected) from error


def _frame(frames: Fields, camera: str) -> Frame:
    found = frames.nested(camera)
    image = found.array(
        "image", dtype=np.uint8, shape=(None, None, 3), meaning="(h, w, 3) uint8 RGB"
    )
    return Frame(
        camera=camera, image=image, t_ns=found.integer("t_ns"), index=found.integer("index")
    )


def _plan(fields: Fields) -> Plan:
    q = fields.array("q", dtype=np.float32, shape=(None, None), meaning="(h, n) float32 rad")
    timings = fields.nested("timings")
    return Plan(
        id=fields.integer("id"),
        epoch=fields.integer("epoch"),
        q=q,
        dt_s=fields.number("dt_s"),
        observed_ns=fields.integer("observed_ns"),
        policy=fields.text("policy"),
        samples=fields.optional_array(
            "samples", dtype=np.float32, shape=(None, *q.shape), meaning="(k, h, n) float32 rad"
        ),
        reasoning=_trace(fields),
        timings={stage: timings.number(stage) for stage in fields.mapping("timings")},
        seed=fields.integer("seed"),
        notes=_texts(fields, "notes") if not fields.absent("notes") else (),
    )


def _texts(fields: Fields, name: str) -> tuple[str, ...]:
    found = fields.sequence(name)
    if not all(isinstance(text, str) for text in found):
        raise WireError(name, value=found, expected="a list of texts")
    return tuple(found)


def _trace(fields: Fields) -> DepthTrace | None:
    if fields.absent("reasoning"):
        return None
    found = fields.nested("reasoning")
    return DepthTrace(
        codes=found.array("codes", dtype=np.int16, shape=(10, 10), meaning="(10, 10) int16"),
        updated=found.array("updated", dtype=np.bool_, shape=(10, 10), meaning="(10, 10) bool"),
        took_ms=found.number("took_ms"),
        relative_depth=found.optional_array(
            "relative_depth", dtype=np.float32, shape=(None, None), meaning="(h, w) float32"
        ),
    )


def _hello(fields: Fields) -> ServerHello:
    description = fields.mapping("robot")
    try:
        robot = RobotSpec.from_dict(description)
        robot.mismatch(RobotSpec.from_dict(description))  # names are texts
        _ = robot.lower, robot.upper, robot.max_speed  # limits are numbers
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WireError("robot", value=description, expected="a robot description") from error
    n = len(robot.joints)
    tasks = _texts(fields, "tasks")
    low, high = (
        fields.array(name, dtype=np.float32, shape=(n,), meaning=f"({n},) float32 rad")
        for name in ("state_low", "state_high")
    )
    return ServerHello(
        policy=fields.text("policy"),
        robot=robot,
        dt_s=fields.number("dt_s"),
        horizon=fields.integer("horizon", lowest=1),
        image_size=fields.integer("image_size", lowest=1),
        state_low=low,
        state_high=high,
        tasks=tasks,
        settings=fields.mapping("settings"),
    )


def _error(fields: Fields) -> ErrorReply:
    return ErrorReply(
        message=fields.text("message"), hint=fields.text("hint"), plan_id=fields.integer("plan_id")
    )


def _superseded(fields: Fields) -> Superseded:
    return Superseded(plan_id=fields.integer("plan_id"))


_REPLIES: Final = {"hello": _hello, "plan": _plan, "error": _error, "superseded": _superseded}
