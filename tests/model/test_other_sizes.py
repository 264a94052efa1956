"""Nothing in the network is made for one set of sizes: odd grids, shared heads, padded batches."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from golden_case import HERE

from model.config import ModelConfig
from model.images import patchify, pooling_indices
from model.inputs import ModelInputs, left_pad, shift_pooling
from model.loading import filled_network
from model.mapping import stored
from model.network import MolmoAct2

BASE = ModelConfig.from_dict(json.loads((HERE / "golden-a" / "plain" / "config.json").read_text()))


def many_cameras() -> ModelConfig:
    """5 × 5 patches, one key head for all, an expert whose MLP width is rounded up."""
    return replace(
        BASE,
        text=replace(
            BASE.text,
            hidden_size=40,
            num_hidden_layers=4,
            num_key_value_heads=1,
            head_dim=12,
            rope_theta=1e4,
        ),
        vision=replace(
            BASE.vision, image_default_input_size=(70, 70), image_num_pos=25, num_hidden_layers=4
        ),
        adapter=replace(BASE.adapter, vit_layers=(-1, -3), text_hidden_size=40),
        expert=replace(
            BASE.expert,
            hidden_size=60,
            num_heads=5,
            num_layers=4,
            mlp_ratio=8 / 3,
            ffn_multiple_of=32,
        ),
        max_action_horizon=7,
    )


def one_camera() -> ModelConfig:
    """4 × 4 patches without a gap, no context norm, 20 action columns, nothing hidden."""
    return replace(
        BASE,
        text=replace(
            BASE.text,
            hidden_size=64,
            num_hidden_layers=2,
            num_attention_heads=6,
            num_key_value_heads=3,
            head_dim=8,
            rope_theta=1e6,
        ),
        vision=replace(
            BASE.vision, image_default_input_size=(56, 56), image_num_pos=16, num_hidden_layers=6
        ),
        adapter=replace(BASE.adapter, vit_layers=(-3, -5), text_hidden_size=64),
        expert=replace(
            BASE.expert, hidden_size=48, num_heads=2, num_layers=2, context_layer_norm=False
        ),
        max_action_dim=20,
        max_action_horizon=8,
        action_mode="continuous",
    )


def batch(config: ModelConfig, *, cameras: int, texts: list[int]) -> ModelInputs:
    """Prompts of different lengths behind their pictures, padded on the left."""
    tokens, rng = config.tokens, np.random.default_rng(0)
    picture = [tokens.image_start_token_id, *[tokens.image_patch_id] * config.tokens_per_image]
    picture.append(tokens.image_end_token_id)
    rows = [[*picture * cameras, *rng.integers(0, 80, length).tolist()] for length in texts]
    ids, valid, positions = left_pad(rows, pad=tokens.pad_token_id, bos=tokens.eos_token_id)
    count = cameras * len(texts)
    pixels = rng.integers(0, 256, (count, config.image_size, config.image_size, 3), dtype=np.uint8)
    one = pooling_indices(config.vision.patch_grid, side=config.foresight.pooling)
    return ModelInputs(
        input_ids=ids,
        attention_mask=valid,
        position_ids=positions,
        image_block=torch.isin(ids, torch.tensor(tokens.image_block)),
        pixel_values=patchify(torch.from_numpy(pixels), patch=config.vision.image_patch_size),
        pooling=shift_pooling(one, pictures=count, patches=config.vision.image_num_pos),
    )


@pytest.mark.parametrize(
    ("config", "cameras", "texts"), [(many_cameras(), 3, [9, 4]), (one_camera(), 1, [6])]
)
def test_a_network_of_other_sizes_plans_and_survives_its_file(
    config: ModelConfig, cameras: int, texts: list[int]
) -> None:
    torch.manual_seed(0)
    network = MolmoAct2(config).eval().requires_grad_(requires_grad=False)
    inputs = batch(config, cameras=cameras, texts=texts)
    noise = torch.randn(len(texts), 2, 5, config.max_action_dim)
    is_pad = torch.arange(config.max_action_dim)[None].expand(len(texts), -1) >= 7
    drawn = network.sample(inputs, noise, action_dim_is_pad=is_pad)
    assert torch.isfinite(drawn).all()
    assert not drawn[..., 7:].any()
    released = stored(network.state_dict(), config)
    again = filled_network(config, released.items(), source=Path("memory"), dtype=None)
    assert torch.equal(again.sample(inputs, noise, action_dim_is_pad=is_pad), drawn)


def test_an_example_is_the_same_alone_and_beside_a_longer_one() -> None:
    """Padding, its positions and the pictures of neighbours change nothing."""
    config = many_cameras()
    torch.manual_seed(0)
    network = MolmoAct2(config).eval().requires_grad_(requires_grad=False)
    both = batch(config, cameras=3, texts=[9, 4])
    patches, tokens = 3, 3 * config.tokens_per_image
    row = slice(1, 2)
    length = int(both.attention_mask[1].sum())
    alone = ModelInputs(
        input_ids=both.input_ids[row, -length:],
        attention_mask=both.attention_mask[row, -length:],
        position_ids=both.position_ids[row, -length:],
        image_block=both.image_block[row, -length:],
        pixel_values=both.pixel_values[patches:],
        pooling=both.pooling[:tokens],
    )
    pair = network.context(both, bidirectional=True)
    single = network.context(alone, bidirectional=True)
    error = (pair.keys[-1][1, -length:] - single.keys[-1][0]).abs().max()
    assert error <= 2e-5
