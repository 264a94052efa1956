"""The distinct pictures of one camera over many episodes, decoded in parallel when asked for.

They are numbered through; asking twice decodes twice. Knows no moments and no batch.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import simplejpeg

from recordings.errors import DamagedFile
from recordings.types import U8
from recordings.windows.reel import Places

_MOST_OPEN: Final = 256  # files; systems allow 1024 by default
AT_ONCE: Final = 256  # pictures, when all are read

Fit = Callable[[U8], U8]  # (h, w, 3) → what whoever reads wants; called on several threads


def as_recorded(image: U8) -> U8:
    """The picture itself."""
    return image


class FiledPictures:
    """Pictures by number, as an array would give them: ``pictures[[3, 1]]`` is (2, h, w, 3)."""

    def __init__(
        self, paths: Sequence[Path], places: Sequence[Places], *, files: OpenFiles, pool: Executor
    ) -> None:
        """Pictures of ``paths``, in their order; ``places`` are those of one camera in each."""
        self._paths = tuple(paths)
        self._path = np.repeat(np.arange(len(paths)), [len(p.at) for p in places])
        self._at = np.concatenate([p.at for p in places])
        self._size = np.concatenate([p.size for p in places])
        self._files = files
        self._pool = pool
        self.fit: Fit = as_recorded

    def __len__(self) -> int:
        return len(self._at)

    def __getitem__(self, which: slice | npt.NDArray[np.integer] | Sequence[int]) -> U8:
        """(b, h, w, 3) RGB, fitted.

        Raises:
            IndexError, DamagedFile, OSError
        """
        numbers = np.arange(len(self))[which]
        return np.stack(list(self._pool.map(self._decode, numbers.tolist())))

    def all(self) -> U8:
        """(p, h, w, 3) every picture, in one piece of memory.

        Raises:
            DamagedFile, OSError
        """
        first = self[:1]
        held = np.empty((len(self), *first.shape[1:]), np.uint8)
        for start in range(0, len(self), AT_ONCE):
            held[start : start + AT_ONCE] = self[start : start + AT_ONCE]
        return held

    def _decode(self, number: int) -> U8:
        path = self._paths[self._path[number]]
        data = self._files.read(path, int(self._at[number]), int(self._size[number]))
        try:
            return self.fit(simplejpeg.decode_jpeg(data, colorspace="RGB"))
        except ValueError as error:
            raise DamagedFile(path, found=f"a picture is no JPEG ({error})") from error


class OpenFiles:
    """File descriptors of the episodes read last."""

    def __init__(self) -> None:
        self._open: OrderedDict[Path, int] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._open)

    def read(self, path: Path, at: int, size: int) -> bytes:
        """``size`` bytes.

        Raises:
            DamagedFile: the file is shorter.
            OSError
        """
        with self._lock:  # a read from the page cache is short; decoding happens outside
            if path not in self._open:
                self._open[path] = os.open(path, os.O_RDONLY)
            self._open.move_to_end(path)
            data = os.pread(self._open[path], size, at)
            if len(self._open) > _MOST_OPEN:
                os.close(self._open.popitem(last=False)[1])
        if len(data) != size:
            raise DamagedFile(path, found="a picture is cut short")
        return data

    def close(self) -> None:
        """May be called twice."""
        with self._lock:
            while self._open:
                os.close(self._open.popitem()[1])
