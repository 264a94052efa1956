"""Tensor names and shapes of the released layout."""

from __future__ import annotations

import torch

from model.mapping import from_released, to_released
from model.network import MolmoAct2


def test_renaming_there_and_back_changes_nothing(network: MolmoAct2) -> None:
    state = network.state_dict()
    back = from_released(to_released(state, network.config), network.config)
    assert back.keys() == state.keys()
    assert all(torch.equal(back[name], tensor) for name, tensor in state.items())


def test_every_saved_name_belongs_to_the_released_layout(network: MolmoAct2) -> None:
    names = to_released(network.state_dict(), network.config)
    known = (
        "model.transformer.",
        "model.vision_backbone.",
        "model.action_expert.",
        "lm_head.",
    )
    assert all(name.startswith(known) for name in names)


def test_the_embedding_is_split_where_the_image_tokens_start(network: MolmoAct2) -> None:
    tensors, text = to_released(network.state_dict(), network.config), network.config.text
    assert len(tensors["model.transformer.wte.embedding"]) == text.vocab_size
    assert len(tensors["model.transformer.wte.new_embedding"]) == text.additional_vocab_size


def test_up_comes_before_gate_in_the_fused_matrix(network: MolmoAct2) -> None:
    fused = to_released(network.state_dict(), network.config)[
        "model.transformer.blocks.0.mlp.ff_proj.weight"
    ]
    layer = network.backbone.model.language_model.layers[0]
    assert torch.equal(fused.chunk(2)[0], layer.get_parameter("mlp.up_proj.weight"))


def test_an_unknown_tensor_is_not_swallowed(network: MolmoAct2) -> None:
    strange = {"model.transformer.blocks.0.surprise.weight": torch.zeros(1)}
    assert from_released(strange, network.config).keys() == strange.keys()
