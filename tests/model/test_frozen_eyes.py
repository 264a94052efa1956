"""Eyes that do not learn are looked through once; numbers start on a smooth curve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from model.backbone import image_features
from model.data import Dataset
from model.frozen_eyes import FrozenEyes
from model.network import MolmoAct2
from model.number_tokens import smooth_rows
from model.presets import preset
from model.processor import Processor
from model.recipe import RECIPES
from model.tags import TagMetadata, Tags
from model.tiny_tokenizer import tiny_tokenizer
from model.train import Trainer
from recordings.types import RobotSpec

SIZE = preset("tiny").image_size


@pytest.fixture
def dataset(robot: RobotSpec) -> Dataset:
    rng = np.random.default_rng(0)
    pictures = tuple(rng.integers(0, 256, (5, SIZE, SIZE, 3), np.uint8) for _ in robot.cameras)
    return Dataset(
        robot=robot,
        pictures=pictures,
        state=rng.normal(size=(4, 6)).astype(np.float32),
        action=rng.normal(size=(4, 30, 6)).astype(np.float32),
        picture=np.array([[0, 1], [1, 0], [2, 4], [4, 4]]),
        task=("put the red cube in the tray",),
        episode=np.zeros(4, np.int64),
        valid=np.ones((4, 30), bool),
        source=np.zeros(4, np.int64),
    )


@pytest.fixture
def learner(dataset: Dataset, tag: TagMetadata) -> Trainer:
    torch.manual_seed(0)
    config = preset("tiny")
    processor = Processor(config, tiny_tokenizer(), Tags({"so101": tag}))
    recipe = replace(RECIPES["tiny"], batch_size=2, looks=2, heldout_fraction=0.0)
    return Trainer(MolmoAct2(config), processor, dataset, tag="so101", recipe=recipe, seed=0)


def test_kept_features_are_those_the_network_would_compute(
    learner: Trainer, dataset: Dataset
) -> None:
    recipe = learner.recipe
    eyes = FrozenEyes.look(
        learner.model, learner.processor, dataset, looks=2, amount=recipe.augmentation, seed=0
    )
    batch = dataset.batch(np.array([2, 0]))
    inputs = learner.processor.encode_batch(
        batch.images, states=batch.state, tasks=batch.tasks, tag="so101"
    )
    kept = eyes.give(inputs, batch.picture, None).features
    with torch.no_grad():
        computed = image_features(learner.model.backbone.model, inputs)
    assert kept is not None
    assert torch.allclose(kept, computed, atol=2e-3, rtol=2e-3)


def test_frozen_groups_keep_their_weights_and_the_others_learn(learner: Trainer) -> None:
    before = {k: v.clone() for k, v in learner.model.state_dict().items()}
    learner.step(fraction=0.0)
    changed = {k for k, v in learner.model.state_dict().items() if not torch.equal(v, before[k])}
    assert any(k.startswith("expert.") for k in changed)
    assert not [k for k in changed if "vision_tower" in k or "multi_modal_projector" in k]


def test_smooth_rows_put_near_numbers_nearer_than_far_ones() -> None:
    torch.manual_seed(0)
    table = torch.randn(300, 96)
    untouched = table[:20].clone()
    smooth_rows(table, first=20, count=256)
    rows = table[20:276]
    near = (rows[1:] - rows[:-1]).norm(dim=1)
    far = (rows[64:] - rows[:-64]).norm(dim=1)
    assert near.max() < 0.5 * far.min()
    assert torch.equal(table[:20], untouched)
