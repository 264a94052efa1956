"""A training aid: reads from the prompt's last token what the action expert could read there.

The expert looks at the values of every layer. This head looks at the same values, of one token
only, and says where things are; training it teaches the language model to gather the places its
task is about on that token. Thrown away after pretraining; no checkpoint contains it.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

BEND = 0.3  # standard deviations: larger errors count linearly


class GroundingHead(nn.Module):
    """One linear reading per layer; the first layer's values have looked at nothing yet."""

    def __init__(self, width: int, *, layers: int, targets: torch.Tensor) -> None:
        """A head for columns that are distributed like ``targets`` (m, d), NaN = no answer."""
        super().__init__()
        self.mean = targets.nanmean(0)
        self.spread = (targets - self.mean).square().nanmean(0).sqrt().clamp_min(0.02)
        self.read = nn.ModuleList(
            nn.Sequential(nn.RMSNorm(width), nn.Linear(width, targets.shape[1]))
            for _ in range(layers - 1)
        )

    def forward(self, values: list[torch.Tensor]) -> list[torch.Tensor]:
        """Values per layer (B, S, width) → per layer (B, d) in standard deviations."""
        return [read(v[:, -1]) for read, v in zip(self.read, values[1:], strict=True)]

    def answer(self, values: list[torch.Tensor]) -> torch.Tensor:
        """(B, d) what the last layer says, in the unit of the targets."""
        return self(values)[-1] * self.spread + self.mean

    def loss(
        self, values: list[torch.Tensor], wanted: torch.Tensor, weight: torch.Tensor
    ) -> torch.Tensor:
        """Mean error over all answers that exist, summed over layers.

        Args:
            values: per layer (B, S, width).
            wanted: (B, d), NaN where there is no answer.
            weight: (d,) of each column.
        """
        counts = ~wanted.isnan() * weight
        goal = torch.nan_to_num((wanted - self.mean) / self.spread)
        errors = [
            functional.smooth_l1_loss(said, goal, reduction="none", beta=BEND)
            for said in self(values)
        ]
        return torch.stack([(error * counts).sum() / counts.sum() for error in errors]).sum()
