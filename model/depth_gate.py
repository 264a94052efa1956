"""How much of the depth answer reaches the action expert: a learned gate on its keys and values.

One gate for all layers or one per layer, as the checkpoint has it. With the context norm of the
released checkpoints a gate all but cancels (a norm forgets a positive factor); it is applied all
the same, so that the numbers are those of the checkpoint. Knows no decoding.
"""

from __future__ import annotations

import torch
from torch import nn

from model.config import ModelConfig, TokenIds


def build_gate(config: ModelConfig) -> nn.Linear | nn.ModuleList | None:
    """The gate's read-outs, closed to the config's starting bias; None where there is no gate."""
    if not config.action_expert_depth_gate:
        return None
    if config.action_expert_depth_gate_per_layer:
        return nn.ModuleList(_head(config) for _ in range(config.text.num_hidden_layers))
    return _head(config)


def _head(config: ModelConfig) -> nn.Linear:
    head = nn.Linear(config.text.context_size, 1)
    nn.init.zeros_(head.weight)
    nn.init.constant_(head.bias, config.action_expert_depth_gate_init_bias)
    return head


def depth_tokens(ids: torch.Tensor, tokens: TokenIds) -> torch.Tensor:
    """Where ``ids`` belong to a depth answer: trigger, start, end and codes; bool like ``ids``."""
    named = (tokens.depth_output_token_id, tokens.depth_start_token_id, tokens.depth_end_token_id)
    found = torch.zeros_like(ids, dtype=torch.bool)
    for token in named:
        if token is not None:
            found |= ids == token
    if (first := tokens.depth_token_start_id) is not None:
        found |= (ids >= first) & (ids < first + tokens.num_depth_tokens)
    return found


def openings(
    gate: nn.Linear | nn.ModuleList,
    values: list[torch.Tensor],  # L × (B, S, kv·hd)
    *,
    depth: torch.Tensor,  # (B, S) bool, depth tokens
    seen: torch.Tensor,  # (B, S) bool, what the expert may look at
) -> list[torch.Tensor]:
    """L × (B, 1), 0 shut … 1 open, from the mean value of all that is not depth."""
    rest = (seen & ~depth)[..., None]
    count = rest.sum(1).clamp_min(1)

    def opening(head: nn.Module, layer: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(head((layer * rest).sum(1) / count))

    if isinstance(gate, nn.ModuleList):
        return [opening(head, layer) for head, layer in zip(gate, values, strict=True)]
    return [opening(gate, values[-1])] * len(values)


def gated(
    layers: list[torch.Tensor],  # L × (B, S, kv·hd)
    open_by: list[torch.Tensor],  # L × (B, 1)
    *,
    depth: torch.Tensor,  # (B, S) bool
) -> list[torch.Tensor]:
    """The layers with their depth tokens multiplied by the gate."""
    return [
        torch.where(depth[..., None], layer * factor[:, None], layer)
        for layer, factor in zip(layers, open_by, strict=True)
    ]
