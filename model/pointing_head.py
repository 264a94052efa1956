"""A training aid: reads straight from the image tokens where things are in the picture.

It makes the image tower learn places in hundreds of steps instead of thousands, and is thrown away
after pretraining; no checkpoint contains it. Knows no names: things are columns.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

OFFSET_WEIGHT = 20.0  # squared cell widths count this much against the cell's cross entropy


class PointingHead(nn.Module):
    """Per image token and thing: is it here, and where within this cell."""

    def __init__(self, width: int, *, things: int, grid: tuple[int, int]) -> None:
        super().__init__()
        self.things = things
        self.rows, self.columns = grid
        self.read = nn.Sequential(nn.RMSNorm(width), nn.Linear(width, things * 3))

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Image tokens (pictures, cells, width) → cell logits (pictures, things, cells) and
        offsets (pictures, things, cells, 2) in cells from the cell's corner.
        """
        read = self.read(features).unflatten(-1, (self.things, 3)).transpose(1, 2)
        return read[..., 0], read[..., 1:].sigmoid() * 2 - 0.5

    def loss(self, features: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
        """Cross entropy of the right cell plus squared offset within it.

        Args:
            features: (pictures, cells, width).
            points: (pictures, things, 2) x and y, 0 … 1 of the picture, NaN where unseen.
        """
        logits, offsets = self(features)
        seen = ~points[..., 0].isnan()
        cell, within = self._cells(points[seen])
        pointed = offsets[seen][torch.arange(len(cell)), cell]
        apart = (pointed - within).square().sum(-1).mean()
        return functional.cross_entropy(logits[seen], cell) + OFFSET_WEIGHT * apart

    def point(self, features: torch.Tensor) -> torch.Tensor:
        """(pictures, things, 2) most likely places, 0 … 1 of the picture."""
        logits, offsets = self(features)
        best = logits.argmax(-1)
        within = offsets.gather(2, best[..., None, None].expand(-1, -1, 1, 2))[:, :, 0]
        corner = torch.stack([best % self.columns, best // self.columns], dim=-1)
        return (corner + within) / torch.tensor([self.columns, self.rows])

    def _cells(self, points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(k, 2) → index of the cell (k,) and place within it (k, 2), in cells."""
        scaled = points * torch.tensor([self.columns, self.rows])
        corner = scaled.floor()
        corner = torch.minimum(corner, torch.tensor([self.columns - 1.0, self.rows - 1.0]))
        return (corner[:, 1] * self.columns + corner[:, 0]).long(), scaled - corner
