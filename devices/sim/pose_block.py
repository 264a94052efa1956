"""The newest positions of the simulated world in shared memory: one writer, any reader.

A counter that is odd while the writer writes lets the reader notice a torn copy and take another.
Knows no physics and no picture.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from devices.description import F64
from recordings.shared_block import attach_block, block_name, create_block, memory_of

_HEAD_BYTES = 16  # counter, t_ns
_TRIES = 1000


@dataclass(frozen=True, slots=True)
class PoseBlockHandle:
    """What another process needs to attach; goes through a pipe."""

    name: str
    count: int  # numbers in qpos


class PoseBlock:
    """Positions (count,) float64 with their time."""

    def __init__(self, handle: PoseBlockHandle, *, create: bool) -> None:
        size = _HEAD_BYTES + 8 * handle.count
        self.handle = handle
        self._block = create_block(handle.name, size=size) if create else attach_block(handle.name)
        memory = memory_of(self._block)
        self._head = memory[:_HEAD_BYTES].cast("q")
        self._body = memory[_HEAD_BYTES:size]

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
        self._head[0] += 1
        self._body[:] = struct.pack(f"{self.handle.count}d", *qpos)
        self._head[1] = t_ns
        self._head[0] += 1

    def read(self) -> tuple[npt.NDArray[np.float64], int]:
        """Newest positions (count,) and their time.

        Raises:
            TimeoutError: the writer never left it in peace (it died in the middle of a write).
        """
        for _ in range(_TRIES):
            before = self._head[0]
            raw, t_ns = bytes(self._body), self._head[1]
            if before % 2 == 0 and self._head[0] == before:
                return np.frombuffer(raw, dtype=np.float64), t_ns
        raise TimeoutError(self.handle.name)

    def close(self) -> None:
        """Let go of the memory; may be called twice."""
        self._head.release()
        self._body.release()
        self._block.close()

    def unlink(self) -> None:
        """Remove the block from the system."""
        self._block.unlink()
