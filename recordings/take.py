"""One episode while it is recorded: where it stands in the live rings, and its open journal.

Every method that writes raises ``OSError`` when the disk refuses; what was written before stays
whole. What was overwritten in a ring before it could be read is counted, written into the journal
as an event, and returned as a fault. Does not know what happens before or after.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recordings.draining import Drain, Loss, Write
from recordings.header import EpisodeHeader
from recordings.journal import SUFFIX, Item, JournalWriter, Kind
from recordings.live import Live
from recordings.types import EpisodeInfo, EpisodePhase, Fault, Plan
from recordings.wire import encode_plan


class Take:
    """Begins with the next step; the picture that step will see belongs to it."""

    def __init__(
        self,
        live: Live,
        folder: Path,
        *,
        header: EpisodeHeader,
        quality: int,
        also: Write = lambda _: None,
    ) -> None:
        """``also`` gets every record that was written."""
        self.header = header
        self.writer = JournalWriter(folder / f"{header.id}{SUFFIX}", header=header)
        self._drain = Drain(live, quality=quality)
        self._also = also
        self._steps = 0
        self._frames = 0
        self._first_ns = 0
        self._last_ns = 0
        self._lost: dict[str, int] = {}  # stream → count

    def drain(self) -> list[Fault]:
        """Write down everything new; returns a fault per stream that was overwritten too early."""
        return [self._note_loss(loss) for loss in self._drain.run(self._put)]

    def event(self, kind: str, data: Mapping[str, Any], *, t_ns: int | None = None) -> None:
        """Something happened; ``data`` is JSON-ready."""
        self._put(event_item(kind, data, t_ns=t_ns))

    def plan(self, plan: Plan, *, t_ns: int | None = None) -> None:
        """A policy proposed this."""
        self._put(plan_item(plan, t_ns=t_ns))

    def end(self, *, success: bool | None, reason: str) -> None:
        """The last word."""
        item = end_item(success=success, reason=reason)
        self.writer.append(item.kind, item.payload, t_ns=item.t_ns)

    def info(self, phase: EpisodePhase) -> EpisodeInfo:
        """What a list shows of it so far."""
        return EpisodeInfo(
            id=self.header.id,
            path=str(self.writer.path),
            task=self.header.task,
            phase=phase,
            steps=self._steps,
            duration_s=(self._last_ns - self._first_ns) / 1e9,
            cameras=self.header.robot.camera_names,
            frames=self._frames,
            created_wall_s=self.header.created_wall_ns / 1e9,
            sealed=False,
        )

    def _put(self, item: Item) -> None:
        self.writer.append_item(item)
        if item.kind is Kind.JPEG:
            self._frames += 1
        elif item.kind is Kind.STEP:
            self._first_ns = self._first_ns or item.t_ns
            self._last_ns = item.t_ns
            self._steps += 1
        self._also(item)

    def _note_loss(self, loss: Loss) -> Fault:
        """Count what was overwritten, write it down, and say so."""
        stream, lost, first = loss
        self._lost[stream] = self._lost.get(stream, 0) + lost
        code = "steps_lost" if stream == "steps" else "frames_lost"
        self.event(code, {"stream": stream, "lost": lost, "first_index": first})
        return Fault(
            code=code,
            device=stream,
            message=f"{lost} of {stream!r} were overwritten before they were recorded"
            f" ({self._lost[stream]} in this episode)",
            hint="the computer is too busy to record: close other programs or use smaller pictures",
            t_ns=time.monotonic_ns(),
        )


def event_item(kind: str, data: Mapping[str, Any], *, t_ns: int | None = None) -> Item:
    """Something happened; ``data`` is JSON-ready."""
    payload = json.dumps({"kind": kind, "data": dict(data)}).encode()
    return Item(Kind.EVENT, payload, _or_now(t_ns))


def plan_item(plan: Plan, *, t_ns: int | None = None) -> Item:
    """A policy proposed this."""
    return Item(Kind.PLAN, encode_plan(plan), _or_now(t_ns))


def end_item(*, success: bool | None, reason: str) -> Item:
    """The last word."""
    payload = json.dumps({"success": success, "reason": reason}).encode()
    return Item(Kind.END, payload, time.monotonic_ns())


def _or_now(t_ns: int | None) -> int:
    return time.monotonic_ns() if t_ns is None else t_ns
