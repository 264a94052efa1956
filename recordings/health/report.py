"""The health of one episode and of a whole folder, ready to be shown.

Opens files through the reader and puts the measures together; the measures themselves are pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

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

F64 = npt.NDArray[np.float64]

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


@dataclass(frozen=True, slots=True)
class Findings:
    """What one look into an episode found: its own health, and what the set needs of it."""

    health: EpisodeHealth
    robot: RobotSpec | None = None  # None: it cannot be read
    shape: Shape | None = None
    start: F64 | None = None  # (n,) rad of the first step, None without steps
    lower: F64 | None = None  # (n,) rad, smallest and largest state
    upper: F64 | None = None


def look_into(info: EpisodeInfo, *, first: dict[str, View] | None = None) -> Findings:
    """Open an episode and judge it; one that cannot be read gets a sentence.

    ``first`` are the views of the first episode of the set, see :func:`first_views`.
    """
    try:
        with Episode.open(Path(info.path)) as episode:
            health, shape = episode_health(episode, first=first), shape_of(episode)
            state = episode.state.astype(np.float64)
            robot = episode.robot
    except (RecordingError, OSError) as error:
        return Findings(EpisodeHealth(info.id, (Remark(Weight.BAD, str(error)),)))
    if not len(state):
        return Findings(health, robot, shape)
    lower, upper = np.nanmin(state, axis=0), np.nanmax(state, axis=0)
    return Findings(health, robot, shape, state[0], lower, upper)


def first_views(infos: Sequence[EpisodeInfo]) -> dict[str, View]:
    """What the cameras see in the first episode of ``infos`` that can be read."""
    for info in infos:
        try:
            with Episode.open(Path(info.path)) as episode:
                return views(episode)
        except (RecordingError, OSError):
            continue
    return {}


def folder_health(
    infos: Sequence[EpisodeInfo], *, tell: Callable[[int], None] = lambda _: None
) -> FolderHealth:
    """Look at every episode of a list; ``tell`` is called with how many are done.

    An unreadable or foreign-robot episode gets a sentence, the others are judged without it.
    """
    first = first_views(infos)
    found: list[Findings] = []
    for done, info in enumerate(infos, start=1):
        found.append(look_into(info, first=first))
        tell(done)
    return set_health(found)


def set_health(found: Sequence[Findings]) -> FolderHealth:
    """What episodes are together, those of another robot than the first left out and named."""
    robot = next((f.robot for f in found if f.robot is not None), None)
    mine: list[Findings] = []
    mixed: list[str] = []
    for one in found:
        if robot is None or one.robot is None:
            continue
        mismatch = robot.mismatch(one.robot)
        if mismatch:
            mixed.append(f"Episode {one.health.episode} is of another robot: {mismatch}.")
        else:
            mine.append(one)
    starts = [one.start for one in mine if one.start is not None]
    ranges = [(o.lower, o.upper) for o in mine if o.lower is not None and o.upper is not None]
    covered = coverage(starts, ranges, robot=robot) if robot is not None and starts else None
    pairs = tuple(alike([one.shape for one in mine if one.shape is not None]))
    return FolderHealth(tuple(one.health for one in found), pairs, covered, tuple(mixed))


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
