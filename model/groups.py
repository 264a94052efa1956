"""Which parameters learn, and with which of the recipe's rates.

Knows the names of the modules and nothing about data or steps.
"""

from __future__ import annotations

import torch

from model.network import MolmoAct2
from model.recipe import GROUPS, Recipe

WORDS = "embed_tokens"


def group_of(parameter_name: str, *, frozen_words: bool = False) -> str:
    """The recipe group of a parameter.

    Args:
        parameter_name: as in ``named_parameters``.
        frozen_words: of the embedding only the image tokens learn; they belong to the connector.
    """
    if parameter_name.startswith(("expert.", "depth_gate.")):
        return "expert"
    marks = [("vision_tower", "vision"), ("multi_modal_projector", "connector")]
    marks += [(WORDS, "connector")] if frozen_words else []
    return next((group for mark, group in marks if mark in parameter_name), "text")


def choose_trainable(model: MolmoAct2, recipe: Recipe) -> None:
    """Let the parameters learn that ``recipe`` wants to learn, and no others."""
    for name, parameter in model.named_parameters():
        group = group_of(name, frozen_words=recipe.frozen_words)
        learns = recipe.learning_rate[group] > 0
        if recipe.mode == "lora" and group != "expert":
            learns = learns and ".lora_" in name
        parameter.requires_grad_(learns)
    words = model.backbone.model.language_model.embed_tokens.weight
    if recipe.frozen_words and words.requires_grad:
        first = model.config.text.vocab_size  # rows from here on are image tokens
        words.register_hook(lambda gradient: _without(gradient, before=first))


def parameter_groups(
    model: MolmoAct2, *, frozen_words: bool = False
) -> dict[str, list[torch.nn.Parameter]]:
    """Trainable parameters by recipe group."""
    groups: dict[str, list[torch.nn.Parameter]] = {name: [] for name in GROUPS}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            groups[group_of(name, frozen_words=frozen_words)].append(parameter)
    return {name: params for name, params in groups.items() if params}


def _without(gradient: torch.Tensor, *, before: int) -> torch.Tensor:
    """The gradient with zeros in its first rows: with no weight decay, those rows stay."""
    kept = gradient.clone()
    kept[:before] = 0
    return kept
