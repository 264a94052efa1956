"""The configurations by name: ``tiny`` trains on one CPU core, ``full`` is the released size.

Token ids follow from the order in which the released tokenizer adds its tokens; the tiny
tokenizer adds the same tokens in the same order. Knows no torch.
"""

from __future__ import annotations

from dataclasses import dataclass

from model.config import (
    AdapterConfig,
    ExpertConfig,
    ForesightConfig,
    ModelConfig,
    TextConfig,
    TokenIds,
    VisionConfig,
)
from model.errors import ConfigInvalid

IMAGE_TOKENS = (
    "<im_start>",
    "<im_end>",
    "<im_patch>",
    "<im_col>",
    "<low_res_im_start>",
    "<|image|>",
    "<im_low>",
    "<frame_start>",
    "<frame_end>",
    "<|video|>",
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How many tokens of each kind a tokenizer has, and where they start."""

    pad: int  # id of <|endoftext|>; <|im_start|> and <|im_end|> follow it
    first: int  # id of <setup_start>
    states: int
    actions: int
    depths: int  # 0 in checkpoints that do not reason about depth
    size: int  # rows of the output head; image tokens start here

    def special_tokens(self) -> list[str]:
        """Control tokens from ``first`` on, in id order."""
        tokens = ["<setup_start>", "<setup_end>", "<control_start>", "<control_end>"]
        tokens += ["<state_start>", "<state_end>", *_numbered("state", self.states)]
        tokens += ["<action_output>", "<action_start>", "<action_end>"]
        tokens += _numbered("action", self.actions)
        if self.depths:
            tokens += ["<depth_output>", "<depth_start>", "<depth_end>"]
            tokens += _numbered("depth", self.depths)
        return tokens

    def ids(self) -> TokenIds:
        """The same as numbers, for a :class:`~model.config.ModelConfig`."""
        special = {token: self.first + i for i, token in enumerate(self.special_tokens())}
        image = {token: self.size + i for i, token in enumerate(IMAGE_TOKENS)}
        return TokenIds(
            pad_token_id=self.pad,
            eos_token_id=self.pad + 2,
            image_start_token_id=image["<im_start>"],
            image_end_token_id=image["<im_end>"],
            image_patch_id=image["<im_patch>"],
            image_col_id=image["<im_col>"],
            low_res_image_start_token_id=image["<low_res_im_start>"],
            image_low_res_id=image["<im_low>"],
            frame_start_token_id=image["<frame_start>"],
            frame_end_token_id=image["<frame_end>"],
            state_start_token_id=special["<state_start>"],
            state_end_token_id=special["<state_end>"],
            state_token_start_id=special["<state_0>"],
            action_output_token_id=special["<action_output>"],
            action_start_token_id=special["<action_start>"],
            action_end_token_id=special["<action_end>"],
            action_token_start_id=special["<action_0>"],
            num_state_tokens=self.states,
            num_action_tokens=self.actions,
            num_depth_tokens=self.depths,
            depth_output_token_id=special.get("<depth_output>"),
            depth_start_token_id=special.get("<depth_start>"),
            depth_end_token_id=special.get("<depth_end>"),
            depth_token_start_id=special.get("<depth_0>"),
        )


def _numbered(kind: str, count: int) -> list[str]:
    return [f"<{kind}_{i}>" for i in range(count)]


TINY_WORDS = 582  # learned words of the tiny tokenizer, 256 of them single bytes
TINY_PHRASES = (  # fixed pieces of prompts, one token each
    "user\n",
    "assistant\n",
    "Image 1",
    "Image 2",
    "Image 3",
    "The task is to",
    ". The setup is ",
    ". The current state of the robot is ",
    ". The expected control mode is ",
    ". Given these, what action should the robot take to complete the task?",
    ". Given these, first predict the depth map of the main image and then predict the action "
    "the robot should take to complete the task?",
    "absolute joint pose",
    "joint pose relative to the current state",
)
TINY_VOCABULARY = Vocabulary(
    pad=TINY_WORDS + len(TINY_PHRASES),
    first=TINY_WORDS + len(TINY_PHRASES) + 3,
    states=256,
    actions=64,
    depths=128,
    size=1088,
)
FULL_VOCABULARY = Vocabulary(
    pad=151643, first=151669, states=256, actions=2048, depths=0, size=154624
)


def preset(name: str) -> ModelConfig:
    """The configuration of this name.

    Raises:
        ConfigInvalid: there is no such preset.
    """
    presets = {"tiny": tiny, "mid": mid, "full": full}
    if name not in presets:
        raise ConfigInvalid("preset", name, expected=" or ".join(presets))
    return presets[name]()


def tiny() -> ModelConfig:
    """About 1.5 million parameters: learns from 50 demonstrations in minutes on one CPU core."""
    return ModelConfig(
        text=TextConfig(
            hidden_size=96,
            num_hidden_layers=3,
            num_attention_heads=3,
            num_key_value_heads=3,
            head_dim=32,
            intermediate_size=192,
            vocab_size=TINY_VOCABULARY.size,
            additional_vocab_size=16,
            rope_theta=1e4,
            max_position_embeddings=1024,
        ),
        vision=VisionConfig(
            hidden_size=96,
            intermediate_size=192,
            num_hidden_layers=3,
            num_attention_heads=3,
            num_key_value_heads=3,
            head_dim=32,
            image_default_input_size=(144, 144),
            image_patch_size=12,
            image_num_pos=144,
            hidden_act="silu",
        ),
        adapter=AdapterConfig(
            vit_layers=(2, 0),
            hidden_size=96,
            num_attention_heads=3,
            num_key_value_heads=3,
            head_dim=32,
            intermediate_size=192,
            text_hidden_size=96,
        ),
        expert=ExpertConfig(
            hidden_size=96,
            num_layers=3,
            num_heads=3,
            mlp_ratio=2.0,
            ffn_multiple_of=64,
            timestep_embed_dim=64,
        ),
        tokens=TINY_VOCABULARY.ids(),
        max_action_dim=8,
        max_action_horizon=30,
        action_mode="continuous",
        foresight=ForesightConfig(preset="tiny", training_attention="bidirectional", pooling=3),
    )


def mid() -> ModelConfig:
    """About 150 million parameters with pictures and prompts of the released size, to measure."""
    return ModelConfig(
        text=TextConfig(
            hidden_size=768,
            num_hidden_layers=12,
            num_attention_heads=12,
            num_key_value_heads=4,
            head_dim=64,
            intermediate_size=2048,
            vocab_size=TINY_VOCABULARY.size,
            additional_vocab_size=16,
        ),
        vision=VisionConfig(
            hidden_size=512,
            intermediate_size=2048,
            num_hidden_layers=12,
            num_attention_heads=8,
            num_key_value_heads=8,
            head_dim=64,
            image_default_input_size=(378, 378),
            image_patch_size=14,
            image_num_pos=729,
        ),
        adapter=AdapterConfig(
            vit_layers=(-1, -5),
            hidden_size=512,
            num_attention_heads=8,
            num_key_value_heads=8,
            head_dim=64,
            intermediate_size=2048,
            text_hidden_size=768,
        ),
        expert=ExpertConfig(hidden_size=384, num_layers=12, num_heads=6),
        tokens=TINY_VOCABULARY.ids(),
        max_action_dim=32,
        max_action_horizon=30,
        foresight=ForesightConfig(preset="mid"),
    )


def full() -> ModelConfig:
    """The size of the released checkpoints: 5.4 billion parameters."""
    return ModelConfig(
        text=TextConfig(
            hidden_size=2560,
            num_hidden_layers=36,
            num_attention_heads=32,
            num_key_value_heads=8,
            head_dim=128,
            intermediate_size=9728,
            vocab_size=FULL_VOCABULARY.size,
            additional_vocab_size=128,
        ),
        vision=VisionConfig(
            hidden_size=1152,
            intermediate_size=4304,
            num_hidden_layers=27,
            num_attention_heads=16,
            num_key_value_heads=16,
            head_dim=72,
            image_default_input_size=(378, 378),
            image_patch_size=14,
            image_num_pos=729,
        ),
        adapter=AdapterConfig(
            vit_layers=(-3, -9),
            hidden_size=1152,
            num_attention_heads=16,
            num_key_value_heads=16,
            head_dim=72,
            intermediate_size=9728,
            text_hidden_size=2560,
        ),
        expert=ExpertConfig(hidden_size=768, num_layers=36, num_heads=8),
        tokens=FULL_VOCABULARY.ids(),
        max_action_dim=32,
        max_action_horizon=30,
        foresight=ForesightConfig(preset="full"),
    )
