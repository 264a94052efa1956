"""Flow matching: what the expert is asked to learn, and how a chunk is drawn from noise.

Noise is at flow time 0, data at 1. Pure tensor functions; knows no network and no robot.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from model.config import ModelConfig

Velocity = Callable[[torch.Tensor, int], torch.Tensor]
# (chunks (B, N, H, D), Euler step) → velocity (B, N, H, D)
Guidance = Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor]
# (chunks (B, N, H, D), velocity, flow time) → guided velocity


def draw_times(
    config: ModelConfig, shape: tuple[int, ...], generator: torch.Generator | None
) -> torch.Tensor:
    """Flow times to learn at: Beta-distributed, never quite 0.

    Args:
        config: Beta parameters, offset, scale and cutoff.
        shape: of the result, float32.
        generator: source of randomness; None takes torch's own.
    """
    seed = int(torch.randint(2**62, (), generator=generator))
    beta = np.random.default_rng(seed).beta(
        config.flow_matching_beta_alpha, config.flow_matching_beta_beta, shape
    )
    offset = config.flow_matching_time_offset
    upper = min(config.flow_matching_cutoff, offset + config.flow_matching_time_scale)
    return torch.from_numpy(offset + (upper - offset) * beta).to(torch.float32)


def matching_loss(
    velocity: torch.Tensor,  # (B, N, H, D) as predicted
    actions: torch.Tensor,  # (B, H, D) data
    noise: torch.Tensor,  # (B, N, H, D)
    *,
    valid_columns: torch.Tensor,  # (B, D) bool
    valid_rows: torch.Tensor | None = None,  # (B, H) bool
) -> torch.Tensor:
    """(B,) squared error of the velocity: mean over valid columns, then over all N·H rows."""
    error = (velocity.float() - (actions[:, None] - noise)).square()
    if valid_rows is not None:
        error = error * valid_rows[:, None, :, None]
    columns = valid_columns[:, None, None, :].to(error.dtype)
    per_row = (error * columns).sum(-1) / columns.sum(-1).clamp_min(1.0)
    return per_row.mean(dim=(1, 2))


def integrate(
    velocity: Velocity,
    noise: torch.Tensor,  # (B, N, H, D)
    *,
    steps: int,
    valid_columns: torch.Tensor,  # (B, D) bool
    guidance: Guidance | None = None,
) -> torch.Tensor:
    """(B, N, H, D) at flow time 1: Euler steps, padded columns held at zero."""
    columns = valid_columns[:, None, None, :].to(noise.dtype)
    chunks = noise * columns
    for step in range(steps):
        towards = velocity(chunks, step) * columns
        if guidance is not None:
            towards = guidance(chunks, towards, step / steps) * columns
        chunks = (chunks + towards / steps) * columns
    return chunks
