"""A believed surface as triangles: joined cells only, nothing where there is no point."""

from __future__ import annotations

import numpy as np

from widgets.depth_mesh import surface_mesh


def grid() -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[0:3, 0:4].astype(np.float32)
    return np.stack([x, y, 0 * x], axis=-1), np.full((3, 4, 4), 0.5, np.float32)


def test_every_joined_cell_is_two_triangles():
    points, colors = grid()
    joined = np.ones((2, 3), np.bool_)
    joined[0, 1] = False
    mesh = surface_mesh(points, colors, joined)
    assert mesh.triangles == 10
    corners = mesh.points[mesh.faces]
    area = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    assert np.allclose(area / 2, 0.5)


def test_a_missing_point_tears_its_cells_away():
    points, colors = grid()
    points[0, 0] = np.nan
    mesh = surface_mesh(points, colors, np.ones((2, 3), np.bool_))
    assert mesh.triangles == 10
    assert np.isfinite(mesh.points).all()


def test_nothing_joined_is_nothing():
    points, colors = grid()
    assert surface_mesh(points, colors, np.zeros((2, 3), np.bool_)).triangles == 0
