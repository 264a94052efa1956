"""One episode as an MCAP file: pictures, joints, who drove, plans and events on one time line.

For viewers such as Foxglove. Pictures are Foxglove's ``CompressedImage`` with our JPEG bytes
unchanged, everything else is JSON with a schema. Needs the optional package ``mcap``.
"""

from __future__ import annotations

import base64
import heapq
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from recordings.errors import ExportRefused
from recordings.reader import Episode
from recordings.types import Authority

if TYPE_CHECKING:
    from mcap.writer import Writer as McapWriter

_NUMBERS: Final = {"type": "array", "items": {"type": "number"}}
_SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    "foxglove.CompressedImage": {
        "timestamp": {
            "type": "object",
            "properties": {"sec": {"type": "integer"}, "nsec": {"type": "integer"}},
        },
        "frame_id": {"type": "string"},
        "data": {"type": "string", "contentEncoding": "base64"},
        "format": {"type": "string"},
    },
    "foresight.Joints": {"name": {"type": "array", "items": {"type": "string"}}, "rad": _NUMBERS},
    "foresight.Authority": {"number": {"type": "integer"}, "name": {"type": "string"}},
    "foresight.Plan": {
        "id": {"type": "integer"},
        "policy": {"type": "string"},
        "dt_s": {"type": "number"},
        "q": {"type": "array", "items": _NUMBERS},
        "samples": {"type": "array"},
    },
    "foresight.Event": {"kind": {"type": "string"}, "data": {"type": "object"}},
}


class Message(NamedTuple):
    """One thing at one time."""

    t_ns: int  # monotonic
    topic: str
    schema: str
    value: dict[str, Any]


class Writer:
    """Writes ``<episode>.mcap`` files into a folder."""

    def __init__(self, out: Path) -> None:
        self._out = out
        try:
            import mcap.writer
        except ImportError as error:
            hint = "install it with: pip install mcap"
            raise ExportRefused(out, why="the package mcap is missing", hint=hint) from error
        self._mcap = mcap.writer

    def write(self, episode: Episode, *, fps: int) -> None:
        """One file, complete or not at all.

        Raises:
            DamagedFile, OSError
        """
        path = self._out / f"{episode.info.id}.mcap"
        part = path.with_suffix(".mcap.part")
        try:
            with part.open("wb") as stream:
                self._fill(self._mcap.Writer(stream), episode)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def _fill(self, writer: McapWriter, episode: Episode) -> None:
        writer.start(profile="", library="foresight")
        channels: dict[str, int] = {}
        schemas = {
            name: writer.register_schema(
                name=name,
                encoding="jsonschema",
                data=json.dumps({"type": "object", "properties": properties}).encode(),
            )
            for name, properties in _SCHEMAS.items()
        }
        wall_ns = round(episode.info.created_wall_s * 1e9)
        first_ns = int(episode.t_ns[0]) if len(episode.t_ns) else 0
        for number, message in enumerate(messages(episode)):
            if message.topic not in channels:
                channels[message.topic] = writer.register_channel(
                    topic=message.topic,
                    message_encoding="json",
                    schema_id=schemas[message.schema],
                )
            at_ns = max(0, wall_ns + message.t_ns - first_ns)
            writer.add_message(
                channel_id=channels[message.topic],
                log_time=at_ns,
                publish_time=at_ns,
                sequence=number,
                data=json.dumps(message.value).encode(),
            )
        facts = {"id": episode.info.id, "task": episode.task, "robot": episode.robot.name}
        writer.add_metadata("foresight", facts)
        writer.finish()


def messages(episode: Episode) -> Iterator[Message]:
    """Everything in an episode, in the order of time."""
    streams = [_pictures(episode, camera) for camera in episode.robot.camera_names]
    streams += [_joints(episode), _authority(episode), _plans(episode), _events(episode)]
    return heapq.merge(*streams, key=lambda message: message.t_ns)


def _pictures(episode: Episode, camera: str) -> Iterator[Message]:
    for number, t_ns in enumerate(episode.frame_t_ns(camera).tolist()):
        second, rest = divmod(t_ns, 10**9)
        value = {
            "timestamp": {"sec": second, "nsec": rest},
            "frame_id": camera,
            "data": base64.b64encode(episode.jpeg(camera, number)).decode(),
            "format": "jpeg",
        }
        yield Message(t_ns, f"/cameras/{camera}", "foxglove.CompressedImage", value)


def _joints(episode: Episode) -> Iterator[Message]:
    names = list(episode.robot.joint_names)
    for t_ns, state, action in zip(
        episode.t_ns.tolist(), episode.state, episode.action, strict=True
    ):
        for topic, values in (("/joints/state", state), ("/joints/action", action)):
            value = {"name": names, "rad": _listed(values)}
            yield Message(t_ns, topic, "foresight.Joints", value)


def _authority(episode: Episode) -> Iterator[Message]:
    """Whoever drives, when it changes."""
    before = -1
    for t_ns, number in zip(episode.t_ns.tolist(), episode.authority.tolist(), strict=True):
        if number != before:
            value = {"number": number, "name": Authority(number).name}
            yield Message(t_ns, "/authority", "foresight.Authority", value)
        before = number


def _plans(episode: Episode) -> Iterator[Message]:
    for plan in sorted(episode.plans, key=lambda plan: plan.observed_ns):
        samples = [] if plan.samples is None else plan.samples
        value = {
            "id": plan.id,
            "policy": plan.policy,
            "dt_s": plan.dt_s,
            "q": _listed(plan.q),
            "samples": _listed(np.asarray(samples)),
        }
        yield Message(plan.observed_ns, "/plans", "foresight.Plan", value)


def _events(episode: Episode) -> Iterator[Message]:
    for event in sorted(episode.events, key=lambda event: event["t_ns"]):
        value = {"kind": event["kind"], "data": event["data"]}
        yield Message(event["t_ns"], "/events", "foresight.Event", value)


def _listed(values: np.ndarray) -> list[Any]:
    """As JSON: what is not a number becomes null."""
    array = np.asarray(values, np.float64).round(7).astype(object)
    array[~np.isfinite(np.asarray(values, np.float64))] = None
    return array.tolist()
