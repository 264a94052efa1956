"""Fine-tuning a Think checkpoint: it answers first, and goes on answering."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model import checkpoint, companions, depth_tokenizer
from model.choices import Choices
from model.continuation import Continuation
from model.data import Dataset, load_dataset
from model.depth_answer import write_codes
from model.depth_labels import answer_together
from model.depth_tokenizer import DepthTokenizer, Sizes
from model.errors import ConfigInvalid
from model.images import squash
from model.inputs import ModelInputs
from model.network import MolmoAct2
from model.new_tag import new_tag
from model.presets import preset
from model.processor import Processor
from model.recipe import RECIPES
from model.run_setup import RunRequest, prepare
from model.tags import Tags
from model.tiny_tokenizer import tiny_tokenizer
from model.train import Trainer
from recordings.types import RobotSpec
from recordings.windows.moments import Grid

GRID = Grid(dt_s=0.1, horizon=30)
RECIPE = replace(RECIPES["tiny"], batch_size=2, flow_times=1, warmup_steps=1, heldout_fraction=0.0)
CONFIG = replace(preset("tiny"), enable_depth_reasoning=True)


@pytest.fixture(scope="module")
def episodes(
    make_episode: Callable[..., Path], robot: RobotSpec, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    place = tmp_path_factory.mktemp("episodes")
    for number in range(2):
        make_episode(place, robot, seconds=0.4, phase_rad=float(number))
    return place


@pytest.fixture(scope="module")
def dataset(episodes: Path) -> Dataset:
    shrink = functools.partial(squash, size=CONFIG.image_size)
    return load_dataset(episodes, grid=GRID, squash=shrink)


def trainer(dataset: Dataset) -> Trainer:
    torch.manual_seed(0)
    rows, _ = dataset.split(heldout_fraction=0.0, seed=0)
    tags = Tags({"so101": new_tag(dataset, rows, grid=GRID)})
    processor = Processor(CONFIG, tiny_tokenizer(), tags)
    return Trainer(MolmoAct2(CONFIG), processor, dataset, tag="so101", recipe=RECIPE, seed=0)


def example(inputs: ModelInputs, row: int) -> ModelInputs:
    """One prompt of a batch of equally long ones."""
    pictures = len(inputs.pixel_values) // inputs.batch
    tokens = len(inputs.pooling) // inputs.batch
    patches = inputs.pixel_values.shape[1] * pictures
    pooling = inputs.pooling[row * tokens : (row + 1) * tokens]
    return ModelInputs(
        input_ids=inputs.input_ids[row : row + 1],
        attention_mask=inputs.attention_mask[row : row + 1],
        position_ids=inputs.position_ids[row : row + 1],
        image_block=inputs.image_block[row : row + 1],
        pixel_values=inputs.pixel_values[row * pictures : (row + 1) * pictures],
        pooling=torch.where(pooling >= 0, pooling - row * patches, -1),
    )


def test_answers_side_by_side_are_those_given_alone(dataset: Dataset) -> None:
    learner = trainer(dataset)
    learner.model.eval()
    prompts = learner._prompts(np.arange(2))
    together = answer_together(learner.model, prompts)
    for row in range(2):
        with torch.no_grad():
            alone = write_codes(Continuation(learner.model, example(prompts, row)), CONFIG)
        assert together[row].tolist() == alone.tolist()


def test_it_learns_to_move_and_goes_on_answering(dataset: Dataset, tmp_path: Path) -> None:
    learner = trainer(dataset)
    first = learner.step(fraction=0.0).loss
    thoughts = learner._thoughts
    assert thoughts is not None
    assert first > np.log(CONFIG.text.vocab_size) / 2  # random weights: the answer costs most
    for _ in range(6):
        last = learner.step(fraction=0.0).loss
    assert last < 0.93 * first
    learner.save(tmp_path, progress={})
    expected = learner.step(fraction=0.5).loss
    again = trainer(dataset)
    again.restore(checkpoint.load(tmp_path).progress, checkpoint.load_training(tmp_path))
    assert again._thoughts is not None
    assert torch.equal(again._thoughts, thoughts)  # not what the changed weights would answer
    assert again.step(fraction=0.5).loss == expected


def asked(episodes: Path, out: Path, foundation: Path, choices: Choices) -> RunRequest:
    return RunRequest(
        episodes=episodes,
        out=out,
        preset="tiny",
        foundation=foundation,
        seed=0,
        resume=False,
        action_hz=10.0,
        horizon=30,
        choices=choices,
    )


def test_a_run_keeps_the_depth_tokenizer_and_the_delays_of_its_lesson(
    episodes: Path, tmp_path: Path
) -> None:
    plain = Processor(CONFIG, tiny_tokenizer(), Tags({}))
    base = tmp_path / "think"
    checkpoint.write_folder(base, model=MolmoAct2(CONFIG), processor=plain)
    sizes = Sizes(image_px=40, cell_px=4, codes=128, code_size=4, hidden=2)
    depth_tokenizer.save(base / depth_tokenizer.FILE, DepthTokenizer(sizes))
    request = asked(episodes, tmp_path / "run", base, Choices(committed_rows=4))
    learner, _ = prepare(request)
    folder = learner.save(request.out, progress={})
    assert companions.depth_file(folder) == request.out / depth_tokenizer.FILE
    loaded = checkpoint.load(request.out)
    assert loaded.model.config.foresight.committed_rows == 4
    assert loaded.model.config.enable_depth_reasoning
    with pytest.raises(ConfigInvalid, match="committed_rows is 30, expected less than 30"):
        prepare(asked(episodes, tmp_path / "other", base, Choices(committed_rows=30)))
