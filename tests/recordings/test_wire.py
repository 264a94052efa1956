"""The policy wire: everything survives the trip, nothing malformed gets through."""

from contextlib import suppress
from dataclasses import replace

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recordings import wire
from recordings.errors import WireError
from recordings.packing import MAX_MESSAGE_BYTES, pack, unpack
from recordings.types import (
    DepthTrace,
    Frame,
    JointState,
    Observation,
    Plan,
    RobotSpec,
    frozen_f32,
)

REQUEST = wire.PlanRequest(
    observation=Observation(
        state=JointState(q=frozen_f32([0.1, -0.2]), t_ns=5),
        frames={"front": Frame("front", np.full((4, 6, 3), 9, np.uint8), t_ns=3, index=2)},
        task="put the red cube in the tray",
    ),
    epoch=1,
    plan_id=2,
    prefix=frozen_f32(np.ones((3, 2))),
    prefix_dt_s=0.1,
    delay_steps=1,
    num_samples=4,
    seed=7,
)
PLAN = Plan(
    id=3,
    epoch=1,
    q=frozen_f32(np.arange(60).reshape(30, 2)),
    dt_s=0.1,
    observed_ns=2**62,
    policy="tiny",
    samples=frozen_f32(np.ones((2, 30, 2))),
    reasoning=DepthTrace(
        codes=np.arange(100, dtype=np.int16).reshape(10, 10),
        updated=np.eye(10, dtype=np.bool_),
        took_ms=3.5,
        relative_depth=frozen_f32(np.ones((5, 4))),
    ),
    timings={"flow": 12.5},
    seed=7,
    notes=("gripper is at 1.20 open",),
)


def altered(data: bytes, **changes: object) -> bytes:
    return pack({**unpack(data), **changes})


def test_a_request_survives_the_trip() -> None:
    back = wire.decode_request(wire.encode_request(REQUEST))
    frame = back.observation.frames["front"]
    assert np.array_equal(frame.image, REQUEST.observation.frames["front"].image)
    assert np.array_equal(back.observation.state.q, REQUEST.observation.state.q)
    assert (frame.t_ns, frame.index, back.observation.task) == (3, 2, REQUEST.observation.task)
    assert (back.plan_id, back.delay_steps, back.num_samples, back.seed) == (2, 1, 4, 7)


def test_a_request_without_a_prefix_comes_back_without_one() -> None:
    data = wire.encode_request(replace(REQUEST, prefix=None))
    assert wire.decode_request(data).prefix is None


@given(
    q=hnp.arrays(np.float32, st.tuples(st.integers(0, 40), st.integers(1, 8))),
    observed_ns=st.integers(-(2**63), 2**63 - 1),
    seed=st.integers(0, 2**32),
)
def test_every_plan_survives_the_trip_bit_by_bit(
    q: np.ndarray, observed_ns: int, seed: int
) -> None:
    plan = Plan(1, 2, q, 0.1, observed_ns, "p", seed=seed)
    back = wire.decode_plan(wire.encode_plan(plan))
    assert back.q.tobytes() == q.tobytes()
    assert (back.q.shape, back.observed_ns, back.seed) == (q.shape, observed_ns, seed)


def test_a_plan_with_everything_survives_the_trip() -> None:
    back = wire.decode_reply(wire.encode_plan(PLAN))
    assert isinstance(back, Plan)
    assert back.reasoning is not None
    assert back.samples is not None
    assert PLAN.reasoning is not None
    assert np.array_equal(back.reasoning.codes, PLAN.reasoning.codes)
    assert np.array_equal(back.reasoning.updated, PLAN.reasoning.updated)
    assert back.samples.shape == (2, 30, 2)
    assert back.timings == {"flow": 12.5}
    assert back.notes == PLAN.notes


def test_a_plan_of_an_older_server_has_no_notes() -> None:
    data = unpack(wire.encode_plan(PLAN))
    del data["notes"]
    assert wire.decode_plan(pack(data)).notes == ()


def test_notes_that_are_no_texts_are_refused() -> None:
    with pytest.raises(WireError, match="notes"):
        wire.decode_plan(altered(wire.encode_plan(PLAN), notes=[3]))


def test_a_nan_plan_arrives_as_it_is_because_the_plan_checks_judge_it() -> None:
    plan = replace(PLAN, q=frozen_f32([[np.nan, 1.0]]), samples=None)
    assert np.isnan(wire.decode_plan(wire.encode_plan(plan)).q[0, 0])


def test_decoded_arrays_are_read_only() -> None:
    back = wire.decode_plan(wire.encode_plan(PLAN))
    with pytest.raises(ValueError, match="read-only"):
        back.q[0, 0] = 1.0


def test_the_greeting_survives_the_trip(robot: RobotSpec) -> None:
    hello = wire.ServerHello(
        "tiny", robot, 0.1, 30, 96, robot.lower, robot.upper, ("a", "b"), {"action_hz": 10}
    )
    back = wire.decode_hello(wire.encode_hello(hello))
    assert (back.robot, back.tasks, back.settings) == (robot, ("a", "b"), {"action_hz": 10})
    assert np.array_equal(back.state_high, robot.upper)


def test_errors_and_superseded_requests_are_told_apart() -> None:
    error = wire.decode_reply(wire.encode_error("out of memory", "use a smaller batch", plan_id=4))
    assert error == wire.ErrorReply("out of memory", "use a smaller batch", plan_id=4)
    assert wire.decode_reply(wire.encode_superseded(4)) == wire.Superseded(4)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"q": np.zeros(6, np.float32)}, "q"),
        ({"q": [[1.0]]}, "q"),
        ({"q": np.zeros((3, 2), np.complex64)}, "dtype"),
        ({"samples": np.zeros((2, 29, 2), np.float32)}, "samples"),
        ({"dt_s": float("inf")}, "dt_s"),
        ({"dt_s": "0.1"}, "dt_s"),
        ({"id": True}, "id"),
        ({"id": 1.5}, "id"),
        ({"policy": 3}, "policy"),
        ({"timings": {"flow": "fast"}}, "timings.flow"),
        ({"reasoning": {"codes": np.zeros((9, 10), np.int16)}}, "reasoning.codes"),
        ({"type": "request"}, "type"),
        ({"type": "teapot"}, "type"),
        ({"protocol": 2}, "protocol"),
    ],
)
def test_a_wrong_field_is_named_with_what_was_expected(
    changes: dict[str, object], field: str
) -> None:
    with pytest.raises(WireError) as caught:
        wire.decode_plan(altered(wire.encode_plan(PLAN), **changes))
    assert caught.value.field == field
    assert "expected" in str(caught.value)


@pytest.mark.parametrize("field", sorted(unpack(wire.encode_request(REQUEST)).keys() - {"prefix"}))
def test_every_missing_field_of_a_request_is_named(field: str) -> None:
    message = unpack(wire.encode_request(REQUEST))
    del message[field]
    with pytest.raises(WireError, match=f"'{field}' is 'missing'"):
        wire.decode_request(pack(message))


@pytest.mark.parametrize("changes", [{"robot": {}}, {"robot": {"name": 3}}, {"tasks": [1]}])
def test_a_greeting_about_a_nonsense_robot_is_refused(
    robot: RobotSpec, changes: dict[str, object]
) -> None:
    hello = wire.ServerHello("tiny", robot, 0.1, 30, 96, robot.lower, robot.upper)
    with pytest.raises(WireError):
        wire.decode_hello(altered(wire.encode_hello(hello), **changes))


@pytest.mark.parametrize(
    "array",
    [
        np.array([{"a": 1}], object),
        np.zeros(2, [("x", "f4")]),
        np.array(["text"]),
        np.array([b"x"]),
    ],
)
def test_arrays_that_are_not_plain_numbers_are_not_sent(array: np.ndarray) -> None:
    with pytest.raises(WireError, match="plain numbers"):
        pack({"type": "x", "a": array})


@pytest.mark.parametrize(
    "array",
    [
        {"__ndarray__": 1, "data": b"", "dtype": "|O", "shape": [0]},
        {"__ndarray__": 1, "data": b"\x80\x04.", "dtype": "object", "shape": [1]},
        {"__ndarray__": 1, "data": b"1234", "dtype": "V4", "shape": [1]},
        {"__ndarray__": 1, "data": b"1234", "dtype": "<f4", "shape": [2]},
        {"__ndarray__": 1, "data": b"", "dtype": "<f4", "shape": [-1]},
        {"__ndarray__": 1, "data": b"", "dtype": "<f4", "shape": [2**62, 2**62, 0, 1, 1, 1, 1]},
        {"__ndarray__": 1, "data": "text", "dtype": "<f4", "shape": [1]},
        {"__ndarray__": 1, "dtype": "<f4", "shape": [1]},
        {"__ndarray__": 1, "data": b"1234", "dtype": 4, "shape": [1]},
    ],
)
def test_arrays_that_lie_are_refused(array: dict[str, object]) -> None:
    with pytest.raises(WireError):
        unpack(msgpack.packb({"type": "plan", "q": array}))


def test_an_oversized_message_is_refused_on_both_sides() -> None:
    with pytest.raises(WireError, match="at most 16777216 bytes"):
        pack({"type": "x", "a": np.zeros(MAX_MESSAGE_BYTES, np.uint8)})
    with pytest.raises(WireError, match="at most 16777216 bytes"):
        unpack(b"\xc6" + b"\0" * MAX_MESSAGE_BYTES)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        msgpack.packb([1, 2]),
        msgpack.packb({1: 2}),
        msgpack.packb({"a": 1}) + b"\0",
        msgpack.packb({"a": msgpack.ExtType(5, b"x")}),
        msgpack.packb({"a": msgpack.Timestamp(1, 1)}),
        b"\xdf\xff\xff\xff\xff",
        b"\x81" * 5000,
        b"\x81\xa1a\xd9\x02\xff\xff",
    ],
)
def test_anything_but_one_plain_map_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        wire.decode_reply(data)


@given(data=st.binary(max_size=400))
@settings(max_examples=300)
def test_random_bytes_are_refused_and_crash_nothing(data: bytes) -> None:
    with pytest.raises(WireError):
        wire.decode_reply(data)


@given(st.data())
@settings(max_examples=200)
def test_a_damaged_message_decodes_or_is_refused_and_crashes_nothing(data: st.DataObject) -> None:
    message = bytearray(data.draw(st.sampled_from(_MESSAGES)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(message) - 1))
        message[at] = data.draw(st.integers(0, 255))
    for decode in (wire.decode_request, wire.decode_reply):
        with suppress(WireError):  # any other error fails the test
            decode(bytes(message))


_MESSAGES = (wire.encode_request(REQUEST), wire.encode_plan(PLAN), wire.encode_error("a", "b"))
