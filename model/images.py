"""Pictures as the vision tower wants them: squashed to a square, cut into patches, −1…1.

Knows no cameras and no prompts.
"""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from recordings.types import U8


def squash(image: U8, *, size: int) -> U8:
    """(h, w, 3) → (size, size, 3) uint8: bilinear, aspect ratio not kept, no antialias."""
    if image.shape[:2] == (size, size):
        return image
    pixels = torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)[None]
    resized = functional.interpolate(pixels, (size, size), mode="bilinear", align_corners=False)
    return resized[0].permute(1, 2, 0).round().clamp(0, 255).to(torch.uint8).numpy()


def patchify(images: torch.Tensor, *, patch: int) -> torch.Tensor:
    """(N, s, s, 3) uint8 → (N, patches, 3·patch²) float32 −1…1; row, column, channel in a patch."""
    count, height, width, channels = images.shape
    rows, columns = height // patch, width // patch
    grid = images.reshape(count, rows, patch, columns, patch, channels).permute(0, 1, 3, 2, 4, 5)
    flat = grid.reshape(count, rows * columns, patch * patch * channels)
    return flat.to(torch.float32) / 255.0 * 2.0 - 1.0


def pooling_indices(patch_grid: tuple[int, int], *, side: int) -> torch.Tensor:
    """(image tokens, side²) int64 patch indices of one picture, −1 where the grid ends."""
    rows, columns = patch_grid
    indices = torch.arange(rows * columns).reshape(rows, columns)
    padded = functional.pad(indices, (0, -columns % side, 0, -rows % side), value=-1)
    high, wide = padded.shape[0] // side, padded.shape[1] // side
    windows = padded.reshape(high, side, wide, side).permute(0, 2, 1, 3)
    return windows.reshape(high * wide, side * side)
