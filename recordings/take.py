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

import simplejpeg

from recordings.header import EpisodeHeader
from recordings.journal import SUFFIX, JournalWriter, Kind
from recordings.live import Live
from recordings.types import EpisodeInfo, EpisodePhase, Fault, Frame, Plan
from recordings.wire import encode_plan


class Take:
    """Begins with the next step; the picture that step will see belongs to it."""

    def __init__(self, live: Live, folder: Path, *, header: EpisodeHeader, quality: int) -> None:
        self.header = header
        self.writer = JournalWriter(folder / f"{header.id}{SUFFIX}", header=header)
        self._live = live
        self._quality = quality
        self._frame_at = {name: ring.newest_index - 1 for name, ring in live.frames.items()}
        self._step_at = live.steps.newest_index
        self._steps = 0
        self._frames = 0
        self._first_ns = 0
        self._last_ns = 0
        self._lost: dict[str, int] = {}  # stream → count

    def drain(self) -> list[Fault]:
        """Write down everything new; returns a fault per stream that was overwritten too early."""
        # Rows are fixed first and written last: whatever picture a row names lies before it.
        block = self._live.steps.rows_since(self._step_at)
        cameras = self._live.robot.camera_names
        faults = [self._drain_camera(name, stream=number) for number, name in enumerate(cameras)]
        faults.append(self._note_loss("steps", lost=block.lost, first=self._step_at + 1))
        for index, row in enumerate(block.rows, start=block.first_index):
            t_ns = int(row["t_mono_ns"])
            self.writer.append(Kind.STEP, row.tobytes(), t_ns=t_ns, index=index)
            self._step_at = index
            self._first_ns = self._first_ns or t_ns
            self._last_ns = t_ns
            self._steps += 1
        return [fault for fault in faults if fault is not None]

    def event(self, kind: str, data: Mapping[str, Any], *, t_ns: int | None = None) -> None:
        """Something happened; ``data`` is JSON-ready."""
        payload = json.dumps({"kind": kind, "data": dict(data)}).encode()
        self.writer.append(Kind.EVENT, payload, t_ns=_or_now(t_ns))

    def plan(self, plan: Plan, *, t_ns: int | None = None) -> None:
        """A policy proposed this."""
        self.writer.append(Kind.PLAN, encode_plan(plan), t_ns=_or_now(t_ns))

    def end(self, *, success: bool | None, reason: str) -> None:
        """The last word."""
        payload = json.dumps({"success": success, "reason": reason}).encode()
        self.writer.append(Kind.END, payload, t_ns=time.monotonic_ns())

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

    def _drain_camera(self, camera: str, *, stream: int) -> Fault | None:
        ring = self._live.frames[camera]
        first = max(self._frame_at[camera] + 1, 0)
        lost = 0
        for index in range(first, ring.newest_index + 1):
            frame = ring.read(index)
            if frame is None:
                lost += 1
            else:
                self._write_frame(frame, stream=stream)
            self._frame_at[camera] = index
        return self._note_loss(camera, lost=lost, first=first)

    def _write_frame(self, frame: Frame, *, stream: int) -> None:
        jpeg = simplejpeg.encode_jpeg(
            frame.image, quality=self._quality, colorspace="RGB", colorsubsampling="420"
        )
        self.writer.append(
            Kind.JPEG, jpeg, t_ns=frame.t_ns, stream=stream, index=frame.index, seq=frame.seq
        )
        self._frames += 1

    def _note_loss(self, stream: str, *, lost: int, first: int) -> Fault | None:
        """``lost`` items of ``stream``, the earliest at ring index ``first``, were overwritten."""
        if not lost:
            return None
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


def _or_now(t_ns: int | None) -> int:
    return time.monotonic_ns() if t_ns is None else t_ns
