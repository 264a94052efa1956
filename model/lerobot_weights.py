"""Tensor names of LeRobot policies ↔ released ones; LoRA pairs are merged while they are read.

LeRobot puts ``model.`` in front of every released name. A policy with LoRA adapters keeps each
adapted matrix as ``….base_layer.weight`` with a pair ``….lora_A``, ``….lora_B`` beside it.
Knows no files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch

from model.lerobot_export import PREFIX

_WRAPPED = "model.base_model.model."
_LORA = re.compile(r"^(?P<layer>.+)\.lora_(?P<side>[AB])\.default\.weight$")
_BASE = ".base_layer."


def released_name(name: str) -> str:
    """Without what LeRobot and peft put around it."""
    bare = name.removeprefix(_WRAPPED if name.startswith(_WRAPPED) else PREFIX)
    return bare.replace(_BASE, ".")


def lora_scale(policy: Mapping[str, Any]) -> float:
    """Alpha / rank of a policy's adapters, as its config (or LeRobot's default) has it."""
    return float(policy.get("lora_alpha") or 16) / float(policy.get("lora_rank") or 64)


def merged(
    tensors: Iterable[tuple[str, torch.Tensor]], *, scale: float
) -> Iterator[tuple[str, torch.Tensor]]:
    """Released names and tensors of a policy, adapters added to their matrices.

    Reads ``tensors`` twice when there are adapters: first the (small) pairs, then everything.

    Args:
        tensors: names and tensors as LeRobot saved them; can be iterated again.
        scale: of the product B·A.
    """
    pairs = {layer: pair for layer, pair in _pairs(tensors).items() if set(pair) == {"A", "B"}}
    for name, tensor in tensors:
        found = _LORA.match(name)
        if found and found["layer"] in pairs:
            continue
        layer = name.rsplit(_BASE, 1)[0] if name.endswith(f"{_BASE}weight") else ""
        pair = pairs.get(layer)
        yield released_name(name), tensor if pair is None else _adapted(tensor, pair, scale)


def _adapted(matrix: torch.Tensor, pair: Mapping[str, torch.Tensor], scale: float) -> torch.Tensor:
    change = pair["B"].float() @ pair["A"].float()
    return (matrix.float() + scale * change).to(matrix.dtype)


def _pairs(tensors: Iterable[tuple[str, torch.Tensor]]) -> dict[str, dict[str, torch.Tensor]]:
    pairs: dict[str, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors:
        if found := _LORA.match(name):
            pairs.setdefault(found["layer"], {})[found["side"]] = tensor.clone()
    return pairs
