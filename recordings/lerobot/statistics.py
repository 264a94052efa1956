"""Statistics as LeRobot stores them; quantiles of a whole set exact, never merged from episodes.

Averaging quantiles of episodes shrinks the range a policy can command to a third of the true one.
Pictures are counted in histograms, which add exactly. Knows no file.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import simplejpeg

from recordings.columns import LEVELS, Stats, column_stats

Histogram = npt.NDArray[np.int64]  # (3, 256) pixels per value of each colour


def counted_stats(values: npt.ArrayLike) -> Stats:
    """Of (m, d) or (m,) numbers, exact, in float64, and how many there are."""
    rows = np.asarray(values, np.float64)
    return {**column_stats(rows.reshape(len(rows), -1)), "count": [len(rows)]}


def clamped_share(values: npt.ArrayLike, stats: Stats) -> list[float]:
    """Per column, the share of (m, d) rows outside q01 … q99: what a policy cannot command."""
    rows = np.asarray(values, np.float64)
    outside = (rows < np.array(stats["q01"])) | (rows > np.array(stats["q99"]))
    return outside.mean(axis=0).tolist()


def sampled(count: int) -> list[int]:
    """Which of ``count`` pictures LeRobot looks at: up to 100, or count^0.75 of long episodes."""
    wanted = max(min(100, count), min(int(count**0.75), 10_000))
    return np.unique(np.linspace(0, count - 1, wanted).round().astype(int)).tolist()


def histogram(jpeg: bytes) -> Histogram:
    """Of one picture, every so many pixels as LeRobot does (longer side about 150).

    Raises:
        ValueError: no JPEG.
    """
    image = simplejpeg.decode_jpeg(jpeg, colorspace="RGB", fastdct=True, fastupsample=True)
    longer = max(image.shape[:2])
    step = max(1, longer // 150) if longer >= 300 else 1
    small = image[::step, ::step].reshape(-1, 3)
    return np.stack([np.bincount(small[:, c], minlength=256) for c in range(3)]).astype(np.int64)


def picture_stats(pixels: Histogram, *, frames: int) -> Stats:
    """Of all counted pixels, scaled to 0…1, in the shape (3, 1, 1) LeRobot wants."""
    values = np.arange(256) / 255.0
    total = pixels.sum(axis=1)
    mean = (pixels * values).sum(axis=1) / total
    spread = np.sqrt((pixels * (values - mean[:, None]) ** 2).sum(axis=1) / total)
    seen = [np.flatnonzero(row) for row in pixels]
    found = {
        "min": _deep([float(values[row[0]]) for row in seen]),
        "max": _deep([float(values[row[-1]]) for row in seen]),
        "mean": _deep(mean.tolist()),
        "std": _deep(spread.tolist()),
        "count": [frames],
    }
    for name, level in LEVELS.items():
        found[name] = _deep([_quantile(row, level) / 255.0 for row in pixels])
    return found


def _quantile(counts: npt.NDArray[np.int64], level: float) -> float:
    """Of values 0…255 that occur ``counts`` times, linear between ranks as numpy does."""
    ends = np.cumsum(counts)
    rank = level * (int(ends[-1]) - 1)
    low, high = int(np.floor(rank)), int(np.ceil(rank))
    below = int(np.searchsorted(ends, low, side="right"))
    above = int(np.searchsorted(ends, high, side="right"))
    return below + (above - below) * (rank - low)


def _deep(values: list[float]) -> list[Any]:
    return [[[float(value)]] for value in values]
