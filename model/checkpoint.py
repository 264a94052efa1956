"""Runs on disk: safetensors and JSON, written so that a crash never costs the last good save.

    RUN/
      run.json                      {"checkpoint": "checkpoint-000500", …} replaced last
      checkpoint-000500/
        config.json  model.safetensors  norm_stats.json  tokenizer.json    the released layout
        progress.json               what the training job stores with it (any JSON)
        training.safetensors        its tensors (optimiser moments, averaged weights), optional

A folder that holds a ``config.json`` itself (the foundation, a released checkpoint) is read too.
Knows no training recipe and no robot.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from model import adapter_files
from model.adapter_files import Base
from model.config import ModelConfig
from model.errors import CheckpointMismatch, CheckpointUnreadable
from model.mapping import from_released, to_released
from model.network import MolmoAct2
from model.processor import Processor
from model.recipe import AdapterRecipe
from model.tags import Tags
from model.tokenizer import PromptTokenizer

VERSION = 1
RUN_FILE = "run.json"
CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
TOKENIZER_FILE = "tokenizer.json"
PROGRESS_FILE = "progress.json"
TRAINING_FILE = "training.safetensors"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A checkpoint in memory."""

    model: MolmoAct2  # eval mode, float32
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
        _write_json(draft / PROGRESS_FILE, progress)
        if training:
            _write_tensors(draft / TRAINING_FILE, training)
        shutil.rmtree(folder, ignore_errors=True)
        draft.replace(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    _write_json(run_dir / RUN_FILE, {"version": VERSION, "checkpoint": folder.name, "step": step})
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
    _write_tensors(folder / WEIGHTS_FILE, to_released(state, model.config))


def write_description(folder: Path, *, model: MolmoAct2, processor: Processor) -> None:
    """Config, statistics and tokenizer in the released layout, into a new folder."""
    folder.mkdir(parents=True)
    _write_json(folder / CONFIG_FILE, model.config.to_dict())
    _write_json(folder / model.config.norm_stats_filename, processor.tags.to_dict())
    _write_text(folder / TOKENIZER_FILE, processor.tokenizer.to_json())


def load(path: Path, *, base: Path | None = None, folded: bool = True) -> Loaded:
    """Read a run (its current checkpoint) or one checkpoint folder.

    Args:
        path: of either; one with an adapter brings its base along.
        base: where the base of an adapter is now, when it has moved.
        folded: put an adapter into the weights; False gives the base as it is, to train on.

    Raises:
        AdapterMismatch: the base of an adapter has changed.
        CheckpointUnreadable: nothing there, cut short, no JSON.
        CheckpointMismatch: tensors missing, unexpected or of another shape or type.
        ConfigInvalid: the config contradicts itself.
    """
    folder = current_folder(path)
    if adapter_files.is_adapter(folder):
        return _load_adapted(folder, base=base, folded=folded)
    config = ModelConfig.from_dict(_read_json(folder / CONFIG_FILE))
    tags = Tags.from_dict(_read_json(folder / config.norm_stats_filename))
    tokenizer = PromptTokenizer.load(folder / TOKENIZER_FILE)
    model = MolmoAct2(config)
    weights = folder / WEIGHTS_FILE
    state = from_released(_read_tensors(weights), config)
    check_fits(model, state, source=weights)
    model.load_state_dict(state, strict=True)
    progress = folder / PROGRESS_FILE
    return Loaded(
        model=model.eval(),
        processor=Processor(config, tokenizer, tags),
        progress=_read_json(progress) if progress.exists() else {},
        path=folder,
    )


def _load_adapted(folder: Path, *, base: Path | None, folded: bool) -> Loaded:
    """The base of an adapter, with the adapter's own statistics, and the adapter folded in."""
    loaded = load(adapter_files.base_of(folder, instead=base))
    config = loaded.processor.config
    if folded:
        adapter_files.fold_into(loaded.model, folder)
    tags = Tags.from_dict(_read_json(folder / config.norm_stats_filename))
    progress = folder / PROGRESS_FILE
    return Loaded(
        model=loaded.model.eval(),
        processor=Processor(config, loaded.processor.tokenizer, tags),
        progress=_read_json(progress) if progress.exists() else {},
        path=folder,
    )


def load_training(path: Path) -> dict[str, torch.Tensor]:
    """The job's own tensors of a run's current checkpoint; {} when it saved none.

    Raises:
        CheckpointUnreadable: as in :func:`load`.
    """
    file = current_folder(path) / TRAINING_FILE
    return _read_tensors(file) if file.exists() else {}


def current_folder(path: Path) -> Path:
    """The checkpoint folder a path means: itself, or the current one of a run.

    Raises:
        CheckpointUnreadable: neither.
    """
    if (path / CONFIG_FILE).exists():
        return path
    if not path.is_dir():
        raise CheckpointUnreadable(path, reason="there is no such folder")
    if not (path / RUN_FILE).exists():
        raise CheckpointUnreadable(path, reason=f"neither {RUN_FILE} nor {CONFIG_FILE} in it")
    name = _read_json(path / RUN_FILE).get("checkpoint")
    if not isinstance(name, str) or not (path / name / CONFIG_FILE).exists():
        raise CheckpointUnreadable(path, reason=f"{RUN_FILE} names {name!r}, which is not there")
    return path / name


def check_fits(model: torch.nn.Module, state: Mapping[str, torch.Tensor], *, source: Path) -> None:
    """Refuse tensors that are not exactly those of the network.

    Raises:
        CheckpointMismatch: with the names, in the network's own naming.
    """
    wanted = model.state_dict()
    wrong = [
        f"{name}: {_describe(tensor)} instead of {_describe(wanted[name])}"
        for name, tensor in state.items()
        if name in wanted and (tensor.shape != wanted[name].shape or not tensor.is_floating_point())
    ]
    missing = sorted(wanted.keys() - state.keys())
    unexpected = sorted(state.keys() - wanted.keys())
    if missing or unexpected or wrong:
        raise CheckpointMismatch(source, missing=missing, unexpected=unexpected, wrong=wrong)


def _describe(tensor: torch.Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointUnreadable(path, reason=error.strerror or "cannot open") from error
    except ValueError as error:
        raise CheckpointUnreadable(path, reason=f"no JSON: {error}") from error
    if not isinstance(data, dict):
        raise CheckpointUnreadable(path, reason="no JSON object")
    return data


def _read_tensors(path: Path) -> dict[str, torch.Tensor]:
    try:
        return load_file(path)
    except OSError as error:
        raise CheckpointUnreadable(path, reason=error.strerror or "cannot open") from error
    except SafetensorError as error:
        raise CheckpointUnreadable(path, reason=f"no complete safetensors: {error}") from error


def _write_json(path: Path, data: Mapping[str, Any]) -> None:
    _write_text(path, json.dumps(data, indent=1, sort_keys=False) + "\n")


def _write_text(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.partial")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _write_tensors(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    save_file({k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}, path)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
