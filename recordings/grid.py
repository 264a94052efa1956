"""An episode on the even grid of a dataset: one row per 1/fps of real time.

The newest state and picture known at each tick, never one from the future; the action as it was
sent at that tick. Knows no file of either side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recordings.errors import NothingToExport
from recordings.reader import Episode
from recordings.types import Authority, RobotSpec

_ROUNDING_NS = 1_000  # k/fps in whole ns still finds the step recorded at k/fps
STALE_PERIODS = 1.5  # a picture older than this many ticks is late

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ticks:
    """Which row and which pictures of an episode each tick shows."""

    row: Indices  # (m,) control step
    picture: dict[str, Indices]  # camera → (m,)
    stale: int  # ticks that show a picture older than 1.5 ticks

    def __len__(self) -> int:
        return len(self.row)


def common_fps(robot: RobotSpec) -> int:
    """The rate of a dataset of this robot unless somebody asks for another: its slowest camera."""
    rates = [camera.fps for camera in robot.cameras] or [robot.control_hz]
    return max(1, round(min(rates)))


def ticks_of(episode: Episode, *, fps: int) -> Ticks:
    """The grid starts with the first step at which every camera had delivered a picture.

    Raises:
        NothingToExport: there is no such step.
    """
    ready = np.ones(len(episode.t_ns), np.bool_)
    for index in episode.frame_index.values():
        ready &= index >= 0
    if not ready.any():
        raise NothingToExport(episode.info.id, why="no step at which every camera had a picture")
    first_ns, last_ns = int(episode.t_ns[int(ready.argmax())]), int(episode.t_ns.max())
    count = int((last_ns - first_ns + _ROUNDING_NS) * fps // 10**9) + 1
    at_ns = first_ns + np.round(np.arange(count) * (1e9 / fps)).astype(np.int64)
    row = np.searchsorted(episode.t_ns, at_ns + _ROUNDING_NS, side="right") - 1
    picture = {camera: index[row].astype(np.int64) for camera, index in episode.frame_index.items()}
    late = np.zeros(count, np.bool_)
    for camera, numbers in picture.items():
        late |= at_ns - episode.frame_t_ns(camera)[numbers] > STALE_PERIODS * 1e9 / fps
    return Ticks(row, picture, stale=int(late.sum()))


def interventions(authority: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """(m,) True where a person drives in an episode in which a policy drives too."""
    with_policy = bool((authority == Authority.POLICY).any())
    return (authority == Authority.LEADER) & with_policy
