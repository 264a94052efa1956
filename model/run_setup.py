"""What happens before the first step: read the episodes, build or load the model, restore a run.

Puts together what :mod:`model.train` works with. Knows no clock, no signal and no command line.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import torch

from model import checkpoint
from model.data import Dataset, load_dataset
from model.errors import HorizonTooLong, RobotMismatch, TrainingDataUnusable
from model.images import squash
from model.network import MolmoAct2
from model.new_tag import new_tag
from model.presets import preset
from model.processor import Processor
from model.recipe import RECIPES
from model.resample import Grid
from model.tags import TagMetadata, Tags
from model.tiny_tokenizer import tiny_tokenizer
from model.train import Trainer


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a person asked for."""

    episodes: Path
    out: Path
    preset: str
    foundation: Path | None  # None: the one that ships with the program, where there is one
    seed: int
    resume: bool
    action_hz: float
    horizon: int


def prepare(request: RunRequest) -> tuple[Trainer, dict[str, Any]]:
    """A trainer ready for its next step, and the progress of the run it continues ({} if new).

    Raises:
        ModelError: episodes or checkpoint cannot be used; the message says which and why.
    """
    loaded = checkpoint.load(request.out) if request.resume else _start(request)
    size = loaded.processor.config.image_size
    grid = Grid(dt_s=1.0 / request.action_hz, horizon=request.horizon)
    if request.resume:
        tag = loaded.processor.tags[loaded.progress["tag"]]
        grid = Grid(dt_s=tag.dt_s, horizon=tag.action_horizon)
    dataset = load_dataset(request.episodes, grid=grid, squash=functools.partial(squash, size=size))
    return trainer_for(dataset, loaded, request=request, grid=grid)


def trainer_for(
    dataset: Dataset, loaded: checkpoint.Loaded, *, request: RunRequest, grid: Grid
) -> tuple[Trainer, dict[str, Any]]:
    """The part of :func:`prepare` after everything is read.

    Raises:
        RobotMismatch: the run that is to go on is about another robot.
        HorizonTooLong: chunks longer than the network can make.
    """
    recipe = RECIPES[request.preset]
    progress = loaded.progress if request.resume else {}
    seed = int(progress.get("seed", request.seed))
    name = str(progress.get("tag", dataset.robot.name))
    processor = loaded.processor
    most = processor.config.max_action_horizon
    if grid.horizon > most:
        raise HorizonTooLong(grid.horizon, most=most)
    if request.resume:
        _require_same_robot(processor.tags[name], dataset, request)
    else:
        rows, _ = dataset.split(heldout_fraction=recipe.heldout_fraction, seed=seed)
        tags = Tags({name: new_tag(dataset, rows, grid=grid)})
        processor = Processor(processor.config, processor.tokenizer, tags)
    trainer = Trainer(loaded.model, processor, dataset, tag=name, recipe=recipe, seed=seed)
    if request.resume:
        trainer.restore(loaded, checkpoint.load_training(request.out))
    return trainer, progress


def shipped_foundation(name: str) -> Path | None:
    """The pretrained weights that come with the program for a preset, None when none do."""
    folder = Path(str(resources.files("assets"))) / "foundation" / name
    return folder if (folder / checkpoint.CONFIG_FILE).exists() else None


def _start(request: RunRequest) -> checkpoint.Loaded:
    """A foundation to start from, or random weights where the preset has none."""
    torch.manual_seed(request.seed)
    foundation = request.foundation or shipped_foundation(request.preset)
    if foundation is not None:
        return checkpoint.load(foundation)
    config = preset(request.preset)
    if config.foresight.preset != "tiny":
        raise TrainingDataUnusable(
            request.episodes,
            reason=f"preset {request.preset!r} needs --foundation: released weights",
        )
    processor = Processor(config, tiny_tokenizer(), Tags({}))
    return checkpoint.Loaded(
        model=MolmoAct2(config), processor=processor, progress={}, path=request.out
    )


def _require_same_robot(tag: TagMetadata, dataset: Dataset, request: RunRequest) -> None:
    if tag.robot is None:
        return
    if difference := tag.robot.mismatch(dataset.robot):
        raise RobotMismatch(
            f"run {request.out} and episodes {request.episodes} differ", difference=difference
        )
