"""Held-out chunks: which few are shown."""

from __future__ import annotations

import numpy as np

from model.chunk_error import ComparedChunks
from recordings.types import RobotSpec


def chunks(robot: RobotSpec, valid: np.ndarray) -> ComparedChunks:
    numbered = np.tile(np.arange(len(valid), dtype=np.float32)[:, None, None], (1, 4, 6))
    return ComparedChunks(numbered, numbered, valid, robot)


def test_whole_chunks_are_shown_first_and_evenly_spread(robot: RobotSpec) -> None:
    valid = np.ones((10, 4), np.bool_)
    valid[[0, 5, 9], -1] = False
    assert chunks(robot, valid).few(3).planned[:, 0, 0].tolist() == [1.0, 4.0, 8.0]


def test_short_ones_are_shown_where_there_are_no_others(robot: RobotSpec) -> None:
    valid = np.zeros((5, 4), np.bool_)
    valid[:, 0] = True
    assert chunks(robot, valid).few(3).planned[:, 0, 0].tolist() == [0.0, 2.0, 4.0]


def test_fewer_than_wanted_are_shown_once_each(robot: RobotSpec) -> None:
    assert len(chunks(robot, np.ones((2, 4), np.bool_)).few(3).planned) == 2
