"""The newest positions of the simulated world in shared memory: one writer, any reader.

The writer fills two slots in turn and then counts up; the reader takes the slot that was counted
last. So a writer that is put aside (or killed) in the middle of a write holds up nobody. Knows no
physics and no picture.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from devices.description import F64
from recordings.shared_block import attach_block, block_name, create_block, memory_of

_HEAD_BYTES = 8  # how many positions were written; the newest lie in slot count % 2
_TIME_BYTES = 8  # of a slot, before its positions


@dataclass(frozen=True, slots=True)
class PoseBlockHandle:
    """What another process needs to attach; goes through a pipe."""

    name: str
    count: int  # numbers in qpos


class PoseBlock:
    """Positions (count,) float64 with their time."""

    def __init__(self, handle: PoseBlockHandle, *, create: bool) -> None:
        slot_bytes = _TIME_BYTES + 8 * handle.count
        size = _HEAD_BYTES + 2 * slot_bytes
        self.handle = handle
        self._block = create_block(handle.name, size=size) if create else attach_block(handle.name)
        memory = memory_of(self._block)
        self._head = memory[:_HEAD_BYTES].cast("q")
        ends = (_HEAD_BYTES, _HEAD_BYTES + slot_bytes, size)
        self._slots = (memory[ends[0] : ends[1]], memory[ends[1] : ends[2]])
        self._format = struct.Struct(f"q{handle.count}d")

    @classmethod
    def create(cls, count: int) -> PoseBlock:
        """A new block; the creator unlinks it."""
        return cls(PoseBlockHandle(block_name("pose"), count), create=True)

    @classmethod
    def attach(cls, handle: PoseBlockHandle) -> PoseBlock:
        """The block another process created."""
        return cls(handle, create=False)

    def write(self, qpos: F64, t_ns: int) -> None:
        """Publish positions (count,) of time ``t_ns``. One writer only."""
        written = self._head[0] + 1
        self._slots[written % 2][:] = self._format.pack(t_ns, *qpos)
        self._head[0] = written

    def read(self) -> tuple[npt.NDArray[np.float64], int]:
        """Newest positions (count,) and their time."""
        while True:
            written = self._head[0]
            raw = bytes(self._slots[written % 2])
            if self._head[0] == written:  # else the writer may have come round to this slot
                t_ns, *qpos = self._format.unpack(raw)
                return np.array(qpos), t_ns

    def close(self) -> None:
        """Let go of the memory; may be called twice."""
        self._head.release()
        for slot in self._slots:
            slot.release()
        self._block.close()

    def unlink(self) -> None:
        """Remove the block from the system."""
        self._block.unlink()
