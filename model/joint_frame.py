"""Robot units ↔ the units and joint directions a checkpoint was trained in. The only such place.

A frame is one scale and one offset per joint, so that states, actions, differences of actions and
the statistics of all of them go through the same numbers: checkpoint = scale · robot + offset.
Knows no torch, no files and no normalisation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from model.errors import ConfigInvalid
from model.norm_stats import NormStats
from recordings.types import F32

DEGREES = 180.0 / math.pi  # per rad
PERCENT = 100.0  # per opening fraction
TICKS_PER_TURN = 4095  # as LeRobot counts them when it turns body units into degrees
OLD_SIGNS = (1.0, -1.0, 1.0, 1.0, 1.0, 1.0)  # SO-100/101: today's calibration → that of training
OLD_OFFSETS = (0.0, 90.0, 90.0, 0.0, 0.0, 0.0)  # degrees; gripper 0…100 in both
_PAIRS = (("q01", "q99"), ("minimum", "maximum"), ("q10", "q90"))


@dataclass(frozen=True, slots=True)
class JointFrame:
    """checkpoint = scale · robot + offset, joint by joint."""

    scale: tuple[float, ...]  # checkpoint units per rad (gripper: per opening fraction), signed
    offset: tuple[float, ...]  # checkpoint units

    def __post_init__(self) -> None:
        """Refuse what has no inverse."""
        if len(self.scale) != len(self.offset):
            sizes = f"{len(self.scale)} scales, {len(self.offset)} offsets"
            raise ConfigInvalid("joint frame", sizes, expected="one of each per joint")
        numbers = [*self.scale, *self.offset]
        if not all(math.isfinite(n) for n in numbers) or 0.0 in self.scale:
            raise ConfigInvalid("joint frame", numbers, expected="finite numbers, no scale of 0")

    @classmethod
    def identity(cls, joints: int) -> JointFrame:
        """Checkpoint and robot use the same units."""
        return cls((1.0,) * joints, (0.0,) * joints)

    @classmethod
    def degrees(cls, grippers: Sequence[bool]) -> JointFrame:
        """Arm joints in degrees, grippers 0…100 (100 = open)."""
        return cls(tuple(PERCENT if g else DEGREES for g in grippers), (0.0,) * len(grippers))

    def then(self, *, signs: Sequence[float], offsets: Sequence[float]) -> JointFrame:
        """This frame followed by ``sign · value + offset``, in checkpoint units."""
        if not len(signs) == len(offsets) == len(self.scale):
            sizes = f"{len(signs)} signs, {len(offsets)} offsets"
            raise ConfigInvalid("joint_signs, joint_offsets", sizes, expected=str(len(self.scale)))
        return JointFrame(
            tuple(sign * s for sign, s in zip(signs, self.scale, strict=True)),
            tuple(sign * o + a for sign, o, a in zip(signs, self.offset, offsets, strict=True)),
        )

    def to_checkpoint(self, values: npt.NDArray[np.floating]) -> F32:
        """(…, n) robot units → (…, n) checkpoint units."""
        return (np.asarray(values) * np.array(self.scale) + np.array(self.offset)).astype("f4")

    def to_robot(self, values: npt.NDArray[np.floating]) -> F32:
        """(…, n) checkpoint units → (…, n) robot units."""
        return ((np.asarray(values) - np.array(self.offset)) / np.array(self.scale)).astype("f4")

    def statistics_to_checkpoint(
        self, stats: NormStats, *, differences: Sequence[bool] = ()
    ) -> NormStats:
        """Statistics of the same data, taken in checkpoint units.

        A joint that changes direction swaps its low and high ends. ``differences`` says which
        columns hold differences of positions: they have no offset.
        """
        return _through(stats, self.scale, self._offsets(differences))

    def statistics_to_robot(
        self, stats: NormStats, *, differences: Sequence[bool] = ()
    ) -> NormStats:
        """Inverse of :meth:`statistics_to_checkpoint`."""
        pairs = list(zip(self.scale, self._offsets(differences), strict=True))
        return _through(stats, [1 / s for s, _ in pairs], [-o / s for s, o in pairs])

    def _offsets(self, differences: Sequence[bool]) -> list[float]:
        flags = differences or (False,) * len(self.offset)
        return [0.0 if d else o for d, o in zip(flags, self.offset, strict=True)]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> JointFrame:
        """Inverse of :meth:`to_dict`.

        Raises:
            ConfigInvalid: not one finite scale and offset per joint.
        """
        try:
            scale, offset = ([float(v) for v in data[name]] for name in ("scale", "offset"))
        except (KeyError, TypeError, ValueError) as error:
            expected = "lists of numbers: scale, offset"
            raise ConfigInvalid("joint_frame", dict(data), expected=expected) from error
        return cls(tuple(scale), tuple(offset))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {"scale": list(self.scale), "offset": list(self.offset)}


def old_so_frame() -> JointFrame:
    """SO-100/101 as in the released checkpoint: degrees, in the calibration LeRobot used then."""
    today = JointFrame.degrees((False,) * 5 + (True,))
    return today.then(signs=OLD_SIGNS, offsets=OLD_OFFSETS)


def degrees_of_body_units(
    units: npt.NDArray[np.floating], *, range_min: Sequence[int], range_max: Sequence[int]
) -> F32:
    """Body units −100…100 of a Feetech arm → degrees, by the arm's own calibration.

    Args:
        units: (…, n) body units.
        range_min: lowest tick of each joint in its calibration.
        range_max: highest tick.
    """
    span = np.array(range_max, np.float64) - np.array(range_min, np.float64)
    return (np.asarray(units) * span / 200.0 * 360.0 / TICKS_PER_TURN).astype("f4")


def _through(stats: NormStats, scale: Sequence[float], offset: Sequence[float]) -> NormStats:
    """Statistics of ``scale · x + offset``."""
    if stats.size != len(scale):
        raise ConfigInvalid("norm_stats columns", stats.size, expected=f"{len(scale)} joints")
    changed: dict[str, tuple[float, ...] | None] = {}
    for low, high in _PAIRS:
        ends = (getattr(stats, low), getattr(stats, high))
        changed |= dict(zip((low, high), _ends(*ends, scale, offset), strict=True))
    if stats.mean is not None:
        changed["mean"] = _affine(stats.mean, scale, offset)
    if stats.std is not None:
        changed["std"] = tuple(abs(s) * v for s, v in zip(scale, stats.std, strict=True))
    return replace(stats, **changed)  # pyright: ignore[reportArgumentType]


def _ends(
    low: tuple[float, ...] | None,
    high: tuple[float, ...] | None,
    scale: Sequence[float],
    offset: Sequence[float],
) -> tuple[tuple[float, ...] | None, tuple[float, ...] | None]:
    if low is None or high is None:
        return low, high
    pairs = list(zip(_affine(low, scale, offset), _affine(high, scale, offset), strict=True))
    flipped = [s < 0 for s in scale]
    return (
        tuple(b if f else a for (a, b), f in zip(pairs, flipped, strict=True)),
        tuple(a if f else b for (a, b), f in zip(pairs, flipped, strict=True)),
    )


def _affine(
    values: tuple[float, ...], scale: Sequence[float], offset: Sequence[float]
) -> tuple[float, ...]:
    return tuple(s * v + o for s, v, o in zip(scale, values, offset, strict=True))
