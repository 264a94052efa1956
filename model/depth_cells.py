"""Which cells of the main picture changed since the last plan: only those are thought about again.

Two pictures are compared cell by cell by the angle between their raw pixel vectors, as the
released depth checkpoints do it. The measure ignores plain changes of brightness, and a cell that
was black counts as unchanged whatever comes next. Knows no network and no depth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PIL import Image

from model.errors import ConfigInvalid
from recordings.types import F32, U8

CELL_PX = 32  # both pictures are squashed to a square of such cells first
SAME = 0.996  # cosine at and above which a cell counts as unchanged
DARK = 1e-8  # product of lengths below which there is nothing to compare
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Span:
    """Neighbouring cells (in reading order) that are treated alike."""

    start: int
    end: int  # one past the last
    predict: bool  # False: the old codes are kept


def grid_side(cells: int) -> int:
    """Cells per row of a square grid.

    Raises:
        ConfigInvalid: no square grid has so many cells.
    """
    side = math.isqrt(cells)
    if side * side != cells or side == 0:
        raise ConfigInvalid("num_depth_codes", cells, expected="a square number")
    return side


def similarity(now: U8, before: U8, *, cells: int) -> F32:
    """(cells,) cosine between the same cell of two pictures (h, w, 3) uint8, in reading order."""
    side = grid_side(cells)
    one, other = (_cells(image, side).astype(np.float32) for image in (now, before))
    dots = (one * other).sum(axis=1, dtype=np.float32)
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    found = dots / (lengths + np.float32(1e-12))
    return np.where(lengths < DARK, np.float32(1.0), found).astype(np.float32)


def changed(now: U8, before: U8, *, cells: int) -> Bools:
    """(cells,) True where a cell must be predicted again."""
    return similarity(now, before, cells=cells) < SAME


def spans(mask: Bools) -> list[Span]:
    """Runs of equal values of ``mask`` (cells,), left to right."""
    edges = [0, *(np.flatnonzero(np.diff(mask.astype(np.int8))) + 1).tolist(), len(mask)]
    return [Span(start, end, bool(mask[start])) for start, end in pairwise(edges) if end > start]


def _cells(image: U8, side: int) -> U8:
    """(side², pixels · 3) of a picture squashed to a square of ``side`` × ``side`` cells."""
    size = (side * CELL_PX, side * CELL_PX)
    square = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR))
    cells = square.reshape(side, CELL_PX, side, CELL_PX, 3).transpose(0, 2, 1, 3, 4)
    return cells.reshape(side * side, -1)
