"""How each preset is trained: step sizes, batch, averaging. Numbers only; knows no torch.

A learning rate belongs to a group of parameters (text, vision, connector, expert): pretrained parts
move slowly, the action expert starts from nothing and moves fast. Three modes say how much of the
pretrained half learns at all: everything, small adapters on its matrices, or nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from model.augment import PUBLISHED_AUGMENTATION, Augmentation
from model.errors import ConfigInvalid

GROUPS = ("text", "vision", "connector", "expert")
Mode = Literal["full", "lora", "freeze"]
MODES: tuple[Mode, ...] = ("full", "lora", "freeze")


@dataclass(frozen=True, slots=True)
class AdapterRecipe:
    """Low-rank adapters on every large matrix of the pretrained half."""

    rank: int = 64
    alpha: int = 16  # the adapter's output is scaled by alpha / rank
    dropout: float = 0.05
    seed: int = 6198


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
    mode: Mode = "full"
    adapter: AdapterRecipe | None = None  # of mode "lora"
    rate_ends_at: int | None = None  # update at which the cosine ends; None: with the run
    residual_dropout: float = 0.0  # on what attention and MLP of a language layer add
    frozen_words: bool = False  # word embeddings rest; those of image tokens are connector
    mask_padding: bool = False  # rows behind the end or under another driver carry no loss
    accumulate: int = 1  # parts a batch is computed in, one after the other
    checkpointing: bool = False  # compute activations twice and keep few of them
    corrections_share: float | None = None  # of every batch; None: all examples alike


RECIPES: dict[str, Recipe] = {
    "tiny": Recipe(
        learning_rate={"text": 3e-4, "vision": 0.0, "connector": 0.0, "expert": 1e-3},
        warmup_steps=50,
        final_rate=0.02,
        average=0.99,
        state_noise=0.02,
        heldout_fraction=0.04,  # 2 of 50: each one more cube place to learn from counts
        augmentation=Augmentation(shift_px=1),
        looks=2,
    ),
    "full": Recipe(  # as published; the rates are those of full fine-tuning
        learning_rate={"text": 1e-5, "vision": 5e-6, "connector": 5e-6, "expert": 5e-5},
        flow_times=8,
        rate_ends_at=24_000,
        residual_dropout=0.1,
        frozen_words=True,
        mask_padding=True,
        checkpointing=True,
        augmentation=PUBLISHED_AUGMENTATION,
    ),
}
RECIPES["mid"] = RECIPES["full"]
USUAL_MODE: Mapping[str, Mode] = {"tiny": "full", "mid": "full", "full": "lora"}
ADAPTER_RATE = 5e-5  # of every group, where the preset's own rates are those of pretrained weights


def recipe_for(name: str, mode: Mode | None = None) -> Recipe:
    """The recipe of a preset in one mode; None takes what is usual for it.

    Raises:
        ConfigInvalid: no such preset or mode.
    """
    if name not in RECIPES:
        raise ConfigInvalid("preset", name, expected=" or ".join(RECIPES))
    chosen, base = mode or USUAL_MODE[name], RECIPES[name]
    if chosen not in MODES:
        raise ConfigInvalid("mode", chosen, expected=" or ".join(MODES))
    if chosen == "full":
        return base
    expert = base.learning_rate["expert"]
    if chosen == "freeze":
        rates = {**dict.fromkeys(GROUPS, 0.0), "expert": expert}
        return replace(base, mode=chosen, learning_rate=rates, residual_dropout=0.0)
    pretrained = name != "tiny"
    rates = dict.fromkeys(GROUPS, ADAPTER_RATE) if pretrained else dict(base.learning_rate)
    return replace(base, mode=chosen, learning_rate=rates, adapter=AdapterRecipe())


def rate_factor(recipe: Recipe, *, step: int, fraction: float) -> float:
    """What the peak rates are multiplied with.

    Args:
        recipe: warm-up and final value.
        step: updates done so far.
        fraction: how much of the run is over, 0 … 1.
    """
    warm = min(1.0, (step + 1) / recipe.warmup_steps) if recipe.warmup_steps else 1.0
    if recipe.rate_ends_at is not None:
        left = recipe.rate_ends_at - recipe.warmup_steps
        fraction = (step + 1 - recipe.warmup_steps) / left
    cosine = 0.5 * (1 + math.cos(math.pi * min(max(fraction, 0.0), 1.0)))
    return warm * (recipe.final_rate + (1 - recipe.final_rate) * cosine)


def average_decay(recipe: Recipe, *, step: int) -> float:
    """Decay of the running average at this step: a short memory first forgets early noise."""
    return min(recipe.average, (1 + step) / (10 + step))
