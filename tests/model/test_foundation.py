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
from model.foundation import LOUDNESS, Lesson, Teacher
from model.foundation_data import FoundationData
from model.grounding_head import GroundingHead
from model.groups import group_of
from model.pointing_head import PointingHead
from model.presets import preset

TASK = "put the red cube in the tray"
QUESTIONS = [
    {"text": "red cube in front", "numbers": 2, "picture": 0, "unit": "% of the picture"},
    {"text": "red cube in wrist", "numbers": 2, "picture": 1, "unit": "% of the picture"},
    {"text": "from tool to goal", "numbers": 3, "task": TASK},
    {"text": "turn to red cube", "numbers": 1, "turns": True, "unit": "°"},
]
SIZE = preset("tiny").image_size


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


def test_answers_about_the_goal_belong_to_the_task(data: FoundationData) -> None:
    names = [(c.text, c.number) for c in data.columns]
    blue = "put the blue cube in the tray"
    found = data.targets(np.array([5, 5]), [TASK, blue])
    goal = [i for i, (text, _) in enumerate(names) if text == "from tool to goal"]
    assert found[0, goal] == pytest.approx((data.answers[5, 2] + 0.5) / 100)
    assert np.isnan(found[1, goal]).all()


def test_answers_that_turn_are_points_on_a_circle(data: FoundationData) -> None:
    turns = [i for i, c in enumerate(data.columns) if c.turns]
    around = data.targets(np.arange(6), [TASK] * 6)[:, turns] - 0.5
    assert np.hypot(*around.T) == pytest.approx(0.3)


def test_things_out_of_sight_point_nowhere(data: FoundationData) -> None:
    points = data.points(np.array([0, 5]))
    assert np.isnan(points[0, 1]).all()
    assert points[1, 1, 0] == pytest.approx((data.answers[5, 1, :2] + 0.5) / 100)


def test_looking_changes_the_eyes_and_grounding_the_language_model(data: FoundationData) -> None:
    teacher = Teacher(data, lesson=Lesson(looking_steps=1, grounding_steps=1), seed=0)
    backbone = teacher.model.backbone
    loudness = "model.multi_modal_projector.image_projector.down_proj.weight"
    for groups, once in (({"vision", "connector"}, set()), ({"text"}, {loudness})):
        before = {k: v.clone() for k, v in backbone.named_parameters()}
        teacher.step()
        changed = {k for k, v in backbone.named_parameters() if (v != before[k]).any()}
        assert {group_of(k) for k in changed - once} == groups
        assert once <= changed


def test_the_grounding_head_reads_a_place_off_the_last_token() -> None:
    torch.manual_seed(0)
    places = torch.rand(64, 2)
    places[:8, 1] = torch.nan
    values = [torch.randn(64, 3, 8) for _ in range(2)]
    values[1][:, -1, :2] = torch.nan_to_num(places) * 4
    head = GroundingHead(8, layers=2, targets=places)
    optimizer = torch.optim.Adam(head.parameters(), 0.03)
    for _ in range(300):
        optimizer.zero_grad()
        head.loss(values, places, torch.ones(2)).backward()
        optimizer.step()
    assert (head.answer(values) - places).abs().nanmean() < 0.1


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


def test_features_are_as_loud_as_they_should_be_before_the_language_model_hears_them(
    data: FoundationData,
) -> None:
    teacher = Teacher(data, lesson=Lesson(looking_steps=0, grounding_steps=2), seed=0)
    projector = teacher.model.backbone.model.multi_modal_projector.image_projector
    with torch.no_grad():
        projector.down_proj.weight.mul_(1e-3)
    teacher.step()
    assert teacher.seen is not None
    assert teacher.seen[0].float().square().mean().sqrt() == pytest.approx(LOUDNESS, rel=0.2)


def test_eyes_of_an_earlier_run_are_taken_as_they_are(data: FoundationData, tmp_path: Path) -> None:
    first = Teacher(data, lesson=Lesson(looking_steps=1, grounding_steps=1), seed=0)
    first.step()
    first.save(tmp_path / "eyes", minutes=0.0, scores={})
    second = Teacher(data, lesson=Lesson(looking_steps=1, grounding_steps=1), seed=1)
    second.take_eyes(tmp_path / "eyes")
    theirs = dict(first.model.named_parameters())
    for name, parameter in second.model.named_parameters():
        if group_of(name) in {"vision", "connector"}:
            assert torch.equal(parameter, theirs[name])
    assert second.steps == 1  # the next step is one of the language model's
