"""Flow matching: what the expert is asked to learn, and how a chunk is drawn from noise.

Noise is at flow time 0, data at 1. Pure tensor functions; knows no network and no robot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from model.config import ModelConfig

NO_DELAY = 0.2  # share of examples that are learned without committed rows

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


def draw_delays(
    longest: int, shape: tuple[int, ...], generator: torch.Generator | None
) -> torch.Tensor:
    """How many rows of a chunk are already committed when it is learned: 0 … ``longest``.

    One in five has none, the others are equally likely. Returns int64 of ``shape``.
    """
    some = torch.randint(1, longest + 1, shape, generator=generator)
    none = torch.rand(shape, generator=generator) < NO_DELAY
    return some.masked_fill(none, 0)


def matching_loss(
    velocity: torch.Tensor,  # (B, N, H, D) as predicted
    actions: torch.Tensor,  # (B, H, D) data
    noise: torch.Tensor,  # (B, N, H, D)
    *,
    valid_columns: torch.Tensor,  # (B, D) bool
    valid_rows: torch.Tensor | None = None,  # (B, H) bool
    free_rows: torch.Tensor | None = None,  # (B, N, H) bool, False: committed, nothing to learn
) -> torch.Tensor:
    """(B,) squared error of the velocity: mean over valid columns, then over all free rows."""
    error = (velocity.float() - (actions[:, None] - noise)).square()
    if valid_rows is not None:
        error = error * valid_rows[:, None, :, None]
    columns = valid_columns[:, None, None, :].to(error.dtype)
    per_row = (error * columns).sum(-1) / columns.sum(-1).clamp_min(1.0)
    if free_rows is None:
        return per_row.mean(dim=(1, 2))
    free = free_rows.to(per_row.dtype)
    return (per_row * free).sum(dim=(1, 2)) / free.sum(dim=(1, 2)).clamp_min(1.0)


@dataclass(frozen=True, slots=True)
class Committed:
    """The first rows of a chunk that are already under way: given, not drawn."""

    rows: torch.Tensor  # (delay, D) normalised

    @property
    def delay(self) -> int:
        """How many rows are given."""
        return len(self.rows)

    def put(self, chunks: torch.Tensor) -> torch.Tensor:
        """(B, N, H, D) with the given rows in place."""
        given = self.rows.expand(*chunks.shape[:2], *self.rows.shape)
        return torch.cat([given, chunks[:, :, self.delay :]], dim=2)


def integrate(
    velocity: Velocity,
    noise: torch.Tensor,  # (B, N, H, D)
    *,
    steps: int,
    valid_columns: torch.Tensor,  # (B, D) bool
    guidance: Guidance | None = None,
    committed: Committed | None = None,
) -> torch.Tensor:
    """(B, N, H, D) at flow time 1: Euler steps, padded columns held at zero.

    Committed rows stay as they are: their velocity is zero, whatever the network says.
    """
    columns = valid_columns[:, None, None, :].to(noise.dtype)
    chunks = noise * columns
    if committed is not None:
        chunks = committed.put(chunks) * columns
        columns = columns.expand(-1, -1, chunks.shape[2], -1).clone()
        columns[:, :, : committed.delay] = 0.0
    for step in range(steps):
        towards = velocity(chunks, step) * columns
        if guidance is not None:
            towards = guidance(chunks, towards, step / steps) * columns
        chunks = chunks + towards / steps
    return chunks
