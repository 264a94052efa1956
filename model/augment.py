"""Changes pictures the way the world does: a nudged camera, brighter or dimmer light.

Works on uint8 batches before the processor sees them, so a checkpoint never knows that it happened.
Knows no labels: shifts are small enough (a few pixels) to leave actions valid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recordings.types import U8


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far pictures may be changed; zeros change nothing."""

    shift_px: int = 3  # largest shift in both directions, at the model's picture size
    brightness: float = 0.2  # factor drawn from 1 ± this
    contrast: float = 0.1  # factor about the picture's mean, drawn from 1 ± this


def augment(images: U8, rng: np.random.Generator, *, amount: Augmentation) -> U8:
    """A changed copy of every picture, each with its own draw.

    Args:
        images: (m, s, s, 3) uint8 RGB.
        rng: the step's own generator, so a resumed run draws the same.
        amount: how far.
    """
    shifted = shift(images, rng, largest_px=amount.shift_px)
    if not amount.brightness and not amount.contrast:
        return shifted
    count = (len(images), 1, 1, 1)
    gain = rng.uniform(1 - amount.brightness, 1 + amount.brightness, count).astype(np.float32)
    contrast = rng.uniform(1 - amount.contrast, 1 + amount.contrast, count).astype(np.float32)
    values = shifted.astype(np.float32) * gain
    mean = values.mean(axis=(1, 2, 3), keepdims=True)
    return np.clip((values - mean) * contrast + mean, 0, 255).astype(np.uint8)


def shift(images: U8, rng: np.random.Generator, *, largest_px: int) -> U8:
    """Every picture moved by up to ``largest_px`` in x and y, its border repeated."""
    if largest_px == 0:
        return images
    size = images.shape[1]
    offsets = rng.integers(-largest_px, largest_px + 1, (2, len(images), 1))
    rows, columns = np.clip(np.arange(size) + offsets, 0, size - 1)  # each (m, s)
    picture = np.arange(len(images))[:, None, None]
    return images[picture, rows[:, :, None], columns[:, None, :]]
