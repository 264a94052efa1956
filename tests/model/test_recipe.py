"""The published numbers: learning rates over time, what learns, how much of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from model.adapters import adapter_tensors, put_on
from model.choices import Choices
from model.errors import ConfigInvalid
from model.groups import choose_trainable, parameter_groups
from model.network import MolmoAct2
from model.presets import preset
from model.recipe import AdapterRecipe, Recipe, rate_factor, recipe_for

GOLDEN = Path(__file__).parent / "goldens" / "text-and-numeric" / "lr_schedule.json"


def full_size(recipe: Recipe) -> MolmoAct2:
    """The released size without a byte of weights."""
    with torch.device("meta"):
        model = MolmoAct2(preset("full"))
    if recipe.adapter:
        put_on(model, recipe.adapter)
    choose_trainable(model, recipe)
    return model


def sizes(model: MolmoAct2) -> dict[str, int]:
    groups = parameter_groups(model, frozen_words=True)
    return {name: sum(p.numel() for p in parameters) for name, parameters in groups.items()}


def test_rates_follow_the_published_schedule() -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    recipe = recipe_for("full")
    found = [rate_factor(recipe, step=k, fraction=0.9) for k in golden["k"]]
    assert found == pytest.approx(golden["multiplier"], abs=1e-12)


def test_adapters_sit_on_all_303_published_matrices() -> None:
    model = full_size(recipe_for("full", "lora"))
    tensors = adapter_tensors(model)
    assert len(tensors) == 2 * 303
    fused = "model.transformer.blocks.7.self_attn.att_proj"
    assert tensors[f"{fused}.lora_A.weight"].shape == (64, 2560)
    assert tensors[f"{fused}.lora_B.weight"].shape == (4096 + 1024 + 1024, 64)
    learning = sizes(model)
    assert learning.pop("expert") == 577_564_448
    assert sum(learning.values()) == 159_791_872


def test_full_fine_tuning_has_the_published_groups() -> None:
    learning = sizes(full_size(recipe_for("full", "full")))
    frozen_words = 154_624 * 2560
    assert learning["text"] == 4_029_349_376
    assert learning["vision"] == 382_505_936
    assert learning["connector"] - frozen_words == 56_939_008


def test_freezing_leaves_the_action_expert_alone() -> None:
    assert sizes(full_size(recipe_for("full", "freeze"))) == {"expert": 577_564_448}


def test_adapters_have_the_published_shape_and_rates() -> None:
    recipe = recipe_for("full")
    assert recipe.mode == "lora"
    assert recipe.adapter == AdapterRecipe(rank=64, alpha=16, dropout=0.05, seed=6198)
    assert set(recipe.learning_rate.values()) == {5e-5}


def test_a_run_that_goes_on_keeps_its_choices_but_may_change_how_it_computes() -> None:
    before = Choices(mode="freeze", batch_size=8).made
    assert Choices(accumulate=4).after(before) == Choices("freeze", batch_size=8, accumulate=4)
    with pytest.raises(ConfigInvalid, match=r"lora.*freeze"):
        Choices(mode="lora").after(before)


@pytest.mark.parametrize(
    ("choices", "names"),
    [
        (Choices(batch_size=0), "batch_size is 0"),
        (Choices(corrections_share=1.5), "corrections_share is 1.5"),
    ],
)
def test_numbers_out_of_range_are_refused_by_name(choices: Choices, names: str) -> None:
    with pytest.raises(ConfigInvalid, match=names):
        choices.recipe("tiny")
