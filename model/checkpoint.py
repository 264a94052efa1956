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

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from model.network import MolmoAct2
from model.processor import Processor


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
        keep: how many checkpoints stay.

    Raises:
        OSError: the disk is full or not writable; the last checkpoint is untouched.
    """
    raise NotImplementedError


def load(path: Path) -> Loaded:
    """Read a run (its current checkpoint) or one checkpoint folder.

    Raises:
        CheckpointUnreadable: nothing there, cut short, no JSON.
        CheckpointMismatch: tensors missing, unexpected or of another shape or type.
        ConfigInvalid: the config contradicts itself.
    """
    raise NotImplementedError


def load_training(path: Path) -> dict[str, torch.Tensor]:
    """The job's own tensors of a run's current checkpoint; {} when it saved none.

    Raises:
        CheckpointUnreadable: as in :func:`load`.
    """
    raise NotImplementedError
