"""Runs on disk: safetensors and JSON, written so that a crash never costs the last good save.

    RUN/
      run.json                      {"checkpoint": "checkpoint-000500", …} replaced last
      checkpoint-000500/
        config.json  model.safetensors  norm_stats.json  tokenizer.json    the released layout
        progress.json               what the training job stores with it (any JSON)
        training.safetensors        its tensors (optimiser moments, averaged weights), optional

Every layout of :mod:`model.layouts` is read, from a folder or from the hub. Knows no training
recipe and no robot.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from model import adapter_files
from model.adapter_files import Base
from model.config import ModelConfig
from model.errors import CheckpointUnreadable
from model.hub import Tell, quiet, resolve
from model.json_files import read_json, write_json
from model.layouts import (
    CONFIG_FILE,
    RUN_FILE,
    TOKENIZER_FILE,
    WEIGHTS_FILE,
    Found,
    Layout,
    current_folder,
    identify,
)
from model.lerobot_policy import base_of, policy_config, policy_tags
from model.lerobot_weights import lora_scale, merged
from model.loading import filled_network
from model.mapping import stored
from model.network import MolmoAct2
from model.processor import Processor
from model.recipe import AdapterRecipe
from model.tags import Tags
from model.tokenizer import PromptTokenizer
from model.weights import WeightFiles, read_tensors, write_tensors
from recordings.whole_file import write_whole

VERSION = 1
PROGRESS_FILE = "progress.json"
TRAINING_FILE = "training.safetensors"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A checkpoint in memory."""

    model: MolmoAct2  # eval mode
    processor: Processor  # carries config, tokenizer and tags
    progress: dict[str, Any]  # what the training job saved, {} when it saved nothing
    path: Path  # the folder that was read


def save(
    run_dir: Path,
    *,
    step: int,
    model: MolmoAct2,
    processor: Processor,
    progress: Mapping[str, Any],
    training: Mapping[str, torch.Tensor] | None = None,
    weights: Mapping[str, torch.Tensor] | None = None,
    adapter: tuple[AdapterRecipe, Base] | None = None,
    keep: int = 2,
) -> Path:
    """Write ``checkpoint-<step>`` completely, then make it the current one, then drop old ones.

    Args:
        run_dir: the run; made when missing.
        step: number in the folder name.
        model: its config goes into the file; its weights too unless ``weights`` is given.
        processor: tokenizer and tags of the checkpoint.
        progress: JSON-ready facts of the job.
        training: flat tensors of the job (own keys), for resuming.
        weights: another state dict of ``model`` (an average) to save in place of its own.
        adapter: save the adapters and the action expert of ``model`` only, to be put on this base.
        keep: how many checkpoints stay.

    Raises:
        OSError: the disk is full or not writable; the last checkpoint is untouched.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    folder = run_dir / f"checkpoint-{step:06d}"
    draft = run_dir / f".{folder.name}.partial"
    shutil.rmtree(draft, ignore_errors=True)
    try:
        if adapter is None:
            write_folder(draft, model=model, processor=processor, weights=weights)
        else:
            write_description(draft, model=model, processor=processor)
            adapter_files.write(draft, model, *adapter)
        write_json(draft / PROGRESS_FILE, progress)
        if training:
            write_tensors(draft / TRAINING_FILE, training)
        shutil.rmtree(folder, ignore_errors=True)
        draft.replace(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    write_json(run_dir / RUN_FILE, {"version": VERSION, "checkpoint": folder.name, "step": step})
    for old in sorted(run_dir.glob("checkpoint-*"))[:-keep]:
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)
    return folder


def write_folder(
    folder: Path,
    *,
    model: MolmoAct2,
    processor: Processor,
    weights: Mapping[str, torch.Tensor] | None = None,
) -> None:
    """Config, weights, statistics and tokenizer in the released layout, into a new folder.

    Raises:
        OSError: the folder exists or cannot be written.
    """
    state = model.state_dict() if weights is None else weights
    write_description(folder, model=model, processor=processor)
    write_tensors(folder / WEIGHTS_FILE, stored(state, model.config))


def write_description(folder: Path, *, model: MolmoAct2, processor: Processor) -> None:
    """Config, statistics and tokenizer in the released layout, into a new folder."""
    folder.mkdir(parents=True)
    write_json(folder / CONFIG_FILE, model.config.to_dict())
    write_json(folder / model.config.norm_stats_filename, processor.tags.to_dict())
    write_whole(folder / TOKENIZER_FILE, processor.tokenizer.to_json())


def load(
    path: Path | str,
    *,
    base: Path | None = None,
    folded: bool = True,
    dtype: torch.dtype | None = torch.float32,
    tell: Tell = quiet,
) -> Loaded:
    """Read a run (its current checkpoint), a checkpoint folder of any layout, or a hub id.

    Args:
        path: a folder; as text also ``owner/name`` on the hub (``owner/name@revision``). One with
            an adapter brings its base along.
        base: where the base of an adapter is now, when it has moved.
        folded: put an adapter into the weights; False gives the base as it is, to train on.
        dtype: of the weights in memory; None keeps what the files have.
        tell: hears of a download's progress.

    Raises:
        AdapterMismatch: the base of an adapter has changed.
        CheckpointUnreadable: nothing there, cut short, no JSON, another kind of model.
        CheckpointMismatch: tensors missing, unexpected or of another shape or type.
        ConfigInvalid: the config contradicts itself.
        HubUnavailable: not on this machine and not to be had from the hub.
    """
    found = identify(path if isinstance(path, Path) else resolve(path, tell=tell))
    match found.layout:
        case Layout.MOLMOACT2:
            return _load_released(found, dtype=dtype)
        case Layout.LEROBOT:
            return _load_lerobot(found, dtype=dtype, tell=tell)
        case Layout.ADAPTER:
            under = _base_of_adapter(found, instead=base, tell=tell)
            return _load_adapted(found, load(under, dtype=dtype), folded=folded)


def _load_released(found: Found, *, dtype: torch.dtype | None) -> Loaded:
    folder, config = found.folder, ModelConfig.from_dict(found.config)
    tags = Tags.from_dict(read_json(folder / config.norm_stats_filename))
    processor = Processor(config, PromptTokenizer.load(folder / TOKENIZER_FILE), tags)
    files = WeightFiles.find(folder)
    model = filled_network(config, files, source=files.source, dtype=dtype)
    return Loaded(model=model, processor=processor, progress=_progress(folder), path=folder)


def _load_lerobot(found: Found, *, dtype: torch.dtype | None, tell: Tell) -> Loaded:
    """A LeRobot policy; network config and tokenizer come from the checkpoint it refers to."""
    folder, policy = found.folder, found.config
    base = resolve(base_of(policy, folder), weights=False, tell=tell)
    config = policy_config(ModelConfig.from_dict(read_json(base / CONFIG_FILE)), policy)
    own = folder / config.norm_stats_filename
    tags = Tags.from_dict(read_json(own)) if own.exists() else policy_tags(folder, policy)
    files = WeightFiles.find(folder)
    tensors = merged(files, scale=lora_scale(policy))
    model = filled_network(config, tensors, source=files.source, dtype=dtype)
    tokenizer = PromptTokenizer.load(base / TOKENIZER_FILE)
    processor = Processor(config, tokenizer, tags)
    return Loaded(model=model, processor=processor, progress={}, path=folder)


def _base_of_adapter(found: Found, *, instead: Path | None, tell: Tell) -> Path:
    """The checkpoint under an adapter: of our own, checked; of others, what their config names."""
    if adapter_files.is_adapter(found.folder):
        return adapter_files.base_of(found.folder, instead=instead)
    named = str(found.config.get("base_model_name_or_path") or "")
    if not (instead or named):
        raise CheckpointUnreadable(found.folder, reason="it does not say which base it belongs to")
    return resolve(str(instead or named), tell=tell)


def _load_adapted(found: Found, base: Loaded, *, folded: bool) -> Loaded:
    """The base of an adapter, with the adapter's own statistics, and the adapter folded in."""
    config = base.processor.config
    if folded:
        adapter_files.fold_into(base.model, found.folder)
    own = found.folder / config.norm_stats_filename
    tags = Tags.from_dict(read_json(own)) if own.exists() else base.processor.tags
    processor = Processor(config, base.processor.tokenizer, tags)
    progress = _progress(found.folder)
    return Loaded(model=base.model, processor=processor, progress=progress, path=found.folder)


def _progress(folder: Path) -> dict[str, Any]:
    file = folder / PROGRESS_FILE
    return read_json(file) if file.exists() else {}


def load_training(path: Path) -> dict[str, torch.Tensor]:
    """The job's own tensors of a run's current checkpoint; {} when it saved none.

    Raises:
        CheckpointUnreadable: as in :func:`load`.
    """
    file = current_folder(path) / TRAINING_FILE
    return read_tensors(file) if file.exists() else {}
