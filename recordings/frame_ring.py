"""The newest pictures of one camera in shared memory: one writer, any number of readers.

A slow reader never holds up the writer; it finds its frame overwritten and is told so. Knows no
camera and no file.

Why no reader ever sees a torn picture: the writer marks the slot -1, writes, then marks it with the
frame's index; a reader copies and looks at the mark again.
"""

from __future__ import annotations

from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from typing import Final

import numpy as np

from recordings.errors import WrongPicture
from recordings.shared_block import attach_block, create_block, memory_of
from recordings.types import U8, CameraSpec, Frame

_PAGE: Final = 4096  # bytes; pictures start on a page of their own
_PER_SLOT: Final = 3  # words: index mark, t_ns, seq
_NEWEST: Final = 0  # word 0; the slots' words follow
_ATTEMPTS: Final = 16  # a writer would have to lap the ring that often in a row


@dataclass(frozen=True, slots=True)
class FrameRingHandle:
    """What another process needs to attach; goes through a pipe."""

    name: str
    spec: CameraSpec
    slots: int


class FrameRing:
    """Ring of ``slots`` pictures (h, w, 3) uint8 RGB."""

    def __init__(self, block: SharedMemory, *, handle: FrameRingHandle) -> None:
        spec = handle.spec
        self.handle = handle
        self._block = block
        self._shape = (spec.height, spec.width, 3)
        buffer = memory_of(block)
        words = 1 + _PER_SLOT * handle.slots
        self._words = buffer[: 8 * words].cast("q")
        self._images: U8 = np.ndarray(
            (handle.slots, *self._shape), np.uint8, buffer=buffer, offset=_head_bytes(handle.slots)
        )

    @classmethod
    def create(cls, spec: CameraSpec, *, name: str, slots: int = 32) -> FrameRing:
        """A new, empty ring; the creator also unlinks it."""
        handle = FrameRingHandle(name=name, spec=spec, slots=slots)
        size = _head_bytes(slots) + slots * spec.height * spec.width * 3
        ring = cls(create_block(name, size=size), handle=handle)
        for word in range(1 + _PER_SLOT * slots):
            ring._words[word] = -1
        return ring

    @classmethod
    def attach(cls, handle: FrameRingHandle) -> FrameRing:
        """The ring another process created."""
        return cls(attach_block(handle.name), handle=handle)

    @property
    def newest_index(self) -> int:
        """Index of the last complete frame, -1 before the first."""
        return self._words[_NEWEST]

    def write(self, image: U8, t_ns: int, *, seq: int = -1) -> int:
        """Append a picture; returns its index. Only one process may write.

        Raises:
            WrongPicture: when it is not (h, w, 3) uint8 of the announced size.
        """
        if image.shape != self._shape or image.dtype != np.uint8:
            raise WrongPicture(
                self.handle.spec.name,
                got=f"{image.shape} {image.dtype}",
                expected=f"{self._shape} uint8",
            )
        index = self._words[_NEWEST] + 1
        slot = index % self.handle.slots
        word = 1 + _PER_SLOT * slot
        self._words[word] = -1
        self._images[slot] = image
        self._words[word + 1] = t_ns
        self._words[word + 2] = seq
        self._words[word] = index
        self._words[_NEWEST] = index
        return index

    def read(self, index: int) -> Frame | None:
        """A copy of frame ``index``; None when it is overwritten or not there yet."""
        slot = index % self.handle.slots
        word = 1 + _PER_SLOT * slot
        if index < 0 or self._words[word] != index:
            return None
        image = self._images[slot].copy()
        t_ns, seq = self._words[word + 1], self._words[word + 2]
        if self._words[word] != index:
            return None
        image.flags.writeable = False
        return Frame(camera=self.handle.spec.name, image=image, t_ns=t_ns, index=index, seq=seq)

    def newest(self) -> Frame | None:
        """A copy of the newest frame; None before the first."""
        for _ in range(_ATTEMPTS):
            frame = self.read(self.newest_index)
            if frame is not None or self.newest_index < 0:
                return frame
        return None

    def close(self) -> None:
        """Let go of the memory; may be called twice."""
        self._words.release()
        self._images = np.empty((0, 0, 0, 3), np.uint8)
        self._block.close()

    def unlink(self) -> None:
        """Remove the block from the system. Only the creator, after ``close`` or before."""
        self._block.unlink()


def _head_bytes(slots: int) -> int:
    words = 8 * (1 + _PER_SLOT * slots)
    return -(-words // _PAGE) * _PAGE
