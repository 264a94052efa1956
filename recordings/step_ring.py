"""The newest control steps in shared memory: written by the rig, read by everyone.

Same law as the frame ring: the writer never waits, a reader that falls behind is told how many
steps it lost, and no torn step is ever returned. Knows no arm and no file.
"""

from __future__ import annotations

from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from typing import Final

import numpy as np
import numpy.typing as npt

from recordings.rows import Rows, row_dtype, to_step, write_row
from recordings.shared_block import attach_block, create_block, memory_of
from recordings.types import F32, RobotSpec, Step

_NEWEST: Final = 0  # word 0; one mark per slot follows


@dataclass(frozen=True, slots=True)
class StepRingHandle:
    """What another process needs to attach; goes through a pipe."""

    name: str
    robot: RobotSpec
    slots: int


@dataclass(frozen=True, slots=True)
class StepBlock:
    """Steps read in one go."""

    first_index: int  # ring index of steps[0] (of the next step when there is none)
    lost: int  # steps overwritten before they were read
    steps: list[Step]


@dataclass(frozen=True, slots=True)
class RowBlock:
    """The same as raw rows: what the recorder writes down."""

    first_index: int
    lost: int
    rows: Rows  # (m,) of recordings.rows.row_dtype


@dataclass(frozen=True, slots=True)
class StepColumns:
    """The last steps as columns: what a plot draws."""

    t_ns: npt.NDArray[np.int64]  # (m,)
    state: F32  # (m, n) rad
    action: F32  # (m, n) rad
    authority: npt.NDArray[np.uint8]  # (m,)


class StepRing:
    """Ring of ``slots`` steps of one robot (2048 at 100 Hz = 20 s)."""

    def __init__(self, block: SharedMemory, *, handle: StepRingHandle) -> None:
        self.handle = handle
        self._block = block
        words = 1 + handle.slots
        buffer = memory_of(block)
        self._words = buffer[: 8 * words].cast("q")
        self._marks: npt.NDArray[np.int64] = np.ndarray(
            (handle.slots,), np.int64, buffer=buffer, offset=8
        )
        self._rows: Rows = np.ndarray(
            (handle.slots,), row_dtype(handle.robot), buffer=buffer, offset=8 * words
        )

    @classmethod
    def create(cls, robot: RobotSpec, *, name: str, slots: int = 2048) -> StepRing:
        """A new, empty ring; the creator also unlinks it."""
        size = 8 * (1 + slots) + slots * row_dtype(robot).itemsize
        handle = StepRingHandle(name=name, robot=robot, slots=slots)
        ring = cls(create_block(name, size=size), handle=handle)
        ring._words[_NEWEST] = -1
        ring._marks[:] = -1
        return ring

    @classmethod
    def attach(cls, handle: StepRingHandle) -> StepRing:
        """The ring another process created."""
        return cls(attach_block(handle.name), handle=handle)

    @property
    def newest_index(self) -> int:
        """Index of the last complete step, -1 before the first."""
        return self._words[_NEWEST]

    def write(self, step: Step) -> int:
        """Append a step; returns its index. Only one process may write.

        Raises:
            ValueError: when state or action have not one value per joint.
        """
        index = self._words[_NEWEST] + 1
        slot = index % self.handle.slots
        self._words[1 + slot] = -1
        write_row(self._rows, slot, step, robot=self.handle.robot)
        self._words[1 + slot] = index
        self._words[_NEWEST] = index
        return index

    def newest(self) -> Step | None:
        """The newest step, None before the first."""
        steps = self.window(1)
        return steps[0] if steps else None

    def window(self, count: int) -> list[Step]:
        """The last ``count`` steps or fewer, oldest first."""
        block = self.rows_since(self.newest_index - count)
        return [to_step(row, robot=self.handle.robot) for row in block.rows]

    def columns(self, count: int) -> StepColumns:
        """The last ``count`` steps or fewer as arrays, oldest first; cheap, for plots."""
        rows = self.rows_since(self.newest_index - count).rows
        rows.flags.writeable = False
        return StepColumns(
            t_ns=rows["t_mono_ns"],
            state=rows["state"],
            action=rows["action"],
            authority=rows["authority"],
        )

    def read_since(self, index: int) -> StepBlock:
        """All steps after ``index`` (-1: from the first) that are still there."""
        block = self.rows_since(index)
        steps = [to_step(row, robot=self.handle.robot) for row in block.rows]
        return StepBlock(first_index=block.first_index, lost=block.lost, steps=steps)

    def rows_since(self, index: int) -> RowBlock:
        """Like :meth:`read_since`, as a copy of the raw rows."""
        newest = self.newest_index
        wanted = max(index, -1) + 1
        first = max(wanted, newest + 1 - self.handle.slots)
        indices = np.arange(first, newest + 1)
        slots = indices % self.handle.slots
        before = self._marks[slots]
        rows = self._rows[slots]
        whole = (before == indices) & (self._marks[slots] == indices)
        torn = np.flatnonzero(~whole)
        skip = int(torn[-1]) + 1 if torn.size else 0  # the writer overwrites the oldest first
        lost = first + skip - wanted if newest >= wanted else 0
        return RowBlock(first_index=first + skip, lost=lost, rows=rows[skip:])

    def close(self) -> None:
        """Let go of the memory; may be called twice."""
        self._words.release()
        self._marks = np.empty(0, np.int64)
        self._rows = np.empty(0, row_dtype(self.handle.robot))
        self._block.close()

    def unlink(self) -> None:
        """Remove the block from the system. Only the creator."""
        self._block.unlink()
