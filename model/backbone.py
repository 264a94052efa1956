"""The vision-language half: transformers' native Molmo 2, driven layer by layer.

Builds the native modules from a :class:`~model.config.ModelConfig` and runs them so that every
layer's keys and values come out (with gradients). Knows no actions and no files.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.checkpoint import checkpoint
from transformers import Molmo2Config, Molmo2ForConditionalGeneration
from transformers.cache_utils import Cache
from transformers.models.molmo2.configuration_molmo2 import Molmo2AdapterConfig
from transformers.models.molmo2.modeling_molmo2 import Molmo2Model

from model.config import ModelConfig
from model.inputs import ModelInputs


def build_backbone(config: ModelConfig) -> Molmo2ForConditionalGeneration:
    """The native modules with random weights; only image layers that are read exist."""
    text, vision, adapter = config.text, config.vision, config.adapter
    layers = list(config.vision_layers)
    native = Molmo2Config(
        text_config={
            "hidden_size": text.hidden_size,
            "num_hidden_layers": text.num_hidden_layers,
            "num_attention_heads": text.num_attention_heads,
            "num_key_value_heads": text.num_key_value_heads,
            "head_dim": text.head_dim,
            "intermediate_size": text.intermediate_size,
            "vocab_size": text.vocab_size,
            "additional_vocab_size": text.additional_vocab_size,
            "attention_bias": text.qkv_bias,
            "qk_norm_type": text.qk_norm_type,
            "hidden_act": text.hidden_act,
            "rms_norm_eps": text.layer_norm_eps,
            "max_position_embeddings": text.max_position_embeddings,
            "norm_after": text.norm_after,
            "rope_parameters": {"rope_type": "default", "rope_theta": text.rope_theta},
        },
        vision_config={
            "hidden_size": vision.hidden_size,
            "intermediate_size": vision.intermediate_size,
            "num_hidden_layers": max(layers) + 1,
            "num_attention_heads": vision.num_attention_heads,
            "num_key_value_heads": vision.num_key_value_heads,
            "head_dim": vision.head_dim,
            "hidden_act": vision.hidden_act,
            "layer_norm_eps": vision.layer_norm_eps,
            "image_size": list(vision.image_default_input_size),
            "patch_size": vision.image_patch_size,
            "num_position_embeddings": vision.image_num_pos,
        },
        adapter_config={
            "vision_feature_layer": layers,
            "hidden_size": adapter.hidden_size,
            "num_attention_heads": adapter.num_attention_heads,
            "num_key_value_heads": adapter.num_key_value_heads,
            "head_dim": adapter.head_dim,
            "intermediate_size": adapter.intermediate_size,
            "text_hidden_size": adapter.text_hidden_size,
            "hidden_act": adapter.hidden_act,
        },
        image_patch_id=config.tokens.image_patch_id,
        image_start_token_id=config.tokens.image_start_token_id,
        image_end_token_id=config.tokens.image_end_token_id,
        low_res_image_start_token_id=config.tokens.low_res_image_start_token_id,
        frame_start_token_id=config.tokens.frame_start_token_id,
        frame_end_token_id=config.tokens.frame_end_token_id,
    )
    backbone = Molmo2ForConditionalGeneration(native)
    backbone.set_attn_implementation("sdpa")
    return backbone


class LayerCache(Cache):
    """Keeps every layer's keys and values as they are computed, with their gradients.

    Also continues a sequence: tokens fed later attend to what is kept.
    """

    def __init__(self) -> None:
        super().__init__(layers=[])
        self.keys: list[torch.Tensor] = []  # L × (B, kv, S, hd), after norm and rotation
        self.values: list[torch.Tensor] = []  # L × (B, kv, S, hd)

    def update(
        self,
        key_states: torch.Tensor,
        value_states: torch.Tensor,
        layer_idx: int,
        *_args: object,
        **_kwargs: object,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Called by a native layer with its new keys and values; returns all of them."""
        if layer_idx == len(self.keys):
            self.keys.append(key_states)
            self.values.append(value_states)
        else:
            self.keys[layer_idx] = torch.cat([self.keys[layer_idx], key_states], dim=2)
            self.values[layer_idx] = torch.cat([self.values[layer_idx], value_states], dim=2)
        return self.keys[layer_idx], self.values[layer_idx]


class OneLayer(Cache):
    """Hands one layer its own keys and values and keeps them: for layers that are run twice."""

    def __init__(self) -> None:
        super().__init__(layers=[])
        self.kept: tuple[torch.Tensor, torch.Tensor] | None = None

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_args: object, **_: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Called by the native layer."""
        self.kept = key_states, value_states
        return self.kept


def image_features(
    model: Molmo2Model, inputs: ModelInputs, *, sparing: bool = False
) -> torch.Tensor:
    """(image tokens, hidden): pooled and projected patches of all pictures, in prompt order."""
    features = vision_features(model, inputs.pixel_values, sparing=sparing)
    return pool(model, features, inputs.pooling)


def vision_features(
    model: Molmo2Model, pixel_values: torch.Tensor, *, sparing: bool = False
) -> torch.Tensor:
    """(pictures, patches, selected layers · hidden): outputs of the layers the adapter reads."""
    tower = model.vision_tower
    hidden = tower.patch_embedding(pixel_values.to(tower.patch_embedding.weight.dtype))
    hidden = hidden + tower.positional_embedding
    outputs = []
    for layer in tower.layers:
        hidden = again(layer, hidden, None) if sparing else layer(hidden, None)
        outputs.append(hidden)
    adapter = model.config.adapter_config
    assert isinstance(adapter, Molmo2AdapterConfig)
    return torch.cat([outputs[i] for i in adapter.vision_feature_layer or ()], dim=-1)


def pool(model: Molmo2Model, features: torch.Tensor, pooling: torch.Tensor) -> torch.Tensor:
    """(image tokens, hidden) from patch features and patch indices over the whole batch."""
    return model.multi_modal_projector(features, pooling).last_hidden_state


def embed(
    model: Molmo2Model, inputs: ModelInputs, config: ModelConfig, *, sparing: bool = False
) -> torch.Tensor:
    """(B, S, hidden) token embeddings with the picture features added on their tokens."""
    embedded = model.language_model.embed_tokens(inputs.input_ids)
    if inputs.pixel_values.shape[0] == 0:
        return embedded
    features = inputs.features
    if features is None:
        features = image_features(model, inputs, sparing=sparing)
    features = features.to(embedded.dtype)
    flat = embedded.flatten(0, 1)
    where = (inputs.input_ids.flatten() == config.tokens.image_patch_id).nonzero()[:, 0]
    return flat.index_add(0, where, features).view_as(embedded)


def attention_mask(inputs: ModelInputs, *, bidirectional: bool) -> torch.Tensor | None:
    """(B, 1, S, S) bool, True = may look; None when plain causal attention says it all.

    A padded token sees itself, so that no row is empty (an empty row would be not-a-number).
    """
    valid = inputs.attention_mask
    if not bidirectional and bool(valid.all()):
        return None
    length = valid.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool, device=valid.device).tril()[None]
    seen = causal
    if bidirectional:
        block = inputs.image_block
        seen = causal | (block[:, :, None] & block[:, None, :])
    own = torch.eye(length, dtype=torch.bool, device=valid.device)
    return ((seen & valid[:, None, :]) | own)[:, None]


def run_layers(
    model: Molmo2Model,
    embedded: torch.Tensor,  # (B, S, hidden)
    *,
    positions: torch.Tensor,  # (B, S) int64
    mask: torch.Tensor | None,  # (B, 1, S, S_all) bool
    cache: LayerCache,
    sparing: bool = False,  # keep only what enters each layer, compute the rest again for gradients
) -> torch.Tensor:
    """(B, S, hidden) after the last norm; keys and values are added to ``cache``."""
    rotation = model.language_model.rotary_emb(embedded, position_ids=positions)
    hidden = embedded
    for index, layer in enumerate(model.language_model.layers):
        if sparing:
            hidden, keys, values = again(_alone, layer, hidden, mask, rotation)
            cache.update(keys, values, index)
            continue
        hidden = layer(
            hidden, attention_mask=mask, position_embeddings=rotation, past_key_values=cache
        )
    return model.language_model.norm(hidden)


def again(layer: Callable[..., Any], *values: Any) -> Any:  # noqa: ANN401 - whatever it takes
    """``layer(*values)`` now, and once more when gradients are needed."""
    return checkpoint(layer, *values, use_reentrant=False)


def _alone(
    layer: torch.nn.Module,
    hidden: torch.Tensor,
    mask: torch.Tensor | None,
    rotation: tuple[torch.Tensor, torch.Tensor],
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """One language layer over a whole prompt: what comes out, its keys, its values."""
    cache = OneLayer()
    out = layer(hidden, attention_mask=mask, position_embeddings=rotation, past_key_values=cache)
    assert cache.kept is not None
    return out, *cache.kept
