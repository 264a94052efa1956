"""From a model's relative depth to a surface in the scene: its scale, found where depth is known.

A model says nearer or farther, not metres. Where the description of the bench knows the distance
(table, tray, arm), 1/z = a·D + b is fitted; without a good fit there is no surface. Pure numbers.
What comes out is the model's belief, not a measurement. Knows no camera and no widget.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recordings.types import F32, U8

F64 = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LEAST_INLIERS = 30  # known points that must agree
LEAST_SPAN_M = 0.20  # over which they must reach: a short range fixes no slope
NEAR_M = 0.03  # a known point agrees when its depth comes out this exactly
FARTHEST_M = 3.0  # beyond it a small error in 1/z is metres
EDGE_M = 0.05  # neighbours farther apart along the view are not one surface
_TRIES = 300
_SEED = 7  # the same picture, the same surface


@dataclass(frozen=True, slots=True)
class InverseDepthFit:
    """1/z = slope · D + offset, z in m along the view axis."""

    slope: float  # 1/m per unit of D, positive: larger D is nearer
    offset: float  # 1/m
    inliers: int  # known points that agree
    error_m: float  # median of theirs

    def metres(self, relative: npt.ArrayLike) -> F64:
        """Z of relative depths; NaN where the fit says behind the camera or too far to tell."""
        inverse = self.slope * np.asarray(relative, np.float64) + self.offset
        return np.where(inverse > 1.0 / FARTHEST_M, 1.0 / np.maximum(inverse, 1e-9), np.nan)


@dataclass(frozen=True, slots=True)
class DepthSurface:
    """A grid of points that the model believes in."""

    points: F32  # (r, c, 3) m, base frame, NaN where there is none
    colors: F32  # (r, c, 4) 0…1, cells predicted anew are less transparent
    joined: Bools  # (r - 1, c - 1) four neighbours that are one surface
    fit: InverseDepthFit


def fit_inverse_depth(relative: npt.ArrayLike, known_m: npt.ArrayLike) -> InverseDepthFit | None:
    """Scale of a relative inverse depth; None where too few known points agree (RANSAC).

    Args:
        relative: (…) D, larger is nearer.
        known_m: (…) m along the view axis, NaN where nothing is known.
    """
    values, metres = np.ravel(relative).astype(np.float64), np.ravel(known_m).astype(np.float64)
    known = np.isfinite(metres) & np.isfinite(values) & (metres < FARTHEST_M)
    values, metres = values[known], metres[known]
    if len(values) < LEAST_INLIERS:
        return None
    agreeing = _largest_agreement(values, metres)
    if agreeing.sum() < LEAST_INLIERS or np.ptp(metres[agreeing]) < LEAST_SPAN_M:
        return None
    slope, offset = np.polyfit(values[agreeing], 1.0 / metres[agreeing], 1)
    fit = InverseDepthFit(float(slope), float(offset), int(agreeing.sum()), 0.0)
    apart = np.abs(fit.metres(values[agreeing]) - metres[agreeing])
    if slope <= 0.0 or not np.isfinite(apart).all():
        return None
    return InverseDepthFit(fit.slope, fit.offset, fit.inliers, float(np.median(apart)))


def surface(
    points: F32, depth_m: F64, image: U8, *, updated: Bools, fit: InverseDepthFit
) -> DepthSurface:
    """The surface with the colours of the picture.

    Args:
        points: (r, c, 3) m, base frame, NaN where ``depth_m`` is.
        depth_m: (r, c) m along the view axis.
        image: (h, w, 3) the picture the depth belongs to.
        updated: (rows, columns) cells of the picture that were predicted in this plan.
        fit: where the metres come from.
    """
    rows, columns = depth_m.shape
    colors = np.empty((rows, columns, 4), np.float32)
    colors[..., :3] = _sampled(image, rows, columns) / 255.0
    colors[..., 3] = np.where(_sampled(updated, rows, columns), 0.9, 0.6)
    corners = np.stack([depth_m[:-1, :-1], depth_m[:-1, 1:], depth_m[1:, :-1], depth_m[1:, 1:]])
    joined = np.ptp(corners, axis=0) < EDGE_M  # False beside NaN
    return DepthSurface(points, colors, joined, fit)


def _largest_agreement(values: F64, metres: F64) -> Bools:
    """Which points agree with the best line through two of them."""
    rng = np.random.default_rng(_SEED)
    pairs = rng.integers(0, len(values), (_TRIES, 2))
    run = values[pairs[:, 1]] - values[pairs[:, 0]]
    pairs, run = pairs[np.abs(run) > 1e-6], run[np.abs(run) > 1e-6]
    best = np.zeros(len(values), np.bool_)
    inverse = 1.0 / metres
    for (first, second), width in zip(pairs, run, strict=True):
        slope = (inverse[second] - inverse[first]) / width
        found = slope * (values - values[first]) + inverse[first]
        agrees = (found > 0.0) & (np.abs(1.0 / np.maximum(found, 1e-9) - metres) < NEAR_M)
        if agrees.sum() > best.sum():
            best = agrees
    return best


def _sampled(grid: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """``grid`` at the middles of ``rows`` × ``columns`` equal parts."""
    y = ((np.arange(rows) + 0.5) * grid.shape[0] / rows).astype(int)
    x = ((np.arange(columns) + 0.5) * grid.shape[1] / columns).astype(int)
    return grid[y][:, x]
