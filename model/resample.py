"""Cuts one recorded episode into examples: what was seen and measured, and what was sent next.

The recording's clocks are real and uneven (100 Hz steps, 30 fps pictures); examples sit on an even
grid. Nothing from the future enters an observation: state and pictures are the newest ones known at
that time; actions are the *sent* ones, interpolated. Knows no folder, no tensor, no normalisation.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from recordings.types import F32, U8, Authority, RobotSpec

I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

BEFORE_TAKEOVER_S = 1.0  # what a policy did right before a person had to step in is no example


class Source(enum.IntEnum):
    """Where an example comes from."""

    DEMONSTRATION = 0  # a person drove, no policy took part in the episode
    CORRECTION = 1  # a person took over from a policy
    AUTONOMOUS = 2  # a policy drove, and nobody had to step in
    MISTAKE = 3  # a policy drove, and a person stepped in within a second


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
    valid: Bools  # (m, h) False behind the end, and once somebody else drives
    source: I64  # (m,) a Source: who drove, and why

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
    driver = np.asarray(episode.authority)
    usable = (frame >= 0).all(axis=1) & (driver[row] != Authority.HOLD)
    ahead_s = starts_s[usable, None] + np.arange(grid.horizon) * grid.dt_s  # (m, h)
    action = np.stack(
        [np.interp(ahead_s, t_s, column) for column in np.asarray(episode.action).T], axis=-1
    )
    return Examples(
        state=np.asarray(episode.state)[row[usable]].astype(np.float32),
        action=action.astype(np.float32),
        frame=frame[usable],
        valid=same_driver(ahead_s, t_s, driver),
        source=sources(t_s, driver)[row[usable]],
    )


def sources(t_s: npt.NDArray[np.floating], driver: npt.NDArray[np.integer]) -> I64:
    """(t,) :class:`Source` of every step.

    Args:
        t_s: (t,) s, when each step happened.
        driver: (t,) authority at each step.
    """
    human, policy = driver == Authority.LEADER, driver == Authority.POLICY
    found = np.full(len(driver), Source.DEMONSTRATION, np.int64)
    found[human & (np.cumsum(policy) > 0)] = Source.CORRECTION
    found[policy] = Source.AUTONOMOUS
    before = _last_driven(driver)[:-1]  # (t - 1,) who drove last, a pause left out
    stopped_s = t_s[before[human[1:] & policy[before]]]  # when a policy lost the arm to a person
    left_s = np.append(stopped_s, np.inf)[np.searchsorted(stopped_s, t_s)] - t_s
    found[policy & (left_s <= BEFORE_TAKEOVER_S)] = Source.MISTAKE
    return found


def _last_driven(driver: npt.NDArray[np.integer]) -> I64:
    """(t,) index of the newest step, itself included, at which somebody drove; 0 before that."""
    steps = np.where(driver != Authority.HOLD, np.arange(len(driver)), 0)
    return np.maximum.accumulate(steps)


def same_driver(
    ahead_s: npt.NDArray[np.floating],  # (m, h)
    t_s: npt.NDArray[np.floating],  # (t,)
    driver: npt.NDArray[np.integer],  # (t,)
) -> Bools:
    """(m, h) True while the episode lasts and whoever drove at row 0 still drives."""
    row = np.searchsorted(t_s, ahead_s + 1e-9, side="right") - 1
    switches = np.append(0, np.cumsum(driver[1:] != driver[:-1]))
    return (ahead_s <= t_s[-1] + 1e-9) & (switches[row] == switches[row[:, :1]])
