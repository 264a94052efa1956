"""Exact quantiles of more rows than fit into memory, in two passes, and remembered by content.

First pass: count the upper 16 bits of every value (float32 mapped so that its bits sort as it
does). Second pass: sort only the values in the bins that hold the wanted ranks. The result equals
``numpy.quantile`` with linear interpolation bit by bit. Knows no episode.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

_SIGN: Final = np.uint32(0x8000_0000)
_BINS: Final = 1 << 16

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Chunks = Callable[[], Iterator[F32]]  # every call gives the same (m, n) chunks again


def exact_quantiles(chunks: Chunks, levels: Sequence[float]) -> F64:
    """(levels, n) quantiles over all rows of all chunks.

    Raises:
        ValueError: there is no row, or a value that is not a number.
    """
    counts = _count(chunks)
    total = int(counts[0].sum())
    ranks = [level * (total - 1) for level in levels]
    wanted = sorted({int(f(rank)) for rank in ranks for f in (np.floor, np.ceil)})
    ends = counts.cumsum(axis=1)
    bins = np.stack([np.searchsorted(row, wanted, side="right") for row in ends])  # (n, wanted)
    values = _collect(chunks, bins)
    found = np.empty((len(levels), len(counts)))
    for joint in range(len(counts)):
        at = {rank: _pick(values[joint], ends[joint], rank) for rank in wanted}
        for i, rank in enumerate(ranks):
            low, high = at[int(np.floor(rank))], at[int(np.ceil(rank))]
            found[i, joint] = _between(low, high, rank - np.floor(rank))
    return found


def remembered(folder: Path, contents: Iterable[str], compute: Callable[[], F64]) -> F64:
    """What ``compute`` gives, from a file in ``folder`` when it was computed for these contents.

    Args:
        folder: of the cache; a folder that cannot be written costs only time.
        contents: hashes of everything the numbers depend on, in order.
        compute: called when nothing is remembered.
    """
    name = hashlib.sha256("\n".join(contents).encode()).hexdigest()[:32]
    path = folder / f"quantiles-{name}.json"
    try:
        return np.array(json.loads(path.read_text(encoding="utf-8")), np.float64)
    except (OSError, ValueError):
        found = compute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(found.tolist()), encoding="utf-8")
        part.replace(path)
    except OSError:
        return found
    return found


def _sortable(values: F32) -> npt.NDArray[np.uint32]:
    """Bits in the order of the values; −0 and 0 are one."""
    bits = (np.ascontiguousarray(values, np.float32) + np.float32(0)).view(np.uint32)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def _count(chunks: Chunks) -> npt.NDArray[np.int64]:
    """(n, bins) how many values of each column fall into each bin."""
    counts: npt.NDArray[np.int64] | None = None
    for chunk in chunks():
        if not np.isfinite(chunk).all():
            raise ValueError("quantiles of values that are not numbers do not exist")
        if counts is None:
            counts = np.zeros((chunk.shape[1], _BINS), np.int64)
        bins = _sortable(chunk) >> np.uint32(16)
        for joint in range(chunk.shape[1]):
            counts[joint] += np.bincount(bins[:, joint], minlength=_BINS)
    if counts is None or not counts.sum():
        raise ValueError("quantiles of no rows do not exist")
    return counts


def _collect(chunks: Chunks, bins: npt.NDArray[np.integer]) -> list[dict[int, F32]]:
    """Per column, the sorted values of each wanted bin."""
    parts: list[dict[int, list[F32]]] = [{int(b): [] for b in row} for row in bins]
    for chunk in chunks():
        upper = _sortable(chunk) >> np.uint32(16)
        for joint, wanted in enumerate(parts):
            for number, found in wanted.items():
                found.append(chunk[upper[:, joint] == number, joint])
    return [{b: np.sort(np.concatenate(f)) for b, f in wanted.items()} for wanted in parts]


def _pick(values: dict[int, F32], ends: npt.NDArray[np.int64], rank: int) -> float:
    number = int(np.searchsorted(ends, rank, side="right"))
    before = int(ends[number - 1]) if number else 0
    return float(values[number][rank - before])


def _between(low: float, high: float, share: float) -> float:
    """As numpy interpolates: from the nearer end, so that rounding is the same."""
    difference = high - low
    return high - difference * (1 - share) if share >= 0.5 else low + difference * share
