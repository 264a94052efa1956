"""What happens before the first step: read the episodes, build or load the model, restore a run.

Puts together what :mod:`model.train` works with. Knows no clock, no signal and no command line.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any

import torch

from model import adapter_files, checkpoint, companions
from model.adapter_files import Base
from model.choices import Choices
from model.data import Dataset, load_dataset
from model.embodiments import frame_of
from model.errors import ConfigInvalid, HorizonTooLong, RobotMismatch, TrainingDataUnusable
from model.images import squash
from model.network import MolmoAct2
from model.new_tag import new_tag
from model.precision import usual_precision
from model.presets import preset
from model.processor import Processor
from model.ranks import Ranks
from model.tags import TagMetadata, Tags
from model.tiny_tokenizer import tiny_tokenizer
from model.train import Trainer
from recordings.windows.moments import Grid


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
    choices: Choices = field(default_factory=Choices)
    most_episodes: int | None = None  # read no more than these: enough to measure, not to learn


def prepare(request: RunRequest, ranks: Ranks | None = None) -> tuple[Trainer, dict[str, Any]]:
    """A trainer ready for its next step, and the progress of the run it continues ({} if new).

    Raises:
        ModelError: episodes or checkpoint cannot be used; the message says which and why.
    """
    loaded = checkpoint.load(request.out, folded=False) if request.resume else _start(request)
    size = loaded.processor.config.image_size
    grid = Grid(dt_s=1.0 / request.action_hz, horizon=request.horizon)
    if request.resume:
        tag = loaded.processor.tags[loaded.progress["tag"]]
        grid = Grid(dt_s=tag.dt_s, horizon=tag.action_horizon)
    dataset = load_dataset(
        request.episodes,
        grid=grid,
        squash=functools.partial(squash, size=size),
        at_most=request.most_episodes,
    )
    return trainer_for(dataset, loaded, request=request, grid=grid, ranks=ranks)


def trainer_for(
    dataset: Dataset,
    loaded: checkpoint.Loaded,
    *,
    request: RunRequest,
    grid: Grid,
    ranks: Ranks | None = None,
) -> tuple[Trainer, dict[str, Any]]:
    """The part of :func:`prepare` after everything is read.

    Raises:
        RobotMismatch: the run that is to go on is about another robot.
        HorizonTooLong: chunks longer than the network can make.
    """
    progress = loaded.progress if request.resume else {}
    ranks = ranks or Ranks()
    preset_name = str(progress.get("preset", request.preset))
    choices = request.choices.after(progress.get("choices", {}))
    recipe = choices.recipe(preset_name)
    seed = int(progress.get("seed", request.seed))
    name = str(progress.get("tag", dataset.robot.name))
    processor = _committing(loaded, choices)
    most = processor.config.max_action_horizon
    if grid.horizon > most:
        raise HorizonTooLong(grid.horizon, most=most)
    if request.resume:
        _require_same_robot(processor.tags[name], dataset, request)
    else:
        rows, _ = dataset.split(heldout_fraction=recipe.heldout_fraction, seed=seed)
        frame = frame_of(processor.tags, dataset.robot)
        made = new_tag(dataset, rows, grid=grid, masked=recipe.mask_padding, frame=frame)
        tags = Tags({name: made})
        processor = Processor(processor.config, processor.tokenizer, tags)
        if request.most_episodes is None:
            companions.bring(loaded.path, request.out)
    trainer = Trainer(
        loaded.model,
        processor,
        dataset,
        tag=name,
        recipe=recipe,
        seed=seed,
        ranks=ranks,
        base=_base(loaded, request) if recipe.adapter else None,
        precision=choices.precision or usual_precision(ranks.device),
    )
    if request.resume:
        trainer.restore(progress, checkpoint.load_training(request.out))
    return trainer, {**progress, "preset": preset_name, "choices": choices.made}


def _committing(loaded: checkpoint.Loaded, choices: Choices) -> Processor:
    """The processor; network and processor know how long delays training simulates.

    Raises:
        ConfigInvalid: as many rows as a chunk has, or more.
    """
    processor, config, rows = loaded.processor, loaded.processor.config, choices.committed_rows
    if rows is None or rows == config.foresight.committed_rows:
        return processor
    if rows >= config.max_action_horizon:
        expected = f"less than {config.max_action_horizon}, the rows of a chunk"
        raise ConfigInvalid("committed_rows", rows, expected=expected)
    config = replace(config, foresight=replace(config.foresight, committed_rows=rows))
    loaded.model.config = config
    return Processor(config, processor.tokenizer, processor.tags)


def _base(loaded: checkpoint.Loaded, request: RunRequest) -> Base:
    """What adapters of this run are put on.

    Raises:
        TrainingDataUnusable: on nothing: the weights are random.
    """
    if request.resume:
        return Base.of(adapter_files.base_of(loaded.path))
    if not (loaded.path / checkpoint.CONFIG_FILE).exists():
        raise TrainingDataUnusable(request.episodes, reason="adapters need --foundation to sit on")
    return Base.of(loaded.path)


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
