"""Takes new pictures and steps out of the live rings and hands them on as journal records.

Knows the rings and what a record holds; does not know who keeps the records.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import simplejpeg

from recordings.journal import Item, Kind
from recordings.live import Live
from recordings.types import Frame


class Loss(NamedTuple):
    """Something was overwritten in a ring before it could be read."""

    stream: str  # a camera's name, or "steps"
    lost: int
    first: int  # ring index of the earliest


Write = Callable[[Item], None]


class Drain:
    """A place in all rings; what lies behind it was handed on."""

    def __init__(self, live: Live, *, quality: int) -> None:
        """Begins with the next step, and with the picture that step will see."""
        self._live = live
        self._quality = quality
        self.rewind()

    def rewind(self) -> None:
        """Begin anew with the next step; what came meanwhile is left out."""
        self._frame_at = {n: ring.newest_index - 1 for n, ring in self._live.frames.items()}
        self._step_at = self._live.steps.newest_index

    def run(self, write: Write) -> list[Loss]:
        """Hand on everything new, pictures before the rows that name them."""
        # Rows are fixed first and written last: whatever picture a row names lies before it.
        block = self._live.steps.rows_since(self._step_at)
        cameras = enumerate(self._live.robot.camera_names)
        losses = [self._run_camera(name, number, write) for number, name in cameras]
        losses.append(Loss("steps", block.lost, self._step_at + 1))
        for index, row in enumerate(block.rows, start=block.first_index):
            write(Item(Kind.STEP, row.tobytes(), int(row["t_mono_ns"]), ring_index=index))
            self._step_at = index
        return [loss for loss in losses if loss.lost]

    def _run_camera(self, camera: str, stream: int, write: Write) -> Loss:
        ring = self._live.frames[camera]
        first = max(self._frame_at[camera] + 1, 0)
        lost = 0
        for index in range(first, ring.newest_index + 1):
            frame = ring.read(index)
            if frame is None:
                lost += 1
            else:
                write(self._picture(frame, stream))
            self._frame_at[camera] = index
        return Loss(camera, lost, first)

    def _picture(self, frame: Frame, stream: int) -> Item:
        jpeg = simplejpeg.encode_jpeg(
            frame.image, quality=self._quality, colorspace="RGB", colorsubsampling="420"
        )
        return Item(Kind.JPEG, jpeg, frame.t_ns, stream, frame.index, frame.seq)
