"""A grid of coloured points as triangles, torn where neighbours are no surface.

Pure numpy. Knows no camera; which neighbours belong together is decided by whoever has the depth.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from widgets.mesh import EMPTY, Mesh


def surface_mesh(points: npt.ArrayLike, colors: npt.ArrayLike, joined: npt.ArrayLike) -> Mesh:
    """Two triangles per joined cell.

    Args:
        points: (r, c, 3) m; NaN where there is none.
        colors: (r, c, 4) rgba 0…1.
        joined: (r - 1, c - 1) cells whose four corners are one surface.
    """
    grid = np.asarray(points, np.float32)
    rows, columns = grid.shape[:2]
    number = np.arange(rows * columns, dtype=np.uint32).reshape(rows, columns)
    whole = np.asarray(np.isfinite(grid).all(axis=-1))
    cells = np.asarray(joined, np.bool_) & whole[:-1, :-1] & whole[:-1, 1:]
    cells &= whole[1:, :-1] & whole[1:, 1:]
    if not cells.any():
        return EMPTY
    a, b = number[:-1, :-1][cells], number[:-1, 1:][cells]
    c, d = number[1:, :-1][cells], number[1:, 1:][cells]
    faces = np.concatenate([np.column_stack([a, c, b]), np.column_stack([b, c, d])])
    flat = np.nan_to_num(grid.reshape(-1, 3))
    up = np.tile(np.array([0, 0, 1], np.float32), (len(flat), 1))  # drawn unlit
    rgba = np.asarray(colors, np.float32).reshape(-1, 4)
    return Mesh(flat, up, np.ascontiguousarray(rgba), np.ascontiguousarray(faces))
