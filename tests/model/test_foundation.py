"""Pretraining: questions come with their true answers, and only numbers are to be predicted."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import simplejpeg
import torch

from model.errors import TrainingDataUnusable
from model.foundation import Lesson, Teacher
from model.foundation_data import FoundationData
from model.pointing_head import PointingHead

TASK = "put the red cube in the tray"
QUESTIONS = [
    {"text": "red cube in front", "numbers": 2, "picture": 0, "unit": "% of the picture"},
    {"text": "red cube in wrist", "numbers": 2, "picture": 1, "unit": "% of the picture"},
    {"text": "from tool to goal", "numbers": 3, "task": TASK},
    {"text": "turn to red cube", "numbers": 1, "turns": True, "unit": "°"},
]
SIZE = 96


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six moments: a red square whose place is known, unseen by the wrist in the first three."""
    path = tmp_path_factory.mktemp("foundation") / "data.h5"
    rng = np.random.default_rng(0)
    answers = np.full((6, len(QUESTIONS), 3), -1, np.int16)
    answers[:, 0, :2] = rng.integers(10, 90, (6, 2))
    answers[3:, 1, :2] = rng.integers(10, 90, (3, 2))
    answers[:, 2] = rng.integers(0, 100, (6, 3))
    answers[:, 3, 0] = rng.integers(0, 90, 6)
    with h5py.File(path, "w") as stored:
        stored.attrs["schema"] = "foresight-foundation/1"
        stored.attrs["seed"] = 1
        stored.attrs["cameras"] = json.dumps(["front", "wrist"])
        stored.attrs["tasks"] = json.dumps([TASK, "put the blue cube in the tray"])
        stored.attrs["questions"] = json.dumps(QUESTIONS)
        stored["states"] = rng.normal(size=(6, 6)).astype(np.float32)
        stored["answers"] = answers
        for camera in ("front", "wrist"):
            images = [np.full((240, 320, 3), 40 * i, np.uint8) for i in range(6)]
            jpegs = [simplejpeg.encode_jpeg(image, quality=90) for image in images]
            stored[f"{camera}/bytes"] = np.frombuffer(b"".join(jpegs), np.uint8)
            stored[f"{camera}/end"] = np.cumsum([len(jpeg) for jpeg in jpegs])
    return path


@pytest.fixture(scope="module")
def data(file: Path) -> FoundationData:
    return FoundationData.load(file, image_size=SIZE)


def test_pictures_keep_their_order(data: FoundationData) -> None:
    assert data.images.shape == (6, 2, SIZE, SIZE, 3)
    assert data.images[:, 1].mean(axis=(1, 2, 3)) == pytest.approx(40 * np.arange(6), abs=2)


def test_only_questions_with_an_answer_under_this_task_are_asked(data: FoundationData) -> None:
    rng = np.random.default_rng(0)
    unseen = {
        q.text for q in data.choose(0, task="put the blue cube in the tray", count=9, rng=rng)
    }
    seen = {q.text for q in data.choose(4, task=TASK, count=9, rng=rng)}
    assert unseen == {"red cube in front", "turn to red cube"}
    assert seen == {str(q["text"]) for q in QUESTIONS}


def test_a_reply_says_the_true_numbers(data: FoundationData) -> None:
    chosen = [data.questions[0], data.questions[3]]
    x, y, turn = data.answers[5, 0, 0], data.answers[5, 0, 1], data.answers[5, 3, 0]
    assert data.reply(5, chosen) == f" red cube in front {x} {y} turn to red cube {turn}"


def test_things_out_of_sight_point_nowhere(data: FoundationData) -> None:
    points = data.points(np.array([0, 5]))
    assert np.isnan(points[0, 1]).all()
    assert points[1, 1, 0] == pytest.approx((data.answers[5, 1, :2] + 0.5) / 100)


def test_the_labels_are_the_numbers_and_nothing_else(data: FoundationData) -> None:
    teacher = Teacher(data, lesson=Lesson(looking_steps=1, talking_steps=1), seed=0)
    rows = np.array([4, 5])
    _, labels, asked = teacher.encode(rows, np.random.default_rng(0), questions=4)
    wanted = [
        int(number)
        for row, questions in zip(rows, asked, strict=True)
        for q in questions
        for number in data.answers[row, q.index, : q.numbers]
    ]
    said = [teacher.numbers.tolist().index(token) for token in labels[labels >= 0].tolist()]
    assert said == wanted


def test_the_pointing_head_learns_where_a_token_lights_up() -> None:
    torch.manual_seed(0)
    head = PointingHead(8, things=1, grid=(4, 4))
    cells = torch.arange(16)
    features = torch.randn(16, 1, 16, 8) * 0.1
    features[cells, 0, cells, 0] = 3.0
    features[..., 1:3] = (torch.stack([cells % 4, cells // 4], 1) + 0.5)[None, None] / 4
    points = ((torch.stack([cells % 4, cells // 4], 1) + 0.5) / 4)[:, None].float()
    optimizer = torch.optim.Adam(head.parameters(), 0.03)
    for _ in range(300):
        optimizer.zero_grad()
        head.loss(features[:, 0], points).backward()
        optimizer.step()
    assert (head.point(features[:, 0]) - points).abs().max() < 0.1


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.h5"
    with h5py.File(other, "w"):
        pass
    with pytest.raises(TrainingDataUnusable, match=r"other\.h5"):
        FoundationData.load(other, image_size=SIZE)
