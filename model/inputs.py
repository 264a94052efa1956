"""What enters the network: one batch of prompts with their pictures, as tensors.

Knows no text and no robot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch


@dataclass(frozen=True, slots=True)
class ModelInputs:
    """A batch of prompts with their pictures. Rows are left-padded to one length.

    Shape letters: B examples, S tokens.
    """

    input_ids: torch.Tensor  # (B, S) int64
    attention_mask: torch.Tensor  # (B, S) bool, False = padding
    position_ids: torch.Tensor  # (B, S) int64, counts valid tokens from 0
    image_block: torch.Tensor  # (B, S) bool, tokens that see each other in both directions
    pixel_values: torch.Tensor  # (pictures, patches, 3·p²) float32 −1…1, all pictures in order
    pooling: torch.Tensor  # (image tokens, side²) int64 patch indices over the whole batch, −1 none
    features: torch.Tensor | None = None  # (image tokens, hidden) computed before, None: not yet

    @property
    def batch(self) -> int:
        """B."""
        return self.input_ids.shape[0]

    def to(self, device: torch.device | str) -> Self:
        """The same batch on another device."""
        return type(self)(
            input_ids=self.input_ids.to(device),
            attention_mask=self.attention_mask.to(device),
            position_ids=self.position_ids.to(device),
            image_block=self.image_block.to(device),
            pixel_values=self.pixel_values.to(device),
            pooling=self.pooling.to(device),
            features=None if self.features is None else self.features.to(device),
        )


def left_pad(
    rows: Sequence[Sequence[int]], *, pad: int, bos: int | None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Rows of token ids as one rectangle.

    Args:
        rows: token ids per example.
        pad: id to the left of shorter rows.
        bos: put in front of every row, unless all rows already start with it; None adds none.

    Returns:
        ids (B, S) int64, valid (B, S) bool, positions (B, S) int64.
    """
    if bos is not None and not all(row and row[0] == bos for row in rows):
        rows = [[bos, *row] for row in rows]
    length = max(len(row) for row in rows)
    ids = torch.tensor([[pad] * (length - len(row)) + list(row) for row in rows])
    lengths = torch.tensor([len(row) for row in rows])
    valid = torch.arange(length)[None] >= (length - lengths)[:, None]
    positions = (valid.long().cumsum(1) - 1).clamp_min(0)
    return ids, valid, positions


def shift_pooling(pooling: torch.Tensor, *, pictures: int, patches: int) -> torch.Tensor:
    """Patch indices of one picture repeated for ``pictures`` of them, counted over the batch.

    Args:
        pooling: (tokens, side²) int64 of one picture, −1 none.
        pictures: how many.
        patches: patches per picture.

    Returns:
        (pictures · tokens, side²) int64.
    """
    offset = torch.arange(pictures)[:, None, None] * patches
    return torch.where(pooling[None] >= 0, pooling[None] + offset, -1).flatten(0, 1)
