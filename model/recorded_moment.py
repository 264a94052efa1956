"""One moment of a recorded episode: what a policy would have seen there, and what was really sent.

Knows no network. Nothing from after the moment enters the observation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.errors import MomentMissing
from model.resample import Grid, same_driver
from recordings.reader import Episode
from recordings.types import F32, Frame, JointState, Observation, frozen_f32


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was sent from a moment on."""

    action: F32  # (h, n) rad, the last one repeats after the end
    valid: npt.NDArray[np.bool_]  # (h,) False behind the end, and once somebody else drives


def observation_at(episode: Episode, at_s: float) -> Observation:
    """What was known at ``at_s`` seconds after the start of the episode.

    Raises:
        MomentMissing: outside of the episode, or before a camera had delivered anything.
    """
    row = _row(episode, at_s)
    t_ns = int(episode.t_ns[row])
    frames: dict[str, Frame] = {}
    for camera in episode.robot.camera_names:
        index = int(episode.frame_index[camera][row])
        if index < 0:
            raise MomentMissing(episode.path, at_s, reason=f"camera {camera!r} had no picture yet")
        image = episode.image(camera, index)
        frames[camera] = Frame(camera, image, int(episode.frame_t_ns(camera)[index]), index)
    state = JointState(frozen_f32(episode.state[row]), t_ns)
    return Observation(state=state, frames=frames, task=episode.task)


def recorded_from(episode: Episode, at_s: float, *, grid: Grid) -> Recorded:
    """What was sent at ``at_s`` and at the rows after it.

    Raises:
        MomentMissing: outside of the episode.
    """
    row = _row(episode, at_s)
    t_s = (episode.t_ns - episode.t_ns[0]) / 1e9
    ahead_s = t_s[row] + np.arange(grid.horizon) * grid.dt_s
    action = np.stack([np.interp(ahead_s, t_s, column) for column in episode.action.T], axis=-1)
    valid = same_driver(ahead_s[None], t_s, np.asarray(episode.authority))[0]
    return Recorded(action.astype(np.float32), valid)


def _row(episode: Episode, at_s: float) -> int:
    """Newest step at or before ``at_s``."""
    last_s = float(episode.t_ns[-1] - episode.t_ns[0]) / 1e9
    if not 0.0 <= at_s <= last_s + 1e-9:
        raise MomentMissing(episode.path, at_s, reason=f"it lasts from 0 to {last_s:.2f} s")
    t_s = (episode.t_ns - episode.t_ns[0]) / 1e9
    return int(np.searchsorted(t_s, at_s + 1e-9, side="right")) - 1
