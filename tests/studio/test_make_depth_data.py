"""The depth file holds what the simulator sees, the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from studio.make_depth_data import DEPTH_PX, FAR_M, NEAR_M, make, relative_depth


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("depth") / "a.h5"
    make(path, count=4, seed=3)
    return path


def test_depth_fills_its_range_and_the_table_comes_nearer(made: Path) -> None:
    with h5py.File(made) as file:
        depth = file["depth"][:]
    assert depth.shape == (4, DEPTH_PX, DEPTH_PX)
    assert (depth.max(axis=(1, 2)) > 120).all()  # table and arm are near
    assert (depth.min(axis=(1, 2)) < 20).all()  # the wall is far
    halves = depth.reshape(4, 2, DEPTH_PX // 2, DEPTH_PX).mean(axis=(2, 3))
    assert (halves[:, 1] > halves[:, 0]).all()  # the lower half of the picture is nearer
    still = depth[:, DEPTH_PX // 2, :2]
    assert (still == still[0]).all()  # a corner of the table that nothing covers


def test_the_same_seed_makes_the_same_file(made: Path, tmp_path: Path) -> None:
    make(tmp_path / "b.h5", count=4, seed=3)
    with h5py.File(made) as one, h5py.File(tmp_path / "b.h5") as two:
        for name in ("depth", "states", "front/bytes"):
            assert np.array_equal(one[name][:], two[name][:])


def test_relative_depth_is_inverse_and_larger_when_nearer() -> None:
    metres = np.array([[1.0, 2.0], [9.0, 0.1]], np.float32)
    small = relative_depth(metres)
    corners = small[0, 0], small[0, -1], small[-1, 0], small[-1, -1]
    span = 1 / NEAR_M - 1 / FAR_M
    wanted = [round((1 / z - 1 / FAR_M) / span * 255) for z in (1.0, 2.0)]
    assert corners == (*wanted, 0, 255)
