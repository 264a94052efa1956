"""A folder of episodes → training and held-out examples.

Pictures are squashed to the network's size. While they all fit they are decoded once and kept as
bytes: decoding again for every batch would cost more than the network at the tiny size. Of larger
sets each batch decodes its own. Knows nothing about tensors, tokens or normalisation; a batch is
plain numpy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from model.errors import RobotMismatch, TrainingDataUnusable
from recordings import errors as recording_errors
from recordings.library import list_episodes
from recordings.types import F32, U8, EpisodeInfo, EpisodePhase, RobotSpec
from recordings.windows.moments import I64, Bools, Grid
from recordings.windows.reader import WindowReader

Squash = Callable[[U8], U8]  # (h, w, 3) → (s, s, 3)

FEW = 5  # episodes: of fewer, every one is needed to learn from
HELD_BYTES = 4_000_000_000  # of squashed pictures; more are read from the files as needed


class Pictures(Protocol):
    """Pictures of one camera by number: an array in memory, or files."""

    def __len__(self) -> int: ...

    def __getitem__(self, which: slice | npt.NDArray[np.integer], /) -> U8:
        """(b, s, s, 3) RGB."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """What one training step looks at, before the processor."""

    images: U8  # (b, cameras, s, s, 3) RGB
    state: F32  # (b, n) rad
    action: F32  # (b, h, n) rad
    tasks: tuple[str, ...]  # (b,)
    picture: I64  # (b, cameras) which pictures of the dataset these are
    valid: Bools  # (b, h) rows of the chunk that were really recorded under one driver


@dataclass(frozen=True, slots=True)
class Dataset:
    """Examples of many episodes, column by column."""

    robot: RobotSpec
    pictures: tuple[Pictures, ...]  # per camera
    state: F32  # (m, n) rad
    action: F32  # (m, h, n) rad
    picture: I64  # (m, cameras) row of ``pictures``
    task: tuple[str, ...]  # per episode
    episode: I64  # (m,) which episode
    valid: Bools  # (m, h) False behind the end of the episode, and once somebody else drives
    source: I64  # (m,) a :class:`recordings.windows.sources.Source`

    def __len__(self) -> int:
        return len(self.state)

    @property
    def held_bytes(self) -> int:
        """Memory that pictures take."""
        return sum(p.nbytes for p in self.pictures if isinstance(p, np.ndarray))

    def batch(self, rows: npt.NDArray[np.integer]) -> Batch:
        """The examples ``rows``, in that order."""
        per_camera = [pictures[self.picture[rows, i]] for i, pictures in enumerate(self.pictures)]
        return Batch(
            images=np.stack(per_camera, axis=1),
            state=self.state[rows],
            action=self.action[rows],
            tasks=tuple(self.task[e] for e in self.episode[rows]),
            picture=self.picture[rows],
            valid=self.valid[rows],
        )

    def split(self, *, heldout_fraction: float, seed: int) -> tuple[I64, I64]:
        """(training rows, held-out rows): whole episodes, at least one of more than ``FEW``."""
        count = len(self.task)
        least = 1 if heldout_fraction > 0 and count > FEW else 0
        held = max(least, round(count * heldout_fraction)) if count >= FEW else 0
        chosen = np.random.default_rng(seed).permutation(count)[:held]
        is_held = np.isin(self.episode, chosen)
        return np.flatnonzero(~is_held), np.flatnonzero(is_held)


def load_dataset(
    folder: Path, *, grid: Grid, squash: Squash, at_most: int | None = None
) -> Dataset:
    """Read every kept episode of ``folder`` that did not fail, or ``at_most`` of them.

    Raises:
        TrainingDataUnusable: no such folder, no usable episode.
        RobotMismatch: two episodes of different robots or camera sets.
    """
    if not folder.is_dir():
        raise TrainingDataUnusable(folder, reason="there is no such folder")
    listed = list_episodes(folder)
    usable = usable_episodes(folder, listed=listed)[:at_most]
    if not usable:
        reason = "it holds no episode" if not listed else _why_none(listed)
        raise TrainingDataUnusable(folder, reason=reason)
    try:
        reader = WindowReader.open(usable, grid)
    except recording_errors.RobotMismatch as error:
        raise RobotMismatch(f"the episodes of {folder} differ", difference=str(error)) from error
    except recording_errors.NothingToLearnFrom as error:
        raise TrainingDataUnusable(folder, reason=str(error)) from error
    return _dataset(reader, squash)


def usable_episodes(folder: Path, *, listed: list[EpisodeInfo] | None = None) -> list[EpisodeInfo]:
    """The episodes of ``folder`` that training would read."""
    return [info for info in listed or list_episodes(folder) if _usable(info)]


def _dataset(reader: WindowReader, squash: Squash) -> Dataset:
    """All windows of ``reader``, which stays open for pictures that do not fit into memory."""
    moments = [reel.moments for reel in reader.reels]
    chunks = [m.chunks(np.arange(len(m)), reader.grid.horizon) for m in moments]
    return Dataset(
        robot=reader.robot,
        pictures=_held_where_they_fit(reader, squash),
        state=np.concatenate([m.state for m in moments]),
        action=np.concatenate([action for action, _ in chunks]),
        picture=reader.picture,
        task=tuple(reel.task for reel in reader.reels),
        episode=np.repeat(np.arange(len(moments)), [len(m) for m in moments]),
        valid=np.concatenate([valid for _, valid in chunks]),
        source=np.concatenate([m.source for m in moments]),
    )


def _held_where_they_fit(reader: WindowReader, squash: Squash) -> tuple[Pictures, ...]:
    for pictures in reader.pictures:
        pictures.fit = squash
    needed = sum(pictures[:1].nbytes * len(pictures) for pictures in reader.pictures)
    if needed > HELD_BYTES:
        return reader.pictures
    with reader:
        return tuple(pictures.all() for pictures in reader.pictures)


def _usable(info: EpisodeInfo) -> bool:
    """Complete, readable, not thrown away, not marked as failed."""
    discarded = info.phase is EpisodePhase.DISCARDED
    return info.sealed and not info.problem and not discarded and info.success is not False


def _why_none(listed: list[EpisodeInfo]) -> str:
    """One sentence on why none of the listed episodes can be used."""
    broken = [info for info in listed if info.problem]
    failed = sum(info.success is False for info in listed)
    why = f"of {len(listed)} episodes {len(broken)} are unreadable, {failed} are marked as failed"
    return f"{why} (first problem: {broken[0].problem})" if broken else why
