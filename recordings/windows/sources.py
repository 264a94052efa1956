"""Where a moment of an episode comes from, for whoever learns from it. Knows no file."""

from __future__ import annotations

import enum

import numpy as np
import numpy.typing as npt

from recordings.types import Authority

I64 = npt.NDArray[np.int64]

BEFORE_TAKEOVER_S = 1.0  # what a policy did right before a person had to step in is no example


class Source(enum.IntEnum):
    """Who drove, and why."""

    DEMONSTRATION = 0  # a person drove, no policy took part in the episode
    CORRECTION = 1  # a person took over from a policy
    AUTONOMOUS = 2  # a policy drove, and nobody had to step in
    MISTAKE = 3  # a policy drove, and a person stepped in within a second


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
