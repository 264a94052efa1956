"""Cuts one recorded episode into moments to learn from: what was known, and what was sent next.

The recording's clocks are real and uneven (100 Hz steps, 30 fps pictures); moments sit on an even
grid. Nothing from the future enters what was known: state and pictures are the newest ones at that
time; actions are the *sent* ones, interpolated. Knows no file, no batch and no normalisation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from recordings.types import F32, Authority, RobotSpec
from recordings.windows.sources import sources

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_EPS_S = 1e-9  # k · dt still finds the step recorded then


@dataclass(frozen=True, slots=True)
class Grid:
    """How moments are spaced and how far ahead each looks."""

    dt_s: float  # s between moments, and between rows of a chunk
    horizon: int  # rows of a chunk


class Rows(Protocol):
    """What an episode must offer: ``recordings.reader.Episode`` does, and so may a test."""

    @property
    def robot(self) -> RobotSpec: ...

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


@dataclass(frozen=True, slots=True)
class Moments:
    """The m usable moments of one episode, column by column."""

    state: F32  # (m, n) rad, measured
    picture: I64  # (m, cameras) number of the picture, in the robot's camera order
    source: I64  # (m,) a :class:`recordings.windows.sources.Source`
    tick: I64  # (m,) which tick of the grid it is
    sent: F32  # (g + 1, n) rad, at every tick of the grid; the last row is the last one sent
    stretch: I64  # (g,) number of the stretch of one driver each tick belongs to

    def __len__(self) -> int:
        return len(self.tick)

    def chunks(self, which: npt.NDArray[np.integer], horizon: int) -> tuple[F32, Bools]:
        """((b, h, n) rad sent from the moments ``which`` on, (b, h) which of it really was).

        Behind the end the last one repeats; once somebody else drives they are not valid.
        """
        ticks = self.tick[which][:, np.newaxis] + np.arange(horizon)
        inside = np.minimum(ticks, len(self.stretch) - 1)
        same = self.stretch[inside] == self.stretch[inside[:, :1]]
        valid = same & (ticks < len(self.stretch))
        return self.sent[np.minimum(ticks, len(self.stretch))], valid


def cut(episode: Rows, grid: Grid) -> Moments:
    """One moment per ``grid.dt_s`` of the episode.

    Left out: moments when nobody drove (they would teach the arm to stand still) and moments
    before every camera had delivered its first picture.
    """
    t_s = elapsed_s(episode)
    at_s = np.arange(0.0, (t_s[-1] if len(t_s) else -1.0) + _EPS_S, grid.dt_s)
    row = step_at(t_s, at_s)
    cameras = episode.robot.camera_names
    seen = [episode.frame_index[name][row] for name in cameras]
    picture = np.stack(seen, axis=1).astype(np.int64) if seen else np.zeros((len(row), 0), np.int64)
    driver = np.asarray(episode.authority)
    usable = np.flatnonzero((picture >= 0).all(axis=1) & (driver[row] != Authority.HOLD))
    return Moments(
        state=np.asarray(episode.state)[row[usable]].astype(np.float32),
        picture=picture[usable],
        source=sources(t_s, driver)[row[usable]],
        tick=usable.astype(np.int64),
        sent=_sent_at(episode, np.append(at_s, t_s[-1:])),
        stretch=_stretches(driver)[row],
    )


def sent_from(episode: Rows, start_s: float, grid: Grid) -> tuple[F32, Bools]:
    """((h, n) rad sent from ``start_s`` after the start on, (h,) which of it really was)."""
    t_s = elapsed_s(episode)
    at_s = start_s + np.arange(grid.horizon) * grid.dt_s
    stretch = _stretches(np.asarray(episode.authority))[step_at(t_s, at_s)]
    return _sent_at(episode, at_s), (at_s <= t_s[-1] + _EPS_S) & (stretch == stretch[0])


def elapsed_s(episode: Rows) -> F64:
    """(t,) s since the first step."""
    t_ns = episode.t_ns
    return (t_ns - t_ns[0]) / 1e9 if len(t_ns) else np.zeros(0)


def step_at(t_s: F64, at_s: npt.ArrayLike) -> I64:
    """Number of the newest step at or before each of ``at_s``."""
    return np.searchsorted(t_s, np.asarray(at_s) + _EPS_S, side="right") - 1


def _sent_at(episode: Rows, at_s: npt.NDArray[np.floating]) -> F32:
    """(k, n) rad."""
    t_s, columns = elapsed_s(episode), np.asarray(episode.action).T
    if not len(t_s):
        return np.zeros((0, len(columns)), np.float32)
    return np.stack([np.interp(at_s, t_s, c) for c in columns], axis=-1).astype(np.float32)


def _stretches(driver: npt.NDArray[np.integer]) -> I64:
    """(t,) how often the driver has changed up to each step."""
    return np.append(0, np.cumsum(driver[1:] != driver[:-1])).astype(np.int64)
