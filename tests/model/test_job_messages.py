"""The lines a learning job prints."""

from __future__ import annotations

import pytest

from model.messages import (
    Chunks,
    Counted,
    Downloading,
    Failed,
    Finished,
    JobEvent,
    Note,
    Progress,
    Ready,
    Saved,
    Started,
    decode,
    encode,
)

EVENTS = (
    Started("train", "runs/a", 100, {"episodes": 3}),
    Progress(5, 100, 0.5, heldout=0.6, eta_s=12.0, metrics={"lr": 1e-3}),
    Chunks(5, 0.1, ["pan", "grip"], [False, True], [[[0.1, 1.0]]], [[[0.2, 0.9]]], [[True]]),
    Counted(1, 2, "Loading the policy"),
    Downloading("owner/name", 5, 10),
    Saved(5, "runs/a/checkpoint-000005"),
    Ready("ws://127.0.0.1:8000", "a", 1.0, 20.0),
    Note("two episodes were unreadable"),
    Failed("disk full", "free some space"),
    Finished(100, "runs/a", cancelled=True),
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_a_line_says_everything_about_its_event(event: JobEvent) -> None:
    line = encode(event)
    assert "\n" not in line
    assert decode(line) == event


@pytest.mark.parametrize(
    "line", ["", "hello", "[1]", "3", '{"event": "other"}', '{"event": "saved"}']
)
def test_other_lines_are_no_events(line: str) -> None:
    assert decode(line) is None


def test_fields_of_a_newer_version_are_ignored() -> None:
    assert decode('{"event": "note", "message": "hi", "colour": "red"}') == Note("hi")
