"""Sizes, token ids and flags of a MolmoAct 2 network, in the layout of a released ``config.json``.

The same classes describe the 5.4-billion-parameter checkpoints and the tiny one that trains on a
CPU; nothing outside a config knows which of them it is. This module knows no torch and no files.

What the released layout has no place for sits under the key ``foresight`` and has defaults that
reproduce the released behaviour.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from model.errors import ConfigInvalid


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the config; reads itself from a dict, ignores keys it does not know."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from JSON data.

        Raises:
            ConfigInvalid: a field without default is missing.
        """
        known = {f.name: f for f in dataclasses.fields(cls)}
        for name, f in known.items():
            no_default = f.default is dataclasses.MISSING
            if no_default and f.default_factory is dataclasses.MISSING and name not in data:
                raise ConfigInvalid(f"{cls.__name__}.{name}", "missing", expected="a value")
        values = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items() if k in known}
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            k: list(v) if isinstance(v, tuple) else v for k, v in dataclasses.asdict(self).items()
        }


@dataclass(frozen=True, slots=True)
class TextConfig(Section):
    """The language model (Qwen3 geometry)."""

    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    intermediate_size: int
    vocab_size: int  # rows of the output head
    additional_vocab_size: int  # image tokens, behind vocab_size, no output rows
    qkv_bias: bool = False
    qk_norm_type: str = "qwen3"
    hidden_act: str = "silu"
    layer_norm_eps: float = 1e-6
    rope_theta: float = 5e6
    max_position_embeddings: int = 36864
    norm_after: bool = False
    tie_word_embeddings: bool = False

    @property
    def context_size(self) -> int:
        """Width of one layer's flattened keys (or values)."""
        return self.num_key_value_heads * self.head_dim


@dataclass(frozen=True, slots=True)
class VisionConfig(Section):
    """The image transformer. Only the layers that the adapter reads are built."""

    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    image_default_input_size: tuple[int, int]  # px, height and width
    image_patch_size: int  # px
    image_num_pos: int
    hidden_act: str = "gelu_pytorch_tanh"
    layer_norm_eps: float = 1e-6

    @property
    def patch_grid(self) -> tuple[int, int]:
        """Patches per picture: rows, columns."""
        height, width = self.image_default_input_size
        return height // self.image_patch_size, width // self.image_patch_size


@dataclass(frozen=True, slots=True)
class AdapterConfig(Section):
    """Attention pooling of 2 × 2 patches and projection into the language model."""

    vit_layers: tuple[int, ...]  # which layer outputs are concatenated, in this order
    hidden_size: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    intermediate_size: int
    text_hidden_size: int
    hidden_act: str = "silu"
    pooling_attention_mask: bool = True


@dataclass(frozen=True, slots=True)
class ExpertConfig(Section):
    """The flow-matching action expert; one block per language layer."""

    hidden_size: int
    num_layers: int
    num_heads: int
    mlp_ratio: float = 4.0
    ffn_multiple_of: int = 256
    timestep_embed_dim: int = 256
    context_layer_norm: bool = True
    qk_norm: bool = True
    qk_norm_eps: float = 1e-6
    rope: bool = True
    causal_attn: bool = False

    @property
    def head_dim(self) -> int:
        return self.hidden_size // self.num_heads

    @property
    def mlp_size(self) -> int:
        """Inner width of the MLP, rounded up to a multiple."""
        multiple = self.ffn_multiple_of
        return -(-int(self.hidden_size * self.mlp_ratio) // multiple) * multiple


@dataclass(frozen=True, slots=True)
class TokenIds(Section):
    """Where the tokenizer put the tokens the network has to know. Flat in the released layout."""

    eos_token_id: int  # also the token in front of every prompt
    pad_token_id: int
    image_start_token_id: int
    image_end_token_id: int
    image_patch_id: int
    image_col_id: int
    low_res_image_start_token_id: int
    image_low_res_id: int
    frame_start_token_id: int
    frame_end_token_id: int
    state_start_token_id: int
    state_end_token_id: int
    state_token_start_id: int
    action_output_token_id: int
    action_start_token_id: int
    action_end_token_id: int
    action_token_start_id: int
    num_state_tokens: int
    num_action_tokens: int
    depth_output_token_id: int | None = None
    depth_start_token_id: int | None = None
    depth_end_token_id: int | None = None
    depth_token_start_id: int | None = None
    num_depth_tokens: int = 0  # codebook, 0 in checkpoints that do not reason about depth

    @property
    def image_block(self) -> tuple[int, ...]:
        """Tokens that belong to a picture: they see each other in both directions."""
        return (
            self.image_patch_id,
            self.image_col_id,
            self.image_start_token_id,
            self.low_res_image_start_token_id,
            self.frame_start_token_id,
            self.image_end_token_id,
            self.frame_end_token_id,
            self.image_low_res_id,
        )


@dataclass(frozen=True, slots=True)
class ForesightConfig(Section):
    """What the released layout has no place for."""

    preset: str = ""  # name for people, e.g. "tiny"
    training_attention: Literal["causal", "bidirectional"] = "causal"
    # how image tokens see each other in training; planning is always bidirectional
    pooling: int = 2  # patches per side that become one image token
    committed_rows: int = 0
    # longest delay, in chunk rows, that training simulated (training-time RTC); 0: none


@dataclass(frozen=True, slots=True)
class ModelConfig(Section):
    """Everything a network is built from."""

    text: TextConfig
    vision: VisionConfig
    adapter: AdapterConfig
    expert: ExpertConfig

    tokens: TokenIds

    max_action_dim: int
    max_action_horizon: int
    enable_depth_reasoning: bool = False
    num_depth_codes: int = 100
    action_expert_depth_gate: bool = False
    action_expert_depth_gate_per_layer: bool = False
    action_expert_depth_gate_init_bias: float = -4.0

    action_mode: Literal["both", "continuous", "discrete"] = "both"
    add_action_expert: bool = True
    add_setup_tokens: bool = True
    add_control_tokens: bool = True
    mask_action_dim_padding: bool = True
    n_obs_steps: int = 1
    flow_matching_num_steps: int = 10
    flow_matching_cutoff: float = 1.0
    flow_matching_time_offset: float = 0.001
    flow_matching_time_scale: float = 0.999
    flow_matching_beta_alpha: float = 1.0
    flow_matching_beta_beta: float = 1.5
    norm_stats_filename: str = "norm_stats.json"
    foresight: ForesightConfig = field(default_factory=ForesightConfig)

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.add_action_expert and self.expert.num_layers != self.text.num_hidden_layers:
            raise ConfigInvalid(
                "action_expert_config.num_layers",
                self.expert.num_layers,
                expected=f"{self.text.num_hidden_layers}, one block per language layer",
            )
        rows, columns = self.vision.patch_grid
        if rows * columns != self.vision.image_num_pos:
            raise ConfigInvalid(
                "vit_config.image_num_pos",
                self.vision.image_num_pos,
                expected=f"{rows} × {columns} = {rows * columns}, one per patch",
            )
        if self.adapter.text_hidden_size != self.text.hidden_size:
            raise ConfigInvalid(
                "adapter_config.text_hidden_size",
                self.adapter.text_hidden_size,
                expected=f"{self.text.hidden_size}, the language model's width",
            )

    @property
    def image_size(self) -> int:
        """Side of the square network input, px."""
        return self.vision.image_default_input_size[0]

    @property
    def vision_layers(self) -> tuple[int, ...]:
        """Non-negative indices of the image layers that are concatenated, in order."""
        return tuple(i % self.vision.num_hidden_layers for i in self.adapter.vit_layers)

    @property
    def token_grid(self) -> tuple[int, int]:
        """Image tokens per picture: rows, columns."""
        rows, columns = self.vision.patch_grid
        side = self.foresight.pooling
        return -(-rows // side), -(-columns // side)

    @property
    def tokens_per_image(self) -> int:
        """Image tokens of one camera, without start and end."""
        rows, columns = self.token_grid
        return rows * columns

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ModelConfig:
        """Read the content of a released (or our own) ``config.json``.

        Raises:
            ConfigInvalid: a field is missing or contradicts another.
        """
        values = {**data, "tokens": TokenIds.from_dict(data)}
        for name, (key, section) in _SECTIONS.items():
            if key not in data:
                if name == "foresight":
                    continue
                if name == "expert" and not data.get("add_action_expert", True):
                    values[name] = ExpertConfig(hidden_size=0, num_layers=0, num_heads=1)
                    continue
                raise ConfigInvalid(key, "missing", expected="a section")
            values[name] = section.from_dict(data[key])
        rope = data["text_config"].get("rope_parameters") or {}
        if "rope_theta" in rope and "rope_theta" not in data["text_config"]:
            values["text"] = dataclasses.replace(values["text"], rope_theta=rope["rope_theta"])
        return super(ModelConfig, cls).from_dict(values)

    def to_dict(self) -> dict[str, Any]:
        """The released layout."""
        plain = {
            f.name: getattr(self, f.name)
            for f in dataclasses.fields(self)
            if f.name not in _SECTIONS and f.name != "tokens"
        }
        sections = {key: getattr(self, name).to_dict() for name, (key, _) in _SECTIONS.items()}
        return {
            "model_type": "molmoact2",
            "architectures": ["MolmoAct2ForConditionalGeneration"],
            **self.tokens.to_dict(),
            "bos_token_id": self.tokens.eos_token_id,
            "state_format": "discrete",
            "tie_word_embeddings": False,
            **plain,
            **sections,
        }


_SECTIONS: dict[str, tuple[str, type[Section]]] = {
    "text": ("text_config", TextConfig),
    "vision": ("vit_config", VisionConfig),
    "adapter": ("adapter_config", AdapterConfig),
    "expert": ("action_expert_config", ExpertConfig),
    "foresight": ("foresight", ForesightConfig),
}
