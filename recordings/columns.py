"""Exact statistics of joint columns over all rows at once. Knows no episode and no file.

Quantiles are never averaged or enveloped from per-episode numbers: averaging shrinks the range to a
third and clamps two fifths of the data.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

LEVELS: Final = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}
Stats = dict[str, list[Any]]


def column_stats(rows: npt.NDArray[np.float64]) -> Stats:
    """(m, d) → d numbers each under mean, std, min, max, q01 … q99, linear between ranks."""
    found: Stats = {
        "mean": rows.mean(axis=0).tolist(),
        "std": rows.std(axis=0).tolist(),
        "min": rows.min(axis=0).tolist(),
        "max": rows.max(axis=0).tolist(),
    }
    quantiles = np.quantile(rows, list(LEVELS.values()), axis=0)
    return found | dict(zip(LEVELS, quantiles.tolist(), strict=True))
