"""Pictures as the vision tower wants them: squashed to a square, cut into patches, −1…1.

Knows no cameras and no prompts.
"""

from __future__ import annotations

import torch

from recordings.types import U8


def squash(image: U8, *, size: int) -> U8:
    """(h, w, 3) → (size, size, 3) uint8: bilinear, aspect ratio not kept, no antialias."""
    raise NotImplementedError


def patchify(images: torch.Tensor, *, patch: int) -> torch.Tensor:
    """(N, s, s, 3) uint8 → (N, patches, 3·patch²) float32 −1…1; row, column, channel in a patch."""
    raise NotImplementedError


def pooling_indices(patch_grid: tuple[int, int], *, side: int) -> torch.Tensor:
    """(image tokens, side²) int64 patch indices of one picture, −1 where the grid ends."""
    raise NotImplementedError
