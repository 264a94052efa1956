"""Real-time chunking: draw a new chunk that continues the one already running.

While the network plans, the arm keeps executing. The rows that will have been executed by the time
the plan arrives are given, the following ones are wished for, the rest is free. At every flow step
the estimate of the final chunk is pulled towards them (identity form: no gradient through the
network). Of several such chunks the one closest to the running plan is chosen.

Everything is normalised; knows no robot units and no clock.

Source: Black et al., Real-Time Execution of Action Chunking Flow Policies (2025), with the
Jacobian replaced by the identity.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch

Schedule = Literal["linear", "exp"]
STRONGEST = 10.0  # bound of the pull; more than the number of Euler steps overshoots


def prefix_weights(rows: int, *, delay: int, end: int, schedule: Schedule = "exp") -> torch.Tensor:
    """(rows,) how firmly each row is held: 1 before ``delay``, falling, 0 from ``end`` on.

    Args:
        rows: rows of a chunk.
        delay: rows that will be past when the plan arrives.
        end: rows of the running plan that are known.
        schedule: how the weight falls in between.
    """
    delay, end = min(delay, rows), min(end, rows)
    weights = torch.zeros(rows)
    weights[: min(delay, end)] = 1.0
    if end > delay:
        falling = torch.linspace(1.0, 0.0, end - delay + 2)[1:-1]
        if schedule == "exp":
            falling = falling * torch.expm1(falling) / torch.expm1(torch.ones(()))
        weights[delay:end] = falling
    return weights


def pull(time: float, *, strongest: float = STRONGEST) -> float:
    """Strength of the pull at a flow time (0 noise … 1 data)."""
    if time <= 0.0:
        return strongest
    left = 1.0 - time
    return min(left / time * (left**2 + time**2) / left**2, strongest)


@dataclass(frozen=True, slots=True)
class PrefixGuidance:
    """Pulls every chunk towards the running plan; a :data:`model.flow.Guidance`."""

    target: torch.Tensor  # (H, D) the running plan from observation time on, zeros where unknown
    weights: torch.Tensor  # (H,)
    strongest: float = STRONGEST

    @property
    def known(self) -> int:
        """Rows of the running plan that are known."""
        return int((self.weights > 0).sum())

    def to(self, device: torch.device) -> PrefixGuidance:
        """The same on another device."""
        return replace(self, target=self.target.to(device), weights=self.weights.to(device))

    def __call__(self, chunks: torch.Tensor, velocity: torch.Tensor, time: float) -> torch.Tensor:
        """(B, N, H, D) chunks and their velocity at a flow time → guided velocity."""
        expected = chunks + (1.0 - time) * velocity
        error = (self.target - expected) * self.weights[:, None]
        return velocity + pull(time, strongest=self.strongest) * error


def incoherence(
    chunks: torch.Tensor,  # (N, H, D)
    guidance: PrefixGuidance,
    *,
    column_weights: torch.Tensor,  # (D,) 0 where padded
) -> torch.Tensor:
    """(N,) distance of each chunk to the running plan, weighted like the guidance."""
    distance = ((chunks - guidance.target).square() * column_weights).sum(-1).sqrt()
    return (distance * guidance.weights).sum(-1)
