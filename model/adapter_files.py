"""Adapters on disk, in peft's layout: small files that need the base they were trained on.

    adapter_config.json         peft's own settings, with the released names of the matrices
    adapter_model.safetensors   first and second matrices, and the whole action expert
    base.json                   where the base was, and a fingerprint of its weights

An adapter on another base is a different policy that looks alike, so the fingerprint is checked.
Knows tensors and names; no recipe and no run.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from model.adapters import adapter_tensors, fold, own_tensors
from model.errors import AdapterMismatch, CheckpointMismatch, CheckpointUnreadable
from model.mapping import from_released
from model.network import MolmoAct2
from model.recipe import AdapterRecipe

CONFIG_FILE = "adapter_config.json"
TENSORS_FILE = "adapter_model.safetensors"
BASE_FILE = "base.json"
HEAD_BYTES = 4096  # of every tensor that enter a fingerprint: training changes all of them
_PEFT = "base_model.model."
_WHOLE = {"expert.": "model.action_expert.", "depth_gate.": "model.action_expert_depth_gate."}
_TARGETS = ("att_proj", "attn_out", "ff_proj", "ff_out", "lm_head", "patch_embedding")
_TARGETS += ("wq", "wk", "wv", "wo", "w1", "w2", "w3")


@dataclass(frozen=True, slots=True)
class Base:
    """The weights an adapter was trained on."""

    path: str
    fingerprint: str  # of the weight files, see :func:`fingerprint`

    @classmethod
    def of(cls, folder: Path) -> Base:
        """The checkpoint in ``folder``."""
        return cls(str(folder.resolve()), fingerprint(folder))


def fingerprint(folder: Path) -> str:
    """Hex digest of names, shapes and the first bytes of every tensor of a checkpoint folder.

    Reads a few megabytes even of a large checkpoint.

    Raises:
        CheckpointUnreadable: no weights in it, or cut short.
    """
    digest = hashlib.sha256()
    starts = ("model", "adapter_model")
    files = sorted(p for p in folder.glob("*.safetensors") if p.name.startswith(starts))
    if not files:
        raise CheckpointUnreadable(folder, reason="it holds no model*.safetensors")
    for file in files:
        try:
            _digest_heads(file, digest.update)
        except (OSError, ValueError, struct.error) as error:
            raise CheckpointUnreadable(file, reason=f"no complete safetensors: {error}") from error
    return digest.hexdigest()


def is_adapter(folder: Path) -> bool:
    """Whether a checkpoint folder holds an adapter in place of a whole network."""
    return (folder / BASE_FILE).exists()


def write(folder: Path, model: MolmoAct2, recipe: AdapterRecipe, base: Base) -> None:
    """The adapters of ``model`` and its action expert, into an existing folder."""
    from peft import LoraConfig  # slow to load, and planning never writes

    tensors = {f"{_PEFT}{name}": tensor for name, tensor in adapter_tensors(model).items()}
    for name, parameter in model.named_parameters():
        for own, released in _WHOLE.items():
            if name.startswith(own):
                tensors[f"{_PEFT}{released}{name.removeprefix(own)}"] = parameter
    stored = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
    save_file(stored, folder / TENSORS_FILE, metadata={"format": "pt"})
    settings = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        bias="none",
        target_modules=list(_TARGETS),
        modules_to_save=["action_expert"],
        base_model_name_or_path=base.path,
        inference_mode=True,
    )
    settings.save_pretrained(str(folder))
    text = json.dumps(asdict(base), indent=1) + "\n"
    (folder / BASE_FILE).write_text(text, encoding="utf-8")


def base_of(folder: Path, *, instead: Path | None = None) -> Path:
    """The folder of the base weights, checked.

    Args:
        folder: of the adapter.
        instead: where the base is now, when it has moved.

    Raises:
        CheckpointUnreadable: the base is not where it was.
        AdapterMismatch: other weights are there now.
    """
    record = _read_json(folder / BASE_FILE)
    wanted = Base(str(record.get("path", "")), str(record.get("fingerprint", "")))
    base = instead or Path(wanted.path)
    if not base.is_dir():
        reason = f"its base {base} is not there any more"
        raise CheckpointUnreadable(folder, reason=reason)
    found = fingerprint(base)
    if found != wanted.fingerprint:
        raise AdapterMismatch(folder, base, wanted=wanted.fingerprint, found=found)
    return base


def fold_into(model: MolmoAct2, folder: Path) -> None:
    """Make ``model``, the base, what was trained: adapters folded in, action expert replaced.

    Raises:
        CheckpointUnreadable, CheckpointMismatch: the files are not those of an adapter of it.
    """
    settings = _read_json(folder / CONFIG_FILE)
    try:
        tensors = load_file(folder / TENSORS_FILE)
    except (OSError, SafetensorError) as error:
        raise CheckpointUnreadable(folder / TENSORS_FILE, reason=str(error)) from error
    plain = {name.removeprefix(_PEFT): tensor for name, tensor in tensors.items()}
    lora = {name: tensor for name, tensor in plain.items() if ".lora_" in name}
    whole = {name: tensor for name, tensor in plain.items() if ".lora_" not in name}
    _replace(model, from_released(whole, model.config), source=folder)
    scale = float(settings["lora_alpha"]) / float(settings["r"])
    fold(model, own_tensors(lora, model.config), scale=scale)


def _replace(model: MolmoAct2, weights: Mapping[str, torch.Tensor], *, source: Path) -> None:
    own = dict(model.named_parameters())
    unexpected = sorted(set(weights) - set(own))
    needed = {name for name in own if name.startswith(tuple(_WHOLE))}
    missing = sorted(needed - set(weights))
    wrong = sorted(n for n, w in weights.items() if n in own and w.shape != own[n].shape)
    if unexpected or missing or wrong:
        raise CheckpointMismatch(source, missing=missing, unexpected=unexpected, wrong=wrong)
    with torch.no_grad():
        for name, weight in weights.items():
            own[name].copy_(weight)


def _digest_heads(file: Path, update: Callable[[bytes], None]) -> None:
    """Header of a safetensors file, and the first bytes of every tensor in it."""
    with file.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        header = json.loads(stream.read(length))
        for name in sorted(set(header) - {"__metadata__"}):
            begin, end = header[name]["data_offsets"]
            stream.seek(8 + length + begin)
            update(f"{name} {header[name]['shape']} {header[name]['dtype']}".encode())
            update(stream.read(min(HEAD_BYTES, end - begin)))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointUnreadable(path, reason=str(error)) from error
    if not isinstance(data, dict):
        raise CheckpointUnreadable(path, reason="no JSON object")
    return data
