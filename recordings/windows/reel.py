"""One episode cut for learning, and where its pictures lie.

A reel is small (tens of kilobytes), needs no HDF5 once it is made, and can be kept by the
thousands; pictures stay in the file. Knows no batch and no shuffling.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recordings.health.alike import content_hash
from recordings.reader import Episode
from recordings.types import RobotSpec
from recordings.windows.moments import I64, Grid, Moments, cut


@dataclass(frozen=True, slots=True)
class Reel:
    """The moments of one episode."""

    path: Path
    episode: str
    task: str
    content: str  # hash of everything in it
    robot: RobotSpec
    moments: Moments
    places: tuple[Places, ...]  # per camera, in the robot's order

    def __len__(self) -> int:
        return len(self.moments)


@dataclass(frozen=True, slots=True)
class Places:
    """Where the p pictures of one camera lie that any moment of an episode shows."""

    at: I64  # (p,) byte offset in the file
    size: I64  # (p,) bytes
    shown: I64  # (m,) which of them each moment shows


def make_reel(episode: Episode, grid: Grid) -> Reel:
    """Cut one open episode."""
    moments = cut(episode, grid)
    return Reel(
        path=episode.path,
        episode=episode.info.id,
        task=episode.task,
        content=content_hash(episode),
        robot=episode.robot,
        moments=moments,
        places=tuple(
            _places(episode, camera, moments.picture[:, i])
            for i, camera in enumerate(episode.robot.camera_names)
        ),
    )


def _places(episode: Episode, camera: str, picture: I64) -> Places:
    used, shown = np.unique(picture, return_inverse=True)
    at, size = episode.picture_places(camera)
    return Places(at[used], size[used], shown.astype(np.int64))
