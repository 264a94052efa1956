"""Changes pictures the way the world does: a nudged camera, other light, other colours.

Works on uint8 batches before the processor sees them, so a checkpoint never knows that it happened.
Knows no labels: shifts are small enough (a few pixels) to leave actions valid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from recordings.types import U8


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far pictures may be changed; zeros change nothing."""

    shift_px: int = 3  # largest shift in both directions, at the model's picture size
    brightness: float = 0.2  # factor drawn from 1 ± this
    contrast: float = 0.1  # factor about the picture's mean, drawn from 1 ± this
    crop: float = 1.0  # side of a random square that is blown up to the whole picture, 1 = none
    rotation_deg: float = 0.0  # largest turn about the middle, both ways
    saturation: float = 0.0  # factor drawn from 1 ± this
    hue: float = 0.0  # largest turn of the colour circle, 1 = all the way round
    blur: float = 0.0  # probability of a slight blur


NO_AUGMENTATION = Augmentation(shift_px=0, brightness=0.0, contrast=0.0)
# random crop to 95 % of the side, ±5°, colour jitter and now and then a blur
PUBLISHED_AUGMENTATION = Augmentation(
    shift_px=0,
    brightness=0.2,
    contrast=0.2,
    crop=0.95,
    rotation_deg=5.0,
    saturation=0.2,
    hue=0.05,
    blur=0.2,
)


def augment(images: U8, rng: np.random.Generator, *, amount: Augmentation) -> U8:
    """A changed copy of every picture, each with its own draw.

    Args:
        images: (m, s, s, 3) uint8 RGB.
        rng: the step's own generator, so a resumed run draws the same.
        amount: how far.
    """
    shifted = shift(images, rng, largest_px=amount.shift_px)
    if amount.crop < 1.0 or amount.rotation_deg:
        shifted = _each(shifted, lambda picture: crop_and_turn(picture, rng, amount=amount))
    lit = _relight(shifted, rng, amount=amount)
    if amount.saturation or amount.hue:
        lit = _each(lit, lambda picture: recolour(picture, rng, amount=amount))
    if amount.blur:
        lit = _each(lit, lambda picture: blur(picture, rng, amount=amount))
    return lit


def _each(images: U8, change: Callable[[U8], U8]) -> U8:
    return np.stack([change(picture) for picture in images]) if len(images) else images


def _relight(shifted: U8, rng: np.random.Generator, *, amount: Augmentation) -> U8:
    """Brightness and contrast, drawn per picture."""
    images = shifted
    if not amount.brightness and not amount.contrast:
        return images
    count = (len(images), 1, 1, 1)
    gain = rng.uniform(1 - amount.brightness, 1 + amount.brightness, count).astype(np.float32)
    contrast = rng.uniform(1 - amount.contrast, 1 + amount.contrast, count).astype(np.float32)
    values = shifted.astype(np.float32) * gain
    mean = values.mean(axis=(1, 2, 3), keepdims=True)
    return np.clip((values - mean) * contrast + mean, 0, 255).astype(np.uint8)


def crop_and_turn(picture: U8, rng: np.random.Generator, *, amount: Augmentation) -> U8:
    """A random square of the picture, turned about its middle, at the full size again."""
    size = picture.shape[0]
    side = amount.crop * size
    left, top = rng.uniform(0.0, size - side, 2) if side < size else (0.0, 0.0)
    angle = rng.uniform(-amount.rotation_deg, amount.rotation_deg)
    middle = (left + (side - 1) / 2, top + (side - 1) / 2)
    matrix = cv2.getRotationMatrix2D(middle, angle, size / side)
    matrix[:, 2] += (size - 1) / 2 - np.array(middle)
    border = cv2.BORDER_REPLICATE
    moved = cv2.warpAffine(picture, matrix, (size, size), borderMode=border)
    return np.asarray(moved, np.uint8)


def recolour(picture: U8, rng: np.random.Generator, *, amount: Augmentation) -> U8:
    """Saturation (against the picture in grey) and hue, both drawn."""
    factor = rng.uniform(1 - amount.saturation, 1 + amount.saturation)
    turn_deg = 360.0 * rng.uniform(-amount.hue, amount.hue)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)[..., None]
    saturated = np.clip(grey + (picture - grey) * factor, 0, 255)
    hsv = cv2.cvtColor((saturated / 255).astype(np.float32), cv2.COLOR_RGB2HSV)  # hue in degrees
    hsv[..., 0] = (hsv[..., 0] + turn_deg) % 360.0
    turned = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
    return np.clip(np.rint(turned * 255), 0, 255).astype(np.uint8)


def blur(picture: U8, rng: np.random.Generator, *, amount: Augmentation) -> U8:
    """Now and then out of focus: a Gaussian of 0.1 … 2 px."""
    if rng.random() >= amount.blur:
        return picture
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.1, 2.0)), np.uint8)


def shift(images: U8, rng: np.random.Generator, *, largest_px: int) -> U8:
    """Every picture moved by up to ``largest_px`` in x and y, its border repeated."""
    if largest_px == 0:
        return images
    size = images.shape[1]
    offsets = rng.integers(-largest_px, largest_px + 1, (2, len(images), 1))
    rows, columns = np.clip(np.arange(size) + offsets, 0, size - 1)  # each (m, s)
    picture = np.arange(len(images))[:, None, None]
    return images[picture, rows[:, :, None], columns[:, None, :]]
