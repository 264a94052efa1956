"""Tensor names: the released checkpoint layout ↔ the modules of :class:`model.network.MolmoAct2`.

A pure renaming, except that the released layout fuses q, k, v and up, gate into one matrix each
and stores the embedding as two tables. Knows no files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import torch

from model.config import ModelConfig

_VISION = (  # released, ours
    (r"model.vision_backbone.image_vit.transformer.resblocks.", r"vision_tower.layers."),
    (r"model.vision_backbone.image_vit.", r"vision_tower."),
    (r"model.vision_backbone.image_pooling_2d.", r"multi_modal_projector.image_pooling_2d."),
    (r"model.vision_backbone.image_projector.", r"multi_modal_projector.image_projector."),
)
_VISION_PARTS = (
    (".attention.", ".self_attn."),
    (".feed_forward.w1.", ".mlp.fc1."),
    (".feed_forward.w2.", ".mlp.fc2."),
    (".attention_norm.", ".layer_norm1."),
    (".ffn_norm.", ".layer_norm2."),
)
_PROJECTOR = {"w1": "gate_proj", "w2": "down_proj", "w3": "up_proj"}
_POOLING = {"wq": "q_proj", "wk": "k_proj", "wv": "v_proj", "wo": "o_proj"}
_TEXT_PARTS = {  # within one language layer
    "self_attn.attn_out": "self_attn.o_proj",
    "self_attn.q_norm": "self_attn.q_norm",
    "self_attn.k_norm": "self_attn.k_norm",
    "mlp.ff_out": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ff_norm": "post_attention_layernorm",
}
_LANGUAGE = "backbone.model.language_model."
_BLOCKS = "model.transformer.blocks."
_WHOLE = {
    "model.transformer.ln_f.weight": f"{_LANGUAGE}norm.weight",
    "lm_head.weight": "backbone.lm_head.weight",
}
_OWN = (  # released, ours: parts the native library has not
    ("model.action_expert.", "expert."),
    ("model.action_expert_depth_gate.", "depth_gate."),
)
_IGNORED = re.compile(r"\.rotary_emb\.inv_freq$")
_ROTARY = "model.transformer.rotary_emb.inv_freq"
EMBEDDING = ("model.transformer.wte.embedding", "model.transformer.wte.new_embedding")


def from_released(
    tensors: Mapping[str, torch.Tensor], config: ModelConfig
) -> dict[str, torch.Tensor]:
    """Released names → ours. Unknown names are kept, so that a strict load reports them."""
    state: dict[str, torch.Tensor] = {}
    embedding: dict[str, torch.Tensor] = {}
    for name, tensor in tensors.items():
        if _IGNORED.search(name):
            continue
        if name.startswith("model.transformer.wte."):
            embedding[name.rsplit(".", 1)[1]] = tensor
        elif name.startswith(_BLOCKS):
            state.update(_text_layer(name, tensor, config))
        else:
            state[_rename(name)] = tensor
    if set(embedding) == {"embedding", "new_embedding"}:
        table = torch.cat([embedding["embedding"], embedding["new_embedding"]])
        state[f"{_LANGUAGE}embed_tokens.weight"] = table
    return state


def stored(state: Mapping[str, torch.Tensor], config: ModelConfig) -> dict[str, torch.Tensor]:
    """What a released file holds: :func:`to_released` and the constants of the rotary positions.

    The reference refuses a file without them, although they follow from the config.
    """
    halves = torch.arange(0, config.text.head_dim, 2, dtype=torch.float32)
    rates = 1.0 / config.text.rope_theta ** (halves / config.text.head_dim)
    return {**to_released(state, config), _ROTARY: rates}


def to_released(state: Mapping[str, torch.Tensor], config: ModelConfig) -> dict[str, torch.Tensor]:
    """Our names → released ones; inverse of :func:`from_released`."""
    back = {ours: released for released, ours in _WHOLE.items()}
    parts = {ours: released for released, ours in _TEXT_PARTS.items()}
    tensors: dict[str, torch.Tensor] = {}
    for name, tensor in state.items():
        if name == f"{_LANGUAGE}embed_tokens.weight":
            rows = config.text.vocab_size
            tensors["model.transformer.wte.embedding"] = tensor[:rows]
            tensors["model.transformer.wte.new_embedding"] = tensor[rows:]
        elif name.startswith(f"{_LANGUAGE}layers."):
            index, rest = name.removeprefix(f"{_LANGUAGE}layers.").split(".", 1)
            part = rest.rsplit(".", 1)[0]
            if part in parts:
                tensors[f"{_BLOCKS}{index}.{parts[part]}.weight"] = tensor
        else:
            tensors[back.get(name) or _rename_back(name)] = tensor
    for i in range(config.text.num_hidden_layers):
        tensors.update(_fused(state, i))
    return tensors


def _rename(name: str) -> str:
    if name in _WHOLE:
        return _WHOLE[name]
    for released, ours in _OWN:
        if name.startswith(released):
            return ours + name.removeprefix(released)
    for released, ours in _VISION:
        if name.startswith(released):
            return f"backbone.model.{ours}{_vision_part(name.removeprefix(released))}"
    return name


def _vision_part(rest: str) -> str:
    rest = f".{rest}"
    for released, ours in _VISION_PARTS:
        rest = rest.replace(released, ours)
    for table in (_POOLING, _PROJECTOR):
        for released, ours in table.items():
            rest = rest.replace(f".{released}.", f".{ours}.")
    return rest[1:]


def _rename_back(name: str) -> str:
    for released, ours in _OWN:
        if name.startswith(ours):
            return released + name.removeprefix(ours)
    for released, ours in _VISION:
        prefix = f"backbone.model.{ours}"
        if name.startswith(prefix):
            rest = f".{name.removeprefix(prefix)}"
            for old, new in (*_VISION_PARTS, *_dotted(_POOLING), *_dotted(_PROJECTOR)):
                rest = rest.replace(new, old)
            return released + rest[1:]
    return name


def _dotted(table: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return ((f".{a}.", f".{b}.") for a, b in table.items())


def _text_layer(name: str, tensor: torch.Tensor, config: ModelConfig) -> dict[str, torch.Tensor]:
    index, rest = name.removeprefix(_BLOCKS).split(".", 1)
    layer, part = f"{_LANGUAGE}layers.{index}", rest.rsplit(".", 1)[0]
    text = config.text
    if part == "self_attn.att_proj":
        sizes = [text.num_attention_heads * text.head_dim, text.context_size, text.context_size]
        if sum(sizes) != tensor.shape[0]:
            return {name: tensor}
        split = tensor.split(sizes)
        return {f"{layer}.self_attn.{p}_proj.weight": t for p, t in zip("qkv", split, strict=True)}
    if part == "mlp.ff_proj":
        up, gate = tensor.chunk(2)
        return {f"{layer}.mlp.up_proj.weight": up, f"{layer}.mlp.gate_proj.weight": gate}
    if part in _TEXT_PARTS:
        return {f"{layer}.{_TEXT_PARTS[part]}.weight": tensor}
    return {name: tensor}


def _fused(state: Mapping[str, torch.Tensor], index: int) -> dict[str, torch.Tensor]:
    layer = f"{_LANGUAGE}layers.{index}"
    attention = [state[f"{layer}.self_attn.{p}_proj.weight"] for p in "qkv"]
    mlp = [state[f"{layer}.mlp.{p}_proj.weight"] for p in ("up", "gate")]
    return {
        f"{_BLOCKS}{index}.self_attn.att_proj.weight": torch.cat(attention),
        f"{_BLOCKS}{index}.mlp.ff_proj.weight": torch.cat(mlp),
    }
