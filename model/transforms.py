"""Robot units ↔ the checkpoint's −1…1: the one place where an action changes its meaning.

First into the units and directions of the checkpoint (:mod:`model.joint_frame`), then scaled.

States, actions and the prefix of a running plan go through the same :class:`UnitTransform`, so
that absolute and relative control modes cannot be mixed up. Knows no torch and no network.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from model.errors import ConfigInvalid
from model.joint_frame import JointFrame
from model.norm_stats import NormStats
from model.tags import TagMetadata
from recordings.types import F32

SMALLEST_RANGE = 1e-6  # robot units; a column that never moved is not blown up
BARELY = 1e-3  # beyond ±1 by less than this is rounding, not a state training never saw


@dataclass(frozen=True, slots=True)
class Clipped:
    """A column of a state that training (nearly) never saw: the network sees the nearer end."""

    column: int
    value: float  # robot units
    low: float  # robot units, lower end of what training saw
    high: float  # upper end


class Normaliser:
    """Scales the columns of a vector by the statistics of a data set.

    Several statistics scale a chunk row by row: the first row by the first, and so on.
    """

    def __init__(self, *stats: NormStats, mode: str, constant_is_zero: bool = True) -> None:
        self.mode = mode
        self._constant_is_zero = constant_is_zero
        self.mask = _stack([np.array(s.mask or (True,) * s.size) for s in stats])
        self.constant = _stack([_constant(s) for s in stats])
        ends = [_affine(s, mode) for s in stats]
        self.offset = _stack([offset for offset, _ in ends])  # (n,) or (rows, n)
        self.scale = _stack([scale for _, scale in ends])

    def first(self, rows: int) -> Normaliser:
        """The same scales for a chunk of no more than ``rows`` rows."""
        if self.offset.ndim == 1:
            return self
        shorter = copy.copy(self)
        for name in ("mask", "constant", "offset", "scale"):
            setattr(shorter, name, getattr(self, name)[:rows])
        return shorter

    def normalise(self, values: npt.NDArray[np.floating]) -> F32:
        """(…, n) robot units → (…, n) float32, −1…1 where the mode has bounds."""
        raw = np.asarray(values, np.float32)
        if self.mode == "none":
            return raw
        scaled = (raw - self.offset) / np.maximum(self.scale, SMALLEST_RANGE)
        if self.mode != "mean_std":
            scaled = np.clip(scaled * 2 - 1, -1, 1)
            scaled = np.where(self.constant & self._constant_is_zero, 0, scaled)
        return np.where(self.mask, scaled, raw).astype(np.float32)

    def restore(self, normalised: npt.NDArray[np.floating]) -> F32:
        """Inverse of :meth:`normalise`; bounded modes clip every column to ±1 first."""
        values = np.asarray(normalised, np.float32)
        if self.mode == "none":
            return values
        if self.mode == "mean_std":
            restored = values * self.scale + self.offset
        else:
            values = np.clip(values, -1, 1)
            restored = (values + 1) / 2 * self.scale + self.offset
        return np.where(self.mask, restored, values).astype(np.float32)

    def ends(self) -> tuple[F32, F32] | None:
        """(n,) lowest and highest value that is not clipped; None where the mode has no bounds."""
        if self.mode in ("none", "mean_std"):
            return None
        low = np.where(self.mask, self.offset, np.float32(-1))
        return low, np.where(self.mask, self.offset + self.scale, np.float32(1))


class UnitTransform:
    """Scales for one tag; arrays are numpy, robot units are rad and gripper fraction."""

    def __init__(self, tag: TagMetadata) -> None:
        self.tag = tag
        scale = {"mode": tag.norm_mode, "constant_is_zero": tag.constant_is_zero}
        self._state = Normaliser(tag.state, **scale)
        self._action = Normaliser(*(tag.action_rows or (tag.action,)), **scale)
        self._frame = tag.frame or JointFrame.identity(tag.action.size)
        self._state_frame = tag.frame or JointFrame.identity(tag.state.size)
        self._moves_with_state = _relative_columns(tag)

    def relative(self, actions: F32, state: F32) -> F32:
        """Actions as the tag counts them; statistics of actions are taken over these numbers.

        Args:
            actions: (…, H, n) robot units, absolute.
            state: (…, n) robot units, at observation time.

        Returns:
            (…, H, n) checkpoint units: minus ``state`` for the arm joints of a relative tag,
            gripper as it is; the positions themselves for an absolute tag.
        """
        return (self._frame.to_checkpoint(actions) - self._origin(state)).astype(np.float32)

    def in_checkpoint_units(self, state: F32) -> F32:
        """(…, n) robot units → what statistics of states are taken over."""
        return self._state_frame.to_checkpoint(state)

    def normalise_state(self, state: F32) -> F32:
        """(…, n) robot units → (…, n) −1…1."""
        return self._state.normalise(self._state_frame.to_checkpoint(state))

    @property
    def state_in_robot_units(self) -> NormStats:
        """Statistics of states as a bench would measure them."""
        return self._state_frame.statistics_to_robot(self.tag.state)

    def clipped(self, state: F32) -> list[Clipped]:
        """Columns of a state (n,), robot units, that lie outside what training saw."""
        ends = self._state.ends()
        if ends is None:
            return []
        low, high = np.sort([self._state_frame.to_robot(end) for end in ends], axis=0)
        slack = BARELY * np.maximum(high - low, SMALLEST_RANGE) / 2
        beyond = np.flatnonzero((state < low - slack) | (state > high + slack))
        return [Clipped(int(i), float(state[i]), float(low[i]), float(high[i])) for i in beyond]

    def normalise_actions(self, actions: F32, state: F32) -> F32:
        """(…, H, n) robot units, absolute, and state (…, n) robot units → (…, H, n) −1…1."""
        return self._action.first(actions.shape[-2]).normalise(self.relative(actions, state))

    def restore_actions(self, normalised: F32, state: F32) -> F32:
        """Inverse of :meth:`normalise_actions`: (…, H, n) robot units, absolute."""
        restored = self._action.first(normalised.shape[-2]).restore(normalised)
        return self._frame.to_robot(restored + self._origin(state))

    def _origin(self, state: F32) -> F32:
        """(…, 1, n) what actions count from, in checkpoint units."""
        if not self._moves_with_state.any():
            return np.zeros((1, self.tag.action.size), np.float32)
        here = self._frame.to_checkpoint(state)
        return np.where(self._moves_with_state, here, np.float32(0))[..., None, :]


def recast(tag: TagMetadata, frame: JointFrame) -> TagMetadata:
    """The same tag with its numbers in other units: the network sees what it saw before.

    A column that passed through unscaled becomes a scaled one whose −1…1 are the same numbers.

    Args:
        tag: in robot units (``tag.frame`` is None).
        frame: the units wanted; joints keep their directions.

    Raises:
        ConfigInvalid: a joint would turn the other way, which the network could not know.
    """
    if min(frame.scale) < 0:
        raise ConfigInvalid("joint frame scale", min(frame.scale), expected="more than 0")
    moves = [bool(m) for m in _relative_columns(tag)]

    def through(stats: NormStats, differences: list[bool]) -> NormStats:
        return frame.statistics_to_checkpoint(_unmasked(stats), differences=differences)

    return replace(
        tag,
        state=through(tag.state, [False] * tag.state.size),
        action=through(tag.action, moves),
        action_rows=tuple(through(row, moves) for row in tag.action_rows),
        frame=frame,
    )


def _unmasked(stats: NormStats) -> NormStats:
    """Pass-through columns as columns scaled by −1…1."""
    mask = stats.mask or (True,) * stats.size
    low = tuple(q if m else -1.0 for q, m in zip(stats.q01, mask, strict=True))
    high = tuple(q if m else 1.0 for q, m in zip(stats.q99, mask, strict=True))
    return replace(
        stats, q01=low, q99=high, mask=None if stats.mask is None else (True,) * len(low)
    )


def _relative_columns(tag: TagMetadata) -> npt.NDArray[np.bool_]:
    """(n,) True where an action counts from the state."""
    if not tag.is_relative:
        return np.zeros(tag.action.size, bool)
    if tag.robot is None:
        raise ConfigInvalid("norm_stats robot", None, expected="a robot, for relative actions")
    return np.array([not joint.is_gripper for joint in tag.robot.joints])


def _stack(rows: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return rows[0] if len(rows) == 1 else np.stack(rows)


def _constant(stats: NormStats) -> npt.NDArray[np.bool_]:
    """(n,) True where every value of the data set is the same."""
    if stats.minimum is None or stats.maximum is None:
        return np.zeros(stats.size, bool)
    return np.array(stats.minimum) == np.array(stats.maximum)


def _affine(stats: NormStats, mode: str) -> tuple[F32, F32]:
    """Offset and scale of every column: low end and range, or mean and deviation."""
    ends = {
        "q01_q99": (stats.q01, stats.q99),
        "q10_q90": (stats.q10, stats.q90),
        "min_max": (stats.minimum, stats.maximum),
        "none": (stats.q01, stats.q99),
    }
    if mode == "mean_std":
        if stats.mean is None or stats.std is None:
            raise ConfigInvalid("norm_stats mean, std", None, expected="given for mean_std")
        return np.array(stats.mean, np.float32), np.array(stats.std, np.float32)
    if mode not in ends:
        known = ", ".join([*ends, "mean_std"])
        raise ConfigInvalid("norm_stats norm_mode", mode, expected=known)
    low, high = ends[mode]
    if low is None or high is None:
        raise ConfigInvalid(f"norm_stats for {mode}", None, expected="both ends given")
    offset = np.array(low, np.float32)
    return offset, np.array(high, np.float32) - offset
