"""Cuts one recorded episode into examples: what was seen and measured, and what was sent next.

The recording's clocks are real and uneven (100 Hz steps, 30 fps pictures); examples sit on an even
grid. Nothing from the future enters an observation: state and pictures are the newest ones known at
that time; actions are the *sent* ones, interpolated. Knows no folder, no tensor, no normalisation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from recordings.types import F32, U8, Authority, RobotSpec

I64 = npt.NDArray[np.int64]


class EpisodeSource(Protocol):
    """What an episode must offer: ``recordings.reader.Episode`` does, and so may a test."""

    @property
    def robot(self) -> RobotSpec: ...

    @property
    def task(self) -> str: ...

    @property
    def t_ns(self) -> npt.NDArray[np.integer]:
        """(t,) ns, when each control step happened."""
        ...

    @property
    def state(self) -> F32:
        """(t, n) rad, measured."""
        ...

    @property
    def action(self) -> F32:
        """(t, n) rad, as sent."""
        ...

    @property
    def authority(self) -> npt.NDArray[np.integer]:
        """(t,) who drove."""
        ...

    @property
    def frame_index(self) -> Mapping[str, npt.NDArray[np.integer]]:
        """Camera → (t,) newest picture known at each step, -1 before the first."""
        ...

    def image(self, camera: str, index: int, /) -> U8: ...


@dataclass(frozen=True, slots=True)
class Grid:
    """How examples are spaced and how far ahead each looks."""

    dt_s: float  # s between plan rows, and between examples
    horizon: int  # rows of a plan


@dataclass(frozen=True, slots=True)
class Examples:
    """The examples of one episode, column by column."""

    state: F32  # (m, n) rad, measured at the example's time
    action: F32  # (m, h, n) rad, sent at t0 + i · dt; the last one repeats after the end
    frame: I64  # (m, cameras) picture index per camera, in the robot's camera order

    def __len__(self) -> int:
        return len(self.state)


def resample(episode: EpisodeSource, *, grid: Grid) -> Examples:
    """One example per ``grid.dt_s`` of the episode.

    Left out: moments when nobody drove (they would teach the arm to stand still) and moments
    before every camera had delivered its first picture.
    """
    t_s = (episode.t_ns - episode.t_ns[0]) / 1e9
    starts_s = np.arange(0.0, t_s[-1] + 1e-9, grid.dt_s)
    row = np.searchsorted(t_s, starts_s + 1e-9, side="right") - 1  # newest step at or before
    cameras = episode.robot.camera_names
    frame = np.stack([episode.frame_index[name][row] for name in cameras], axis=1).astype(np.int64)
    usable = (frame >= 0).all(axis=1) & (np.asarray(episode.authority)[row] != Authority.HOLD)
    ahead_s = starts_s[usable, None] + np.arange(grid.horizon) * grid.dt_s  # (m, h)
    action = np.stack(
        [np.interp(ahead_s, t_s, column) for column in np.asarray(episode.action).T], axis=-1
    )
    return Examples(
        state=np.asarray(episode.state)[row[usable]].astype(np.float32),
        action=action.astype(np.float32),
        frame=frame[usable],
    )
