"""Random access to training windows across thousands of episodes, decoded in parallel.

A window is one moment: pictures of all cameras, the measured state, and the actions that followed.
The order of an epoch depends on seed and number only, never on threads. Knows no tensor, no
network and no normalisation; training of any kind can stand on it.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import simplejpeg

from recordings.closing import Closing
from recordings.errors import DamagedFile, NothingToExport, RobotMismatch
from recordings.quantiles import exact_quantiles, remembered
from recordings.reader import Episode
from recordings.reel import Grid, Reel, make_reel
from recordings.types import F32, U8, EpisodeInfo, RobotSpec

_MOST_OPEN: Final = 256  # files; systems allow 1024 by default


@dataclass(frozen=True, slots=True)
class Windows:
    """b windows, in the order they were asked for."""

    images: tuple[U8, ...]  # per camera (b, h, w, 3) RGB
    state: F32  # (b, n) rad
    action: F32  # (b, h, n) rad
    valid: npt.NDArray[np.bool_]  # (b, h) really sent, by the driver of the first row
    tasks: tuple[str, ...]  # (b,)
    episodes: tuple[str, ...]  # (b,) ids


class WindowReader(Closing):
    """All windows of a list of episodes. Close it, or use it as a context manager."""

    def __init__(self, reels: Sequence[Reel], grid: Grid, *, threads: int = 2) -> None:
        """Use :meth:`open`."""
        self.grid = grid
        self.reels = tuple(reels)
        self.robot: RobotSpec = reels[0].robot
        self._ends = np.cumsum([len(reel) for reel in reels])
        self._files = _OpenFiles()
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="windows")

    @classmethod
    def open(cls, infos: Sequence[EpisodeInfo], grid: Grid, *, threads: int = 2) -> WindowReader:
        """Cut every episode of the list once; afterwards nothing of them but pictures is read.

        Raises:
            RobotMismatch: two of them are of different robots.
            NothingToExport: no usable window in any.
            UnreadableEpisode, OSError
        """
        reels: list[Reel] = []
        for info in infos:
            with Episode.open(Path(info.path)) as episode:
                reel = make_reel(episode, grid)
            if reels and (mismatch := reels[0].robot.mismatch(reel.robot)):
                raise RobotMismatch(f"episode {info.id}", mismatch=mismatch)
            if len(reel):
                reels.append(reel)
        if not reels:
            raise NothingToExport(f"a list of {len(infos)} episodes", why="nobody drove in any")
        return cls(reels, grid, threads=threads)

    def __len__(self) -> int:
        return int(self._ends[-1])

    def read(self, numbers: npt.ArrayLike) -> Windows:
        """The windows of these numbers, 0 … len − 1.

        Raises:
            IndexError, DamagedFile, OSError
        """
        wanted = np.asarray(numbers, np.int64).ravel()
        if len(wanted) and not (wanted.min() >= 0 and wanted.max() < len(self)):
            message = f"windows {wanted.min()} … {wanted.max()} of {len(self)}"
            raise IndexError(message)
        which = np.searchsorted(self._ends, wanted, side="right")
        window = wanted - np.append(0, self._ends)[which]
        found = [(self.reels[r], int(w)) for r, w in zip(which, window, strict=True)]
        cameras = range(len(self.robot.cameras))
        jobs = [(reel, w, c) for c in cameras for reel, w in found]
        images = list(self._pool.map(self._image, jobs))
        chunks = [reel.chunk(w, self.grid.horizon) for reel, w in found]
        count = len(found)
        return Windows(
            images=tuple(np.stack(images[c * count : (c + 1) * count]) for c in cameras),
            state=np.stack([reel.state[w] for reel, w in found]),
            action=np.stack([actions for actions, _ in chunks]),
            valid=np.stack([valid for _, valid in chunks]),
            tasks=tuple(reel.task for reel, _ in found),
            episodes=tuple(reel.episode for reel, _ in found),
        )

    def epoch(self, batch: int, *, seed: int, epoch: int = 0) -> Iterator[Windows]:
        """All windows once, in an order of this seed and epoch; the last batch may be smaller."""
        order = np.random.default_rng((seed, epoch)).permutation(len(self))
        for start in range(0, len(order), batch):
            yield self.read(order[start : start + batch])

    def action_quantiles(self, levels: Sequence[float], *, cache: Path) -> npt.NDArray[np.float64]:
        """(levels, n) exact quantiles of the first action of every window."""
        contents = [str(self.grid.dt_s), *map(str, levels), *(r.content for r in self.reels)]

        def compute() -> npt.NDArray[np.float64]:
            return exact_quantiles(lambda: (r.actions[r.tick] for r in self.reels), levels)

        return remembered(cache, contents, compute)

    def close(self) -> None:
        """May be called twice."""
        self._pool.shutdown()
        self._files.close()

    def _image(self, job: tuple[Reel, int, int]) -> U8:
        reel, window, camera = job
        size = int(reel.size[window, camera])
        data = self._files.read(reel.path, int(reel.at[window, camera]), size)
        try:
            return simplejpeg.decode_jpeg(data, colorspace="RGB")
        except ValueError as error:
            name = self.robot.camera_names[camera]
            found = f"a picture of camera {name!r} is no JPEG ({error})"
            raise DamagedFile(reel.path, found=found) from error


class _OpenFiles:
    """File descriptors of the episodes read last."""

    def __init__(self) -> None:
        self._open: OrderedDict[Path, int] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, path: Path, at: int, size: int) -> bytes:
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
        with self._lock:
            while self._open:
                os.close(self._open.popitem()[1])
