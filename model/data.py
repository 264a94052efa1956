"""A folder of episodes → training and held-out examples, with their pictures ready in memory.

Pictures are decoded once, squashed to the network's size and kept as bytes: decoding again for
every batch would cost more than the network at the tiny size. Knows nothing about tensors, tokens
or normalisation; a batch is plain numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model.errors import RobotMismatch, TrainingDataUnusable
from model.resample import Bools, EpisodeSource, Examples, Grid, resample
from recordings.library import list_episodes
from recordings.reader import Episode
from recordings.types import F32, U8, EpisodeInfo, EpisodePhase, RobotSpec

I64 = npt.NDArray[np.int64]
Squash = Callable[[U8], U8]  # (h, w, 3) → (s, s, 3)

FEW = 5  # episodes: of fewer, every one is needed to learn from


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
    pictures: tuple[U8, ...]  # per camera (pictures, s, s, 3)
    state: F32  # (m, n) rad
    action: F32  # (m, h, n) rad
    picture: I64  # (m, cameras) row of ``pictures``
    task: tuple[str, ...]  # per episode
    episode: I64  # (m,) which episode
    valid: Bools  # (m, h) False behind the end of the episode, and once somebody else drives
    source: I64  # (m,) a :class:`model.resample.Source`

    def __len__(self) -> int:
        return len(self.state)

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
    with ExitStack() as stack:
        episodes = (stack.enter_context(Episode.open(Path(info.path))) for info in usable)
        return build_dataset(episodes, grid=grid, squash=squash, names=[info.id for info in usable])


def usable_episodes(folder: Path, *, listed: list[EpisodeInfo] | None = None) -> list[EpisodeInfo]:
    """The episodes of ``folder`` that training would read."""
    return [info for info in listed or list_episodes(folder) if _usable(info)]


def build_dataset(
    episodes: Iterable[EpisodeSource], *, grid: Grid, squash: Squash, names: Sequence[str]
) -> Dataset:
    """Examples and pictures of ``episodes``.

    Raises:
        RobotMismatch: two of them are of different robots or camera sets.
        TrainingDataUnusable: none has a usable moment.
    """
    robot: RobotSpec | None = None
    parts: list[Examples] = []
    tasks: list[str] = []
    album = Album(squash)
    for name, episode in zip(names, episodes, strict=True):
        robot = robot or episode.robot
        if difference := robot.mismatch(episode.robot):
            raise RobotMismatch(f"episodes {names[0]} and {name} differ", difference=difference)
        examples = resample(episode, grid=grid)
        if len(examples):
            parts.append(replace(examples, frame=album.add(episode, examples.frame)))
            tasks.append(episode.task)
    if robot is None or not parts:
        raise TrainingDataUnusable(", ".join(names), reason="nobody drove the arm in any of them")
    return Dataset(
        robot=robot,
        pictures=album.pictures(),
        state=np.concatenate([p.state for p in parts]),
        action=np.concatenate([p.action for p in parts]),
        picture=np.concatenate([p.frame for p in parts]),
        task=tuple(tasks),
        episode=np.repeat(np.arange(len(parts)), [len(p) for p in parts]),
        valid=np.concatenate([p.valid for p in parts]),
        source=np.concatenate([p.source for p in parts]),
    )


class Album:
    """Pictures of all episodes, each decoded and squashed once, numbered per camera."""

    def __init__(self, squash: Squash) -> None:
        self._squash = squash
        self._columns: list[list[U8]] = []

    def add(self, episode: EpisodeSource, frame: I64) -> I64:
        """Keep the pictures ``frame`` (m, cameras) of an episode; returns their album numbers."""
        cameras = episode.robot.camera_names
        self._columns = self._columns or [[] for _ in cameras]
        numbers = np.empty_like(frame)
        for i, (camera, column) in enumerate(zip(cameras, self._columns, strict=True)):
            used, position = np.unique(frame[:, i], return_inverse=True)
            numbers[:, i] = len(column) + position
            column.extend(self._squash(episode.image(camera, int(k))) for k in used)
        return numbers

    def pictures(self) -> tuple[U8, ...]:
        """Per camera (pictures, s, s, 3)."""
        return tuple(np.stack(column) for column in self._columns)


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
