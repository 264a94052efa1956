"""What kind of checkpoint a folder holds. Reads small files only; knows no torch.

molmoact2   the released layout: config.json of the network, weights (one file or shards),
            norm_stats.json, tokenizer.json. Our own runs hold folders of this kind.
lerobot     a LeRobot policy: config.json with ``"type": "molmoact2"``, one model.safetensors,
            saved processor pipelines; refers to a molmoact2 checkpoint for the rest.
adapter     LoRA adapters alone: adapter_config.json, adapter_model.safetensors; refers to a
            base checkpoint.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.errors import CheckpointUnreadable
from model.json_files import read_json

RUN_FILE = "run.json"
CONFIG_FILE = "config.json"
ADAPTER_FILE = "adapter_config.json"
TOKENIZER_FILE = "tokenizer.json"
WEIGHTS_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"
MODEL_TYPE = "molmoact2"


class Layout(enum.Enum):
    """How the files of a checkpoint are arranged."""

    MOLMOACT2 = "molmoact2"
    LEROBOT = "lerobot"
    ADAPTER = "adapter"


@dataclass(frozen=True, slots=True)
class Found:
    """A checkpoint folder and what its config file says."""

    layout: Layout
    folder: Path
    config: dict[str, Any]  # config.json, or adapter_config.json


def identify(path: Path) -> Found:
    """What a run or checkpoint folder holds.

    Raises:
        CheckpointUnreadable: nothing there, or a checkpoint of another kind of model.
    """
    folder = current_folder(path)
    if (folder / ADAPTER_FILE).exists():
        return Found(Layout.ADAPTER, folder, read_json(folder / ADAPTER_FILE))
    config = read_json(folder / CONFIG_FILE)
    lerobot = "type" in config and "text_config" not in config
    kind = config.get("type" if lerobot else "model_type", MODEL_TYPE)
    if kind != MODEL_TYPE:
        raise CheckpointUnreadable(
            folder,
            reason=f"it is a {kind!r} model, expected {MODEL_TYPE!r}",
            hint="choose a MolmoAct 2 checkpoint",
        )
    return Found(Layout.LEROBOT if lerobot else Layout.MOLMOACT2, folder, config)


def current_folder(path: Path) -> Path:
    """The checkpoint folder a path means: itself, or the current one of a run.

    Raises:
        CheckpointUnreadable: neither.
    """
    if _is_checkpoint(path):
        return path
    if not path.is_dir():
        raise CheckpointUnreadable(path, reason="there is no such folder")
    if not (path / RUN_FILE).exists():
        raise CheckpointUnreadable(path, reason=f"neither {RUN_FILE} nor {CONFIG_FILE} in it")
    name = read_json(path / RUN_FILE).get("checkpoint")
    if not isinstance(name, str) or not _is_checkpoint(path / name):
        raise CheckpointUnreadable(path, reason=f"{RUN_FILE} names {name!r}, which is not there")
    return path / name


def _is_checkpoint(folder: Path) -> bool:
    return (folder / CONFIG_FILE).exists() or (folder / ADAPTER_FILE).exists()
