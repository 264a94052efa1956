"""One moment of a recorded episode: what a policy would have seen there, and what was really sent.

Knows no network. Nothing from after the moment enters the observation.
"""

from __future__ import annotations

from dataclasses import dataclass

from model.errors import MomentMissing
from recordings.reader import Episode
from recordings.types import F32, Frame, JointState, Observation, frozen_f32
from recordings.windows.moments import Bools, Grid, elapsed_s, sent_from, step_at


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was sent from a moment on."""

    action: F32  # (h, n) rad, the last one repeats after the end
    valid: Bools  # (h,) False behind the end, and once somebody else drives


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
    start_s = float(elapsed_s(episode)[_row(episode, at_s)])
    return Recorded(*sent_from(episode, start_s, grid))


def _row(episode: Episode, at_s: float) -> int:
    """Newest step at or before ``at_s``."""
    t_s = elapsed_s(episode)
    if not 0.0 <= at_s <= t_s[-1] + 1e-9:
        raise MomentMissing(episode.path, at_s, reason=f"it lasts from 0 to {t_s[-1]:.2f} s")
    return int(step_at(t_s, at_s))
