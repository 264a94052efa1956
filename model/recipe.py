"""How each preset is trained: step sizes, batch, averaging. Numbers only; knows no torch.

A learning rate belongs to a group of parameters (text, vision, connector, expert): pretrained parts
move slowly, the action expert starts from nothing and moves fast.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from model.augment import Augmentation

GROUPS = ("text", "vision", "connector", "expert")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything a fine-tuning run decides besides its data and its length."""

    learning_rate: Mapping[str, float]  # group → peak rate, 0 = frozen
    batch_size: int = 32
    flow_times: int = 4  # noise levels per example, sharing one pass of the backbone
    warmup_steps: int = 200
    final_rate: float = 0.1  # of the peak, reached by the cosine at the end
    betas: tuple[float, float] = (0.9, 0.95)
    epsilon: float = 1e-6
    weight_decay: float = 0.0
    clip_norm: float = 1.0  # per group
    average: float = 0.0  # decay of the weights' running average, 0 = none
    state_noise: float = 0.0  # standard deviation added to normalised states
    heldout_fraction: float = 0.1
    augmentation: Augmentation = field(default_factory=Augmentation)
    looks: int = 4  # per picture when the eyes are frozen: one as it is, the others altered


RECIPES: dict[str, Recipe] = {
    "tiny": Recipe(
        learning_rate={"text": 3e-4, "vision": 0.0, "connector": 0.0, "expert": 1e-3},
        warmup_steps=50,
        final_rate=0.02,
        average=0.99,
        state_noise=0.02,
        augmentation=Augmentation(shift_px=1),
        looks=2,
    ),
    # published full fine-tuning; adapters come with the released weights
    "full": Recipe(
        learning_rate={"text": 1e-5, "vision": 5e-6, "connector": 5e-6, "expert": 5e-5},
        flow_times=8,
        augmentation=Augmentation(shift_px=9),
    ),
}


def rate_factor(recipe: Recipe, *, step: int, fraction: float) -> float:
    """What the peak rates are multiplied with.

    Args:
        recipe: warm-up and final value.
        step: updates done so far.
        fraction: how much of the run is over, 0 … 1.
    """
    warm = min(1.0, (step + 1) / recipe.warmup_steps) if recipe.warmup_steps else 1.0
    cosine = 0.5 * (1 + math.cos(math.pi * min(max(fraction, 0.0), 1.0)))
    return warm * (recipe.final_rate + (1 - recipe.final_rate) * cosine)


def average_decay(recipe: Recipe, *, step: int) -> float:
    """Decay of the running average at this step: a short memory first forgets early noise."""
    return min(recipe.average, (1 + step) / (10 + step))
