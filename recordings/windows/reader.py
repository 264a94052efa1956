"""Random access to training windows across thousands of episodes, decoded in parallel.

A window is one moment: pictures of all cameras, the measured state, and the actions that followed.
The order of an epoch depends on seed and number only, never on threads. Knows no tensor, no
network and no normalisation; training of any kind can stand on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recordings.closing import Closing
from recordings.errors import NothingToLearnFrom, RobotMismatch
from recordings.quantiles import exact_quantiles, remembered
from recordings.reader import Episode
from recordings.types import F32, U8, EpisodeInfo, RobotSpec
from recordings.windows.moments import I64, Bools, Grid
from recordings.windows.pictures import FiledPictures, OpenFiles
from recordings.windows.reel import Reel, make_reel


@dataclass(frozen=True, slots=True)
class Windows:
    """b windows, in the order they were asked for."""

    images: tuple[U8, ...]  # per camera (b, h, w, 3) RGB
    state: F32  # (b, n) rad
    action: F32  # (b, h, n) rad
    valid: Bools  # (b, h) really sent, by the driver of the first row
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
        self._files = OpenFiles()
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="windows")
        cameras = range(len(self.robot.cameras))
        self.pictures = tuple(self._pictures(camera) for camera in cameras)
        columns = [self._numbers(camera) for camera in cameras]
        empty = np.zeros((len(self), 0), np.int64)
        self.picture: I64 = np.stack(columns, axis=1) if columns else empty  # (windows, cameras)

    @classmethod
    def open(cls, infos: Sequence[EpisodeInfo], grid: Grid, *, threads: int = 2) -> WindowReader:
        """Cut every episode of the list once; afterwards nothing of them but pictures is read.

        Raises:
            RobotMismatch: two of them are of different robots.
            NothingToLearnFrom: no usable window in any.
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
            raise NothingToLearnFrom(len(infos))
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
        found = [(self.reels[r], w) for r, w in zip(which, window[:, np.newaxis], strict=True)]
        chunks = [reel.moments.chunks(w, self.grid.horizon) for reel, w in found]
        return Windows(
            images=tuple(p[self.picture[wanted, c]] for c, p in enumerate(self.pictures)),
            state=np.concatenate([reel.moments.state[w] for reel, w in found]),
            action=np.concatenate([actions for actions, _ in chunks]),
            valid=np.concatenate([valid for _, valid in chunks]),
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

        def first_actions() -> Iterator[F32]:
            return (reel.moments.sent[reel.moments.tick] for reel in self.reels)

        return remembered(cache, contents, lambda: exact_quantiles(first_actions, levels))

    def close(self) -> None:
        """May be called twice."""
        self._pool.shutdown()
        self._files.close()

    def _pictures(self, camera: int) -> FiledPictures:
        places = [reel.places[camera] for reel in self.reels]
        paths = [reel.path for reel in self.reels]
        return FiledPictures(paths, places, files=self._files, pool=self._pool)

    def _numbers(self, camera: int) -> I64:
        """(windows,) which of a camera's pictures each window shows."""
        places = [reel.places[camera] for reel in self.reels]
        before = np.cumsum([0, *(len(p.at) for p in places)])
        return np.concatenate([p.shown + b for p, b in zip(places, before[:-1], strict=True)])
