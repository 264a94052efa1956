"""Fine-tuning: it learns, it can be stopped anywhere and goes on as if it had not been."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model import checkpoint
from model.data import Dataset, load_dataset
from model.errors import RobotMismatch
from model.groups import group_of, parameter_groups
from model.images import squash
from model.network import MolmoAct2
from model.new_tag import new_tag
from model.presets import preset
from model.processor import Processor
from model.recipe import RECIPES, average_decay, rate_factor
from model.run_setup import RunRequest, prepare
from model.tags import Tags
from model.tiny_tokenizer import tiny_tokenizer
from model.train import Trainer, pad_actions
from recordings.types import RobotSpec
from recordings.windows.moments import Grid

SIZE = preset("tiny").image_size

GRID = Grid(dt_s=0.1, horizon=30)
RECIPE = replace(RECIPES["tiny"], batch_size=3, flow_times=1, warmup_steps=2, heldout_fraction=0.2)


@pytest.fixture(scope="module")
def dataset(
    make_episode: Callable[..., Path], robot: RobotSpec, tmp_path_factory: pytest.TempPathFactory
) -> Dataset:
    place = tmp_path_factory.mktemp("episodes")
    for number in range(5):
        make_episode(place, robot, seconds=0.6, phase_rad=float(number))
    return load_dataset(place, grid=GRID, squash=functools.partial(squash, size=SIZE))


def trainer(dataset: Dataset, *, seed: int = 0) -> Trainer:
    torch.manual_seed(seed)
    config = preset("tiny")
    rows, _ = dataset.split(heldout_fraction=RECIPE.heldout_fraction, seed=seed)
    tags = Tags({"so101": new_tag(dataset, rows, grid=GRID)})
    processor = Processor(config, tiny_tokenizer(), tags)
    model = MolmoAct2(config)
    return Trainer(model, processor, dataset, tag="so101", recipe=RECIPE, seed=seed)


def test_the_loss_on_seen_examples_falls(dataset: Dataset) -> None:
    learner = trainer(dataset)
    losses = [learner.step(fraction=0.0).loss for _ in range(24)]
    assert np.mean(losses[-6:]) < 0.8 * np.mean(losses[:6])


def test_a_resumed_run_has_the_losses_of_one_that_never_stopped(
    dataset: Dataset, tmp_path: Path
) -> None:
    through = trainer(dataset)
    expected = [through.step(fraction=0.1 * i).loss for i in range(4)][2:]
    stopped = trainer(dataset)
    for i in range(2):
        stopped.step(fraction=0.1 * i)
    stopped.save(tmp_path, progress={})
    resumed = trainer(dataset, seed=0)
    resumed.restore(checkpoint.load(tmp_path).progress, checkpoint.load_training(tmp_path))
    assert [resumed.step(fraction=0.1 * i).loss for i in (2, 3)] == expected
    assert resumed.heldout_loss() == through.heldout_loss()


def test_a_gradient_that_is_not_finite_changes_nothing(dataset: Dataset) -> None:
    learner = trainer(dataset)
    weight = next(iter(learner.model.expert.parameters()))
    weight.register_hook(lambda gradient: gradient * math.nan)
    before = {k: v.clone() for k, v in learner.model.state_dict().items()}
    assert learner.step(fraction=0.0).skipped
    after = learner.model.state_dict()
    assert all(torch.equal(before[k], after[k]) for k in before)


def test_the_heldout_loss_leaves_the_learning_weights_alone(dataset: Dataset) -> None:
    learner = trainer(dataset)
    learner.step(fraction=0.0)
    before = {k: v.clone() for k, v in learner.model.state_dict().items()}
    first, again = learner.heldout_loss(), learner.heldout_loss()
    assert first == again
    assert all(torch.equal(before[k], v) for k, v in learner.model.state_dict().items())


def test_every_parameter_has_a_group_with_a_rate() -> None:
    model = MolmoAct2(preset("tiny"))
    groups = parameter_groups(model)
    assert sum(map(len, groups.values())) == len(list(model.parameters()))
    assert set(groups) == set(RECIPE.learning_rate) == {"text", "vision", "connector", "expert"}
    assert group_of("expert.blocks.0.mlp.up_proj.weight") == "expert"


def test_rates_rise_then_fall_to_their_last_part() -> None:
    recipe = replace(RECIPE, warmup_steps=10, final_rate=0.1)
    assert rate_factor(recipe, step=4, fraction=0.0) == pytest.approx(0.5)
    assert rate_factor(recipe, step=500, fraction=0.0) == pytest.approx(1.0)
    assert rate_factor(recipe, step=500, fraction=1.2) == pytest.approx(0.1)


def test_the_average_forgets_the_random_start() -> None:
    assert average_decay(replace(RECIPE, average=0.99), step=0) < 0.2
    assert average_decay(replace(RECIPE, average=0.99), step=10_000) == 0.99


def test_padded_action_columns_are_zero_and_marked() -> None:
    padded, is_pad = pad_actions(np.ones((2, 30, 6), np.float32), columns=8)
    assert padded[..., 6:].abs().sum() == 0
    assert is_pad.tolist() == [[False] * 6 + [True] * 2] * 2


def test_a_run_of_another_robot_is_not_continued(
    make_episode: Callable[..., Path], robot: RobotSpec, dataset: Dataset, tmp_path: Path
) -> None:
    run, episodes = tmp_path / "run", tmp_path / "episodes"
    trainer(dataset).save(run, progress={})
    make_episode(episodes, replace(robot, name="koch"), seconds=0.3)
    request = RunRequest(
        episodes=episodes,
        out=run,
        preset="tiny",
        foundation=None,
        seed=0,
        resume=True,
        action_hz=10.0,
        horizon=30,
    )
    with pytest.raises(RobotMismatch, match=r"so101.*koch"):
        prepare(request)
