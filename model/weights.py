"""The weight files of a checkpoint: one safetensors file, or shards with an index.

Reads tensor by tensor, so that a network of any size needs its own memory and no more. Knows
files and names; not what the tensors are for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from huggingface_hub import save_torch_state_dict
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from model.errors import CheckpointUnreadable
from model.json_files import read_json
from model.layouts import INDEX_FILE, WEIGHTS_FILE

AGAIN = "the file is incomplete: download or copy it again"


@dataclass(frozen=True, slots=True)
class WeightFiles:
    """The safetensors files that make up one checkpoint. All of them exist."""

    files: tuple[Path, ...]
    folder: Path

    @classmethod
    def find(cls, folder: Path) -> WeightFiles:
        """The files of a folder, by its index where it has one.

        Raises:
            CheckpointUnreadable: no weights, or a shard is missing.
        """
        index = folder / INDEX_FILE
        if not index.exists():
            return cls(_existing(folder, [WEIGHTS_FILE]), folder)
        placed = read_json(index).get("weight_map")
        if not isinstance(placed, dict) or not placed:
            raise CheckpointUnreadable(index, reason="it lists no tensors", hint=AGAIN)
        return cls(_existing(folder, sorted(set(map(str, placed.values())))), folder)

    @property
    def source(self) -> Path:
        """What to call these weights in a message."""
        return self.files[0] if len(self.files) == 1 else self.folder

    def names(self) -> list[str]:
        """Every tensor name, without reading a tensor.

        Raises:
            CheckpointUnreadable: a file is cut short or none of safetensors.
        """
        return [name for path in self.files for name in _names(path)]

    def __iter__(self) -> Iterator[tuple[str, torch.Tensor]]:
        """Name and tensor, file after file; a tensor may be a view of the file.

        Raises:
            CheckpointUnreadable: as :meth:`names`.
        """
        for path in self.files:
            yield from _tensors(path)


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """All tensors of one file.

    Raises:
        CheckpointUnreadable: missing, cut short or no safetensors.
    """
    return dict(_tensors(path))


def write_tensors(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """One file, on the disk when this returns.

    Raises:
        OSError: it cannot be written.
    """
    plain = {k: _unshared(v) for k, v in tensors.items()}
    save_file(plain, path, metadata={"format": "pt"})
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_shards(folder: Path, tensors: Mapping[str, torch.Tensor], *, largest: str) -> None:
    """One file, or several with an index when together they are larger than ``largest``.

    Args:
        folder: exists.
        tensors: by name.
        largest: size of a file, such as ``5GB``.

    Raises:
        OSError: it cannot be written.
    """
    plain = {k: _unshared(v) for k, v in tensors.items()}
    save_torch_state_dict(plain, folder, max_shard_size=largest, metadata={"format": "pt"})


def _unshared(tensor: torch.Tensor) -> torch.Tensor:
    """On the CPU, contiguous, and alone in its memory; copied only where it is not."""
    plain = tensor.detach().cpu().contiguous()
    alone = plain.untyped_storage().nbytes() == plain.nbytes
    return plain if alone else plain.clone()


def _existing(folder: Path, names: list[str]) -> tuple[Path, ...]:
    paths = [folder / name for name in names]
    missing = [path.name for path in paths if not path.exists()]
    if missing and len(paths) == 1:
        raise CheckpointUnreadable(paths[0], reason="there is no such file")
    if missing:
        there = f"{len(paths) - len(missing)} of {len(paths)} weight files are there"
        raise CheckpointUnreadable(
            folder,
            reason=f"{there}, missing: {', '.join(missing)}",
            hint="download or copy the missing files into this folder",
        )
    return tuple(paths)


def _names(path: Path) -> list[str]:
    try:
        with safe_open(path, framework="pt") as file:
            return list(file.keys())
    except (OSError, SafetensorError) as error:
        raise _unreadable(path, error) from error


def _tensors(path: Path) -> Iterator[tuple[str, torch.Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118 - a safe_open is no mapping
                yield name, file.get_tensor(name)
    except (OSError, SafetensorError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> CheckpointUnreadable:
    if isinstance(error, SafetensorError):
        return CheckpointUnreadable(path, reason=f"no complete safetensors: {error}", hint=AGAIN)
    reason = getattr(error, "strerror", None) or str(error) or "cannot open"
    return CheckpointUnreadable(path, reason=reason)
