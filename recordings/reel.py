"""One episode cut for learning: what was known at each tick of an even grid, and what came next.

A reel is small (tens of kilobytes), needs no HDF5 once it is made, and can be kept by the
thousands; pictures stay in the file. Knows no batch and no shuffling.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recordings.health.alike import content_hash
from recordings.reader import Episode
from recordings.types import F32, Authority, RobotSpec

_EPS_S = 1e-9


@dataclass(frozen=True, slots=True)
class Grid:
    """How windows are spaced and how far ahead each looks."""

    dt_s: float  # s between rows
    horizon: int  # rows of actions in a window


@dataclass(frozen=True, slots=True)
class Reel:
    """The usable windows of one episode; m of them."""

    path: Path
    episode: str
    task: str
    content: str  # hash of everything in it
    robot: RobotSpec
    state: F32  # (m, n) rad
    actions: F32  # (g, n) rad, sent at every tick of the grid
    tick: npt.NDArray[np.int64]  # (m,) which tick of the grid a window starts at
    driven: npt.NDArray[np.int64]  # (g,) number of the stretch of one driver each tick belongs to
    at: npt.NDArray[np.int64]  # (m, cameras) byte offset of the picture in the file
    size: npt.NDArray[np.int64]  # (m, cameras) bytes

    def __len__(self) -> int:
        return len(self.tick)

    def chunk(self, window: int, horizon: int) -> tuple[F32, npt.NDArray[np.bool_]]:
        """((h, n) actions from a window's tick on, (h,) which of them were really sent).

        Behind the end the last one repeats; once somebody else drives they are not valid.
        """
        ticks = self.tick[window] + np.arange(horizon)
        inside = np.minimum(ticks, len(self.actions) - 1)
        same = self.driven[inside] == self.driven[self.tick[window]]
        return self.actions[inside], same & (ticks < len(self.actions))


def make_reel(episode: Episode, grid: Grid) -> Reel:
    """Cut one open episode.

    Left out are moments at which nobody drove (they teach the arm to stand still) and moments
    before every camera had delivered a picture. Actions are the sent ones, interpolated.
    """
    t_s = (episode.t_ns - episode.t_ns[0]) / 1e9 if len(episode.t_ns) else np.zeros(0)
    end_s = float(t_s[-1]) if len(t_s) else -1.0
    at_s = np.arange(0.0, end_s + _EPS_S, grid.dt_s)
    row = np.searchsorted(t_s, at_s + _EPS_S, side="right") - 1
    cameras = episode.robot.camera_names
    seen = [episode.frame_index[c][row] for c in cameras]
    picture = np.stack(seen, axis=1).astype(np.int64) if seen else np.zeros((len(row), 0), np.int64)
    driver = episode.authority[row]
    usable = np.flatnonzero((picture >= 0).all(axis=1) & (driver != Authority.HOLD))
    switches = np.append(0, np.cumsum(episode.authority[1:] != episode.authority[:-1]))
    sent = [np.interp(at_s, t_s, column) for column in episode.action.T] if len(t_s) else []
    n = len(episode.robot.joints)
    places = [episode.picture_places(c) for c in cameras]
    columns = list(enumerate(places))
    at = [offset[picture[usable, i]] for i, (offset, _) in columns]
    size = [sizes[picture[usable, i]] for i, (_, sizes) in columns]
    empty = np.zeros((len(usable), 0), np.int64)
    return Reel(
        path=episode.path,
        episode=episode.info.id,
        task=episode.task,
        content=content_hash(episode),
        robot=episode.robot,
        state=np.asarray(episode.state[row[usable]], np.float32),
        actions=np.stack(sent, axis=1).astype(np.float32) if sent else np.zeros((0, n), np.float32),
        tick=usable.astype(np.int64),
        driven=switches[row].astype(np.int64) if len(row) else np.zeros(0, np.int64),
        at=np.stack(at, axis=1) if at else empty,
        size=np.stack(size, axis=1) if size else empty,
    )
