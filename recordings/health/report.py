"""The health of one episode and of a whole folder, ready to be shown.

Opens files through the reader and puts the measures together; the measures themselves are pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recordings.errors import RecordingError
from recordings.health.alike import Pair, Shape, alike, shape_of
from recordings.health.coverage import Coverage, coverage
from recordings.health.motion import MotionHealth, motion_health
from recordings.health.pictures import (
    CameraHealth,
    View,
    camera_health,
    camera_view,
    moved_px,
)
from recordings.health.sentences import Remark, Weight, camera_remarks, motion_remarks
from recordings.reader import Episode
from recordings.types import EpisodeInfo, RobotSpec

_ORDER = list(Weight)


@dataclass(frozen=True, slots=True)
class EpisodeHealth:
    """One episode: numbers, and what they mean."""

    episode: str
    remarks: tuple[Remark, ...]  # worst first
    motion: MotionHealth | None = None  # None: it cannot be read
    cameras: tuple[CameraHealth, ...] = ()

    @property
    def weight(self) -> Weight:
        """The worst of its remarks, GOOD without any."""
        return self.remarks[0].weight if self.remarks else Weight.GOOD


@dataclass(frozen=True, slots=True)
class FolderHealth:
    """All episodes of a folder and what they are together."""

    episodes: tuple[EpisodeHealth, ...]
    alike: tuple[Pair, ...]
    coverage: Coverage | None  # None: no readable episode
    mixed: tuple[str, ...] = ()  # sentences about episodes of other robots


def episode_health(episode: Episode, *, first: dict[str, View] | None = None) -> EpisodeHealth:
    """Look at one open episode.

    ``first`` are the views of the first episode of the set, to tell whether a camera was moved.

    Raises:
        DamagedFile
    """
    motion = motion_health(episode.t_ns, episode.state, episode.action, robot=episode.robot)
    cameras = tuple(camera_health(episode, name) for name in episode.robot.camera_names)
    remarks = list(motion_remarks(motion))
    for health in cameras:
        remarks += camera_remarks(health)
    if first:
        remarks += _moved(first, views(episode))
    if episode.info.recovered:
        remarks.append(Remark(Weight.NOTE, "It was interrupted and completed afterwards."))
    return EpisodeHealth(episode.info.id, _worst_first(remarks), motion, cameras)


def views(episode: Episode) -> dict[str, View]:
    """What every camera sees.

    Raises:
        DamagedFile
    """
    found = {name: camera_view(episode, name) for name in episode.robot.camera_names}
    return {name: view for name, view in found.items() if view is not None}


def folder_health(
    infos: Sequence[EpisodeInfo], *, tell: Callable[[int], None] = lambda _: None
) -> FolderHealth:
    """Look at every episode of a list; ``tell`` is called with how many are done.

    An unreadable or foreign-robot episode gets a sentence, the others are judged without it.
    """
    found = _Findings()
    for done, info in enumerate(infos, start=1):
        try:
            with Episode.open(Path(info.path)) as episode:
                found.add(episode)
        except (RecordingError, OSError) as error:
            found.episodes.append(EpisodeHealth(info.id, (Remark(Weight.BAD, str(error)),)))
        tell(done)
    return found.together()


class _Findings:
    """What is remembered from one episode to the next."""

    def __init__(self) -> None:
        self.episodes: list[EpisodeHealth] = []
        self._shapes: list[Shape] = []
        self._starts: list[np.ndarray] = []
        self._ranges: list[tuple[np.ndarray, np.ndarray]] = []
        self._robot: RobotSpec | None = None
        self._first: dict[str, View] = {}
        self._mixed: list[str] = []

    def add(self, episode: Episode) -> None:
        self._robot = self._robot or episode.robot
        self.episodes.append(episode_health(episode, first=self._first))
        if mismatch := self._robot.mismatch(episode.robot):
            self._mixed.append(f"Episode {episode.info.id} is of another robot: {mismatch}.")
            return
        self._first = self._first or views(episode)
        self._shapes.append(shape_of(episode))
        if len(episode.state):
            self._starts.append(episode.state[0])
            self._ranges.append(
                (np.nanmin(episode.state, axis=0), np.nanmax(episode.state, axis=0))
            )

    def together(self) -> FolderHealth:
        covered = None
        if self._robot is not None and self._starts:
            covered = coverage(self._starts, self._ranges, robot=self._robot)
        pairs = tuple(alike(self._shapes))
        return FolderHealth(tuple(self.episodes), pairs, covered, tuple(self._mixed))


def _moved(first: dict[str, View], now: dict[str, View]) -> list[Remark]:
    remarks: list[Remark] = []
    for name, view in now.items():
        moved = moved_px(first[name], view) if name in first else 0.0
        if moved:
            sentence = f"Camera {name} was moved by about {moved:.0f} px since the first episode."
            remarks.append(Remark(Weight.WARN, sentence))
    return remarks


def _worst_first(remarks: list[Remark]) -> tuple[Remark, ...]:
    return tuple(sorted(remarks, key=lambda r: _ORDER.index(r.weight), reverse=True))
