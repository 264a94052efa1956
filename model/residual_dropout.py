"""Drops part of what the language layers add, in training only.

The native layers have no such dropout, the published fine-tuning has it. Knows no recipe.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from model.network import MolmoAct2


def drop_residuals(model: MolmoAct2, probability: float) -> None:
    """Drop what attention and MLP of every language layer add, each number with ``probability``."""

    def drop(module: torch.nn.Module, _inputs: object, added: torch.Tensor) -> torch.Tensor:
        return functional.dropout(added, probability, training=module.training)

    for layer in model.backbone.model.language_model.layers:
        layer.get_submodule("self_attn.o_proj").register_forward_hook(drop)
        layer.get_submodule("mlp").register_forward_hook(drop)
