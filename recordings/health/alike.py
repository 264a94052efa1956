"""Episodes that are the same or nearly the same: by content, and by the path of the joints.

Pure functions; one :class:`Shape` per episode is all that is compared. Knows no picture: two takes
with the same path and different scenes are near-identical to it, and it says so as a question.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recordings.reader import Episode

POINTS = 48  # of a path, evenly spaced in time
NEAR = 0.01  # root mean square, in shares of the joint ranges
SIMILAR_LENGTH = 0.05  # paths of more different durations are not near-identical
_BLOCK = 512  # episodes compared at a time: bounds memory


@dataclass(frozen=True, slots=True)
class Shape:
    """What of an episode is compared."""

    episode: str
    content: str  # hash of what counts: rows and checksums of all pictures
    path: npt.NDArray[np.float32]  # (POINTS · n,) in shares of the joint ranges
    duration_s: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Two episodes that are alike."""

    first: str
    second: str
    distance: float  # root mean square in shares of the joint ranges; 0 when identical
    identical: bool  # every row and every picture


def content_hash(episode: Episode) -> str:
    """A hash of rows, pictures and task as they count after all edits; reads no picture."""
    digest = hashlib.sha256(episode.task.encode())
    for column in (episode.t_ns, episode.state, episode.action, episode.authority):
        digest.update(np.ascontiguousarray(column).tobytes())
    for camera in episode.robot.camera_names:
        digest.update(camera.encode())
        digest.update(episode.frame_crc32(camera).tobytes())
        digest.update(episode.frame_index[camera].tobytes())
    return digest.hexdigest()


def shape_of(episode: Episode) -> Shape:
    """The comparable form of an episode."""
    robot = episode.robot
    t_s = (episode.t_ns - episode.t_ns[0]) / 1e9 if len(episode.t_ns) else np.zeros(0)
    scale = np.maximum(robot.upper - robot.lower, 1e-9)
    path = np.zeros((POINTS, len(robot.joints)), np.float32)
    if len(t_s):
        at_s = np.linspace(0.0, t_s[-1], POINTS)
        values = np.nan_to_num(episode.state)
        path = np.stack([np.interp(at_s, t_s, column) for column in values.T], axis=1) / scale
    duration_s = float(t_s[-1]) if len(t_s) else 0.0
    return Shape(
        episode.info.id, content_hash(episode), path.astype(np.float32).ravel(), duration_s
    )


def alike(shapes: Sequence[Shape]) -> list[Pair]:
    """All pairs of identical or near-identical episodes of one robot, the earlier one first."""
    if not shapes:
        return []
    paths = np.stack([shape.path for shape in shapes]).astype(np.float64)
    squares = (paths**2).sum(axis=1)
    pairs: list[Pair] = []
    for start in range(0, len(shapes), _BLOCK):
        block = slice(start, start + _BLOCK)
        cross = squares[block, None] + squares[None] - 2 * paths[block] @ paths.T
        distance = np.sqrt(np.maximum(cross, 0.0) / paths.shape[1])
        for row, column in np.argwhere(distance <= NEAR):
            if start + row < column:
                first, second = shapes[start + row], shapes[column]
                pairs += _pair(first, second, float(distance[row, column]))
    return pairs


def _pair(first: Shape, second: Shape, distance: float) -> list[Pair]:
    identical = first.content == second.content
    longer = max(first.duration_s, second.duration_s)
    close = abs(first.duration_s - second.duration_s) <= SIMILAR_LENGTH * longer
    if not identical and not close:
        return []
    return [Pair(first.episode, second.episode, 0.0 if identical else distance, identical)]
