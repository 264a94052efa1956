"""A training aid: reads straight from the image tokens where things are in the picture.

It makes the image tower learn places in hundreds of steps instead of thousands, and is thrown away
after pretraining; no checkpoint contains it. Knows no names: things are columns.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

PLACE_WEIGHT = 20.0  # squared cell widths count this much against the cell's cross entropy


class PointingHead(nn.Module):
    """Per image token and thing: is it here, and where in the whole picture.

    Places are absolute on purpose: a token must know where it is, or nobody who looks at its
    content alone could tell.
    """

    def __init__(self, width: int, *, things: int, grid: tuple[int, int]) -> None:
        super().__init__()
        self.things = things
        self._size = torch.tensor([grid[1], grid[0]], dtype=torch.float32)  # cells in x, in y
        self.read = nn.Sequential(nn.RMSNorm(width), nn.Linear(width, things * 3))

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Image tokens (pictures, cells, width) → cell logits (pictures, things, cells) and the
        places (pictures, things, cells, 2) each cell would point at, 0 … 1 of the picture.
        """
        read = self.read(features).unflatten(-1, (self.things, 3)).transpose(1, 2)
        return read[..., 0], read[..., 1:] + 0.5

    def loss(self, features: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
        """Cross entropy of the right cell plus the squared distance it points beside the thing.

        Args:
            features: (pictures, cells, width).
            points: (pictures, things, 2) x and y, 0 … 1 of the picture, NaN where unseen.
        """
        logits, places = self(features)
        seen = ~points[..., 0].isnan()
        wanted = points[seen]
        cell = self._cells(wanted)
        beside = (places[seen][torch.arange(len(cell)), cell] - wanted) * self._size
        apart = beside.square().sum(-1).mean()
        return functional.cross_entropy(logits[seen], cell) + PLACE_WEIGHT * apart

    def point(self, features: torch.Tensor) -> torch.Tensor:
        """(pictures, things, 2) most likely places, 0 … 1 of the picture."""
        logits, places = self(features)
        best = logits.argmax(-1)[..., None, None].expand(-1, -1, 1, 2)
        return places.gather(2, best)[:, :, 0]

    def _cells(self, points: torch.Tensor) -> torch.Tensor:
        """(k, 2) → index of the cell (k,)."""
        corner = (points * self._size).floor().clamp_min(0)
        corner = torch.minimum(corner, self._size - 1)
        return (corner[:, 1] * self._size[0] + corner[:, 0]).long()
