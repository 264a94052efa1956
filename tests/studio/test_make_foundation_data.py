"""What the foundation is taught is true: answers agree with the pictures they are about."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import simplejpeg

from devices.sim.world import load_bench_model
from studio.foundation_scenes import HEIGHT, WIDTH, SceneDrawer
from studio.make_foundation_data import CAMERAS, NO_ANSWER, TOP, answers, make, questions

COUNT = 12


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("foundation") / "data.h5"
    make(path, count=COUNT, seed=5)
    return path


def test_a_pointed_at_cube_has_its_colour_there(file: Path) -> None:
    hits = []
    with h5py.File(file) as stored:
        asked, found = json.loads(stored.attrs["questions"]), stored["answers"][:]
        column = next(i for i, q in enumerate(asked) if q["text"] == "red cube in front")
        ends = [0, *stored["front/end"][:].tolist()]
        for row in np.flatnonzero(found[:, column, 0] != NO_ANSWER):
            jpeg = stored["front/bytes"][ends[row] : ends[row + 1]].tobytes()
            x, y = (found[row, column, :2] + 0.5) / (TOP + 1) * (WIDTH, HEIGHT)
            red, green, blue = simplejpeg.decode_jpeg(jpeg)[int(y), int(x)].astype(int)
            hits.append(red > 1.5 * max(green, blue))
    assert len(hits) >= COUNT // 2
    assert np.mean(hits) >= 0.8  # a finger may be in front of the cube's middle


def test_every_question_has_a_column_of_answers() -> None:
    drawer = SceneDrawer(load_bench_model(), cameras=CAMERAS, seed=0)
    depths = {camera: np.full((HEIGHT, WIDTH), 9.0, np.float32) for camera in CAMERAS}
    found = answers(drawer.draw(), depths)
    assert len(found) == len(questions())
    for question, numbers in zip(questions(), found, strict=True):
        assert len(numbers) in (0, question.numbers)
        assert all(0 <= number <= TOP for number in numbers)


def test_the_same_seed_draws_the_same_moments() -> None:
    model = load_bench_model()
    once, again = (SceneDrawer(model, cameras=CAMERAS, seed=3) for _ in range(2))
    assert all(np.array_equal(once.draw().qpos, again.draw().qpos) for _ in range(5))


def test_a_hidden_thing_is_not_asked_about() -> None:
    drawer = SceneDrawer(load_bench_model(), cameras=CAMERAS, seed=0)
    walls = {camera: np.full((HEIGHT, WIDTH), 0.01, np.float32) for camera in CAMERAS}
    found = answers(drawer.draw(), walls)
    pointing = [a for q, a in zip(questions(), found, strict=True) if q.picture >= 0]
    assert all(numbers == [] for numbers in pointing)
