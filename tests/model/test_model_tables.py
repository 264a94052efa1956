"""Prompts, state tokens, pictures, normalisation and masks against tables of the reference."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from model.images import patchify, pooling_indices, squash
from model.inputs import ModelInputs, left_pad
from model.network import expert_mask
from model.presets import preset
from model.prompt import PromptWords, normalise_task, robot_prompt, state_bins
from model.tags import NormStats
from model.transforms import Normaliser

TABLES = Path(__file__).parent / "goldens" / "text-and-numeric"


def table(name: str) -> Any:
    return json.loads((TABLES / f"{name}.json").read_text())


@pytest.mark.parametrize(("raw", "wanted"), table("task_normalisation"))
def test_task_texts_are_cleaned_the_same(raw: str, wanted: str) -> None:
    assert normalise_task(raw) == wanted


@pytest.mark.parametrize("case", table("prompts"))
def test_prompts_are_the_same_to_the_last_character(case: dict[str, Any]) -> None:
    words, state = case["args"], case["normalized_state"]
    text = robot_prompt(
        words["task"],
        PromptWords(
            setup_type=words["setup_type"],
            control_mode=words["control_mode"],
            add_setup_tokens=words["add_setup_tokens"],
            add_control_tokens=words["add_control_tokens"],
            depth=words["style"] == "robot_depth_action",
        ),
        bins=None if state is None else state_bins(np.array(state, np.float32), count=256),
        images=words["num_images"],
    )
    assert text == case["text"]


def test_states_fall_into_the_tabulated_bins() -> None:
    known = table("state_bins")
    state = np.array([float(value) for value in known["state"]], np.float32)
    assert state_bins(state, count=256) == known["bins_256"]
    assert state_bins(state, count=16) == known["bins_16"]
    random = np.array(known["random_state"], np.float32)
    assert state_bins(random, count=256) == known["random_bins_256"]


@pytest.mark.parametrize("case", table("normalisers"), ids=lambda case: case["mode"])
def test_normalisation_matches_in_every_mode(case: dict[str, Any]) -> None:
    normaliser = Normaliser(NormStats.from_dict(case["stats"]), mode=case["mode"])
    np.testing.assert_allclose(
        normaliser.normalise(np.array(case["x"], np.float32)), case["normalized"], atol=2e-5
    )
    np.testing.assert_allclose(
        normaliser.restore(np.array(case["y"], np.float32)), case["unnormalized"], atol=2e-5
    )


@pytest.mark.parametrize("number", [0, 1])
def test_pictures_are_squashed_and_cut_the_same(number: int) -> None:
    with np.load(TABLES / "image_preprocessing.npz") as known:
        image = known[f"image_{number}"]
        wanted = known[f"patches_uint8_{number}"]
        first = known[f"pixel_values_first_patch_{number}"]
    small = torch.from_numpy(squash(image, size=378))[None]
    patches = patchify(small, patch=14)[0]
    grey = ((patches + 1) / 2 * 255).round().numpy()
    assert np.abs(grey - wanted).max() <= 1
    assert (grey != wanted).mean() <= 1e-4  # ties may round the other way
    np.testing.assert_allclose(patches[0], first, atol=2e-5)


def test_a_grid_with_an_odd_side_is_pooled_with_gaps() -> None:
    with np.load(TABLES / "image_preprocessing.npz") as known:
        assert np.array_equal(pooling_indices((27, 27), side=2), known["image_token_pooling"])


def test_the_first_token_goes_between_padding_and_text() -> None:
    known = table("bos_insertion")
    rows = [
        [i for i, valid in zip(ids, mask, strict=True) if valid]
        for ids, mask in zip(known["input_ids"], known["attention_mask"], strict=True)
    ]
    ids, valid, positions = left_pad(rows, pad=known["pad"], bos=known["bos"])
    width = ids.shape[1]  # the table keeps one more column of padding
    assert ids.tolist() == [row[-width:] for row in known["out_ids"]]
    assert valid.tolist() == [[bool(v) for v in row[-width:]] for row in known["out_mask"]]
    assert positions.tolist() == [row[-width:] for row in known["position_ids"]]


@pytest.mark.parametrize("case", table("encoder_mask_cases"))
def test_the_expert_does_not_see_ends_and_discrete_answers(case: dict[str, Any]) -> None:
    config = preset("tiny")
    tokens = replace(
        config.tokens,
        action_start_token_id=case["start"],
        action_end_token_id=case["end"],
        eos_token_id=case["eos"],
    )
    ids = torch.tensor([case["ids"]])
    inputs = ModelInputs(
        input_ids=ids,
        attention_mask=torch.ones_like(ids, dtype=torch.bool),
        position_ids=torch.arange(ids.shape[1])[None],
        image_block=torch.zeros_like(ids, dtype=torch.bool),
        pixel_values=torch.empty(0, 64, 432),
        pooling=torch.empty(0, 4, dtype=torch.int64),
    )
    mask = expert_mask(inputs, replace(config, tokens=tokens, action_mode="both"))
    assert mask[0].tolist() == case["mask"]
