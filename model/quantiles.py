"""Exact statistics of joint columns over a whole dataset, the form ``norm_stats.json`` stores.

Quantiles are taken over all rows at once, never averaged or enveloped from per-episode numbers:
averaging shrinks the range to a third and clamps two fifths of the data. Knows no episode and no
file.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from recordings.columns import column_stats


def column_statistics(
    values: npt.ArrayLike, *, names: tuple[str, ...], mask: tuple[bool, ...]
) -> dict[str, Any]:
    """Mean, spread and exact quantiles per column.

    Args:
        values: (rows, n), one row per training sample, in the unit the model will see.
        names: n column names.
        mask: per column, True where it is normalised, False where it passes through.

    Returns:
        JSON-ready lists of length n under mean, std, min, max, q01 … q99, mask, names, and count.

    Raises:
        ValueError: when there is no row, or the number of columns is not ``len(names)``.
    """
    rows = np.asarray(values, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[0] == 0 or rows.shape[1] != len(names):
        raise ValueError(f"expected (rows ≥ 1, {len(names)}) values, got shape {rows.shape}")
    facts = {"mask": list(mask), "names": list(names), "count": int(rows.shape[0])}
    return {**column_stats(rows), **facts}
