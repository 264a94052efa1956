"""Actions written as tokens: ids of the reference, and checkpoints without an action expert."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from model.config import ModelConfig
from model.continuation import Continuation
from model.discrete import action_tokens, speaks_actions
from model.inputs import ModelInputs
from model.mapping import from_released
from model.network import MolmoAct2

ROOT = Path(os.environ.get("FORESIGHT_GOLDENS", Path(__file__).parent / "goldens"))
FOLDERS = sorted(path.parent for path in ROOT.glob("*/plain/config.json"))


def example(config: ModelConfig, given: dict[str, np.ndarray], index: int) -> ModelInputs:
    """One example of a golden batch, without its padding."""
    valid = given["attention_mask"][index].astype(bool)
    ids = torch.from_numpy(given["input_ids"][index][valid])[None]
    batch = len(given["input_ids"])
    pixels = torch.from_numpy(given["pixel_values"]).unflatten(0, (batch, -1))[index]
    local = torch.from_numpy(given["image_token_pooling"]).unflatten(0, (batch, len(pixels), -1))
    offset = torch.arange(len(pixels))[:, None, None] * pixels.shape[1]
    pooling = torch.where(local[index] >= 0, local[index] + offset, -1).flatten(0, 1)
    return ModelInputs(
        input_ids=ids,
        attention_mask=torch.ones_like(ids, dtype=torch.bool),
        position_ids=torch.arange(ids.shape[1])[None],
        image_block=torch.isin(ids, torch.tensor(config.tokens.image_block)),
        pixel_values=pixels,
        pooling=pooling,
    )


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.parent.name)
def test_the_same_action_tokens_are_written(folder: Path) -> None:
    config = ModelConfig.from_dict(json.loads((folder / "config.json").read_text()))
    network = MolmoAct2(config).eval().requires_grad_(requires_grad=False)
    released = load_file(folder / "model.safetensors")
    network.load_state_dict(from_released(released, config), strict=True)
    with np.load(folder / "inputs.npz") as given, np.load(folder / "outputs.npz") as expected:
        eos = config.tokens.eos_token_id
        for index in range(len(given["input_ids"])):
            answer = Continuation(network, example(config, dict(given), index))
            answer.write_until(lambda token: token == eos, limit=config.max_action_horizon * 16)
            assert answer.answer == expected[f"discrete_token_ids_{index}"].flatten().tolist()
            bins = expected[f"discrete_action_bins_{index}"].flatten().tolist()
            assert action_tokens(answer.answer, config) == bins


def test_actions_are_read_between_the_first_start_and_the_next_end() -> None:
    folder = FOLDERS[0]
    config = ModelConfig.from_dict(json.loads((folder / "config.json").read_text()))
    tokens = config.tokens
    start, end, first = (
        tokens.action_start_token_id,
        tokens.action_end_token_id,
        tokens.action_token_start_id,
    )
    assert action_tokens([first, start, first + 2, 0, first + 1, end, first], config) == [2, 1]
    assert action_tokens([start, first + 3], config) == [3]
    assert action_tokens([first, end], config) == []


def test_a_checkpoint_without_an_action_expert_writes_its_actions() -> None:
    data = json.loads((FOLDERS[0] / "config.json").read_text())
    del data["action_expert_config"]
    config = ModelConfig.from_dict({**data, "add_action_expert": False})
    assert speaks_actions(config)
    assert not hasattr(MolmoAct2(config), "expert")
    whole = ModelConfig.from_dict(json.loads((FOLDERS[0] / "config.json").read_text()))
    assert not speaks_actions(whole)
    assert speaks_actions(replace(whole, action_mode="discrete"))
