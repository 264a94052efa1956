"""What learns in which mode, and that saving memory or splitting a batch changes no number."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model import checkpoint
from model.adapter_files import Base
from model.data import Dataset, load_dataset
from model.images import squash
from model.network import MolmoAct2
from model.new_tag import new_tag
from model.presets import preset
from model.processor import Processor
from model.recipe import AdapterRecipe, Recipe, recipe_for
from model.tags import Tags
from model.tiny_tokenizer import tiny_tokenizer
from model.train import Trainer
from recordings.types import RobotSpec
from recordings.windows.moments import Grid

GRID = Grid(dt_s=0.1, horizon=8)
SIZE = preset("tiny").image_size
ALL = {"text": 1e-3, "vision": 1e-3, "connector": 1e-3, "expert": 1e-3}
FULL = replace(
    recipe_for("tiny"), learning_rate=ALL, batch_size=4, flow_times=1, warmup_steps=2, looks=1
)
FULL = replace(FULL, heldout_fraction=0.2)
LORA = replace(FULL, mode="lora", adapter=AdapterRecipe(rank=4), residual_dropout=0.1)
FREEZE = replace(recipe_for("tiny", "freeze"), batch_size=4, flow_times=1, looks=1)


@pytest.fixture(scope="module")
def dataset(
    make_episode: Callable[..., Path], robot: RobotSpec, tmp_path_factory: pytest.TempPathFactory
) -> Dataset:
    place = tmp_path_factory.mktemp("episodes")
    for number in range(5):
        make_episode(place, robot, seconds=0.6, phase_rad=float(number))
    return load_dataset(place, grid=GRID, squash=functools.partial(squash, size=SIZE))


def trainer(dataset: Dataset, recipe: Recipe, *, base: Base | None = None) -> Trainer:
    torch.manual_seed(0)
    config = preset("tiny")
    rows, _ = dataset.split(heldout_fraction=recipe.heldout_fraction, seed=0)
    processor = Processor(
        config, tiny_tokenizer(), Tags({"so101": new_tag(dataset, rows, grid=GRID)})
    )
    model = MolmoAct2(config)
    with torch.no_grad():  # a fresh expert is blind: its gates are zero
        for name, weight in model.expert.named_parameters():
            if "modulation" in name or "final_layer" in name:
                weight.normal_(0.0, 0.2)
    return Trainer(model, processor, dataset, tag="so101", recipe=recipe, seed=0, base=base)


def gradients(learner: Trainer) -> dict[str, torch.Tensor]:
    """Of the first batch, before anything is updated."""
    learner._wake()
    assert sum(learner._learn(step=0)) > 0
    return {k: p.grad for k, p in learner.learning.items() if p.grad is not None}


def changed(learner: Trainer, *, steps: int = 2) -> set[str]:
    before = {k: v.clone() for k, v in learner.model.state_dict().items()}
    for _ in range(steps):
        learner.step(fraction=0.0)
    return {k for k, v in learner.model.state_dict().items() if not torch.equal(v, before[k])}


def test_computing_activations_twice_gives_the_same_gradients(dataset: Dataset) -> None:
    plain = gradients(trainer(dataset, FULL))
    saving = gradients(trainer(dataset, replace(FULL, checkpointing=True)))
    assert plain.keys() == saving.keys()
    assert any("vision_tower" in name and gradient.any() for name, gradient in plain.items())
    for name, gradient in plain.items():
        assert torch.allclose(gradient, saving[name], atol=1e-7), name


def test_dropout_draws_the_same_when_activations_are_computed_twice(dataset: Dataset) -> None:
    plain = gradients(trainer(dataset, LORA))
    saving = gradients(trainer(dataset, replace(LORA, checkpointing=True)))
    for name, gradient in plain.items():
        assert torch.allclose(gradient, saving[name], atol=1e-7), name


def test_freezing_changes_the_expert_alone(dataset: Dataset) -> None:
    names = changed(trainer(dataset, FREEZE))
    assert names
    assert all(name.startswith("expert.") for name in names)


def test_adapters_learn_and_what_they_sit_on_does_not(dataset: Dataset) -> None:
    names = changed(trainer(dataset, LORA))
    assert any("vision_tower" in name and "lora_B" in name for name in names)
    assert all(name.startswith("expert.") or ".lora_" in name for name in names)


def test_frozen_words_stay_while_image_tokens_learn(dataset: Dataset) -> None:
    learner = trainer(dataset, replace(FULL, frozen_words=True))
    words = learner.model.backbone.model.language_model.embed_tokens.weight
    first, before = learner.model.config.text.vocab_size, words.detach().clone()
    learner.step(fraction=0.0)
    assert torch.equal(words[:first], before[:first])
    assert not torch.equal(words[first:], before[first:])


@pytest.mark.parametrize("recipe", [FULL, LORA], ids=["full", "lora"])
def test_a_run_that_was_stopped_goes_on_exactly(
    dataset: Dataset, tmp_path: Path, recipe: Recipe
) -> None:
    model_at = trainer(dataset, FULL)
    folder = checkpoint.save(
        tmp_path / "base", step=0, model=model_at.model, processor=model_at.processor, progress={}
    )
    base = Base.of(folder) if recipe.adapter else None
    through = trainer(dataset, recipe, base=base)
    expected = [through.step(fraction=0.1 * i).loss for i in range(4)][2:]
    stopped = trainer(dataset, recipe, base=base)
    for i in range(2):
        stopped.step(fraction=0.1 * i)
    stopped.save(tmp_path / "run", progress={})
    resumed = trainer(dataset, recipe, base=base)
    progress = checkpoint.load(tmp_path / "run", folded=False).progress
    resumed.restore(progress, checkpoint.load_training(tmp_path / "run"))
    assert [resumed.step(fraction=0.1 * i).loss for i in (2, 3)] == expected
    for name, weight in through.learning.items():
        assert torch.equal(weight, resumed.learning[name]), name


def test_saved_adapters_hold_the_averaged_weights(dataset: Dataset, tmp_path: Path) -> None:
    start = trainer(dataset, FULL)
    folder = checkpoint.save(
        tmp_path / "base", step=0, model=start.model, processor=start.processor, progress={}
    )
    learner = trainer(dataset, LORA, base=Base.of(folder))
    for _ in range(3):
        learner.step(fraction=0.0)
    learner.save(tmp_path / "run", progress={})
    loaded = checkpoint.load(tmp_path / "run").model
    name = "expert.action_embed.weight"
    assert torch.equal(dict(loaded.named_parameters())[name], learner.average[name])
    assert not torch.equal(learner.learning[name], learner.average[name])


def test_rows_without_a_target_carry_no_loss_where_the_recipe_says_so(dataset: Dataset) -> None:
    other = replace(dataset, action=np.where(dataset.valid[..., None], dataset.action, 9.0))
    assert not dataset.valid.all()

    def loss(data: Dataset, *, masked: bool) -> float:
        recipe = replace(FULL, mask_padding=masked, batch_size=16)
        learner = trainer(dataset, recipe)
        learner.dataset = data
        return learner.step(fraction=0.0).loss

    assert loss(other, masked=True) == loss(dataset, masked=True)
    assert loss(other, masked=False) != loss(dataset, masked=False)


def test_the_heldout_error_is_in_joint_units(dataset: Dataset) -> None:
    chunks = trainer(dataset, FULL).heldout_chunks()
    assert chunks is not None
    assert chunks.planned.shape == chunks.recorded.shape == (*chunks.valid.shape, 6)
    error = chunks.error
    assert len(error.per_joint) == 6
    assert error.arm_rad == pytest.approx(np.mean(error.per_joint[:5]))
    assert 0.0 < error.gripper < 1.0
