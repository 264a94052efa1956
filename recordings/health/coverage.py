"""What a set of episodes covers: where they start, and how much of each joint's range they visit.

Pure functions on numbers of many episodes. Knows no picture: where the objects lay is not in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recordings.types import RobotSpec

NARROW = 0.02  # of the range: starts within this are one start
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class JointCoverage:
    """One joint over all episodes."""

    joint: str
    start_lower: float  # rad (gripper: opening), smallest start
    start_upper: float
    visited_lower: float  # rad, smallest value of all steps
    visited_upper: float
    visited_share: float  # of the joint's range, 0 … 1
    start_share: float  # width of the starts as a share of what is visited, 0 … 1


@dataclass(frozen=True, slots=True)
class Coverage:
    """All joints over all episodes; ``starts`` (e, n) rad is what a plot of them draws."""

    starts: F64
    joints: tuple[JointCoverage, ...]


def coverage(
    starts: Sequence[npt.ArrayLike],
    ranges: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]],
    *,
    robot: RobotSpec,
) -> Coverage:
    """Put together what single episodes say about themselves.

    Args:
        starts: (n,) rad, first state of each episode.
        ranges: (smallest, largest), each (n,) rad, of each episode.
        robot: whose joints they are.
    """
    first = np.array(starts, np.float64).reshape(-1, len(robot.joints))
    if not len(first):
        return Coverage(first, ())
    lower = np.min([np.asarray(low, np.float64) for low, _ in ranges], axis=0)
    upper = np.max([np.asarray(high, np.float64) for _, high in ranges], axis=0)
    joints = tuple(
        JointCoverage(
            joint=spec.name,
            start_lower=float(first[:, i].min()),
            start_upper=float(first[:, i].max()),
            visited_lower=float(lower[i]),
            visited_upper=float(upper[i]),
            visited_share=_share(upper[i] - lower[i], spec.upper - spec.lower),
            start_share=_share(float(np.ptp(first[:, i])), upper[i] - lower[i]),
        )
        for i, spec in enumerate(robot.joints)
    )
    return Coverage(first, joints)


def coverage_sentences(found: Coverage) -> Iterator[str]:
    """What is missing, in words."""
    episodes = len(found.starts)
    if episodes < 2:
        return
    same = [j.joint for j in found.joints if j.start_share < NARROW and j.visited_share > NARROW]
    if len(same) == len(found.joints):
        yield (
            f"All {episodes} episodes start at the same place: a policy will only know how to begin"
            " there. Vary the start a little."
        )
    elif same:
        yield f"Always starting at the same place: {', '.join(same)}."
    still = [j.joint for j in found.joints if j.visited_share <= NARROW]
    if still:
        yield f"Never moved in any episode: {', '.join(still)}."


def _share(part: float, whole: float) -> float:
    return float(np.clip(part / whole, 0.0, 1.0)) if whole > 1e-9 else 0.0
