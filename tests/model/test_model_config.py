"""Configurations and tags survive their files; contradictions are refused by name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from model.config import ModelConfig
from model.errors import ConfigInvalid, UnknownTag
from model.presets import FULL_VOCABULARY, preset
from model.tags import NormStats, TagMetadata, Tags


@pytest.mark.parametrize("name", ["tiny", "full"])
def test_a_config_survives_its_file(name: str) -> None:
    config = preset(name)
    assert ModelConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_the_full_preset_has_the_published_token_ids() -> None:
    tokens = FULL_VOCABULARY.ids()
    assert tokens.eos_token_id == 151645
    assert tokens.state_token_start_id == 151675
    assert tokens.action_output_token_id == 151931
    assert tokens.image_patch_id == 154626


def test_the_full_preset_turns_a_picture_into_196_tokens() -> None:
    assert preset("full").tokens_per_image == 196
    assert preset("full").vision_layers == (24, 18)


def test_an_unknown_preset_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigInvalid, match="'huge', expected tiny or mid or full"):
        preset("huge")


@pytest.mark.parametrize(
    ("section", "field", "value", "said"),
    [
        ("action_expert_config", "num_layers", 7, "one block per language layer"),
        ("vit_config", "image_num_pos", 5, "one per patch"),
        ("adapter_config", "text_hidden_size", 1, "the language model's width"),
    ],
)
def test_a_config_that_contradicts_itself_is_refused(
    section: str, field: str, value: int, said: str
) -> None:
    data = preset("tiny").to_dict()
    data[section][field] = value
    with pytest.raises(ConfigInvalid, match=said):
        ModelConfig.from_dict(data)


@pytest.mark.parametrize("key", ["text_config", "eos_token_id", "max_action_dim"])
def test_a_missing_field_is_named(key: str) -> None:
    data = preset("tiny").to_dict()
    del data[key]
    with pytest.raises(ConfigInvalid, match=key):
        ModelConfig.from_dict(data)


def test_an_older_config_may_keep_rope_theta_in_its_own_section() -> None:
    data = preset("tiny").to_dict()
    del data["text_config"]["rope_theta"]
    data["text_config"]["rope_parameters"] = {"rope_type": "default", "rope_theta": 777.0}
    assert ModelConfig.from_dict(data).text.rope_theta == 777.0


def test_tags_survive_their_file(tag: TagMetadata) -> None:
    tags = Tags({"bench": tag, "other": replace(tag, control_mode="absolute joint pose")})
    assert Tags.from_dict(json.loads(json.dumps(tags.to_dict()))) == tags


def test_an_unknown_tag_is_refused_with_the_known_ones(tag: TagMetadata) -> None:
    with pytest.raises(UnknownTag, match="the checkpoint has: bench"):
        Tags({"bench": tag})["libero"]


def test_statistics_in_the_released_layout_are_read() -> None:
    released: dict[str, Any] = {
        "format": "molmoact2_norm_stats.v1",
        "norm_mode": "q01_q99",
        "metadata_by_tag": {
            "libero": {
                "action_key": "action",
                "state_keys": ["state"],
                "camera_keys": ["image", "wrist_image"],
                "normalize_gripper": False,
                "action_horizon": 10,
                "n_action_steps": 10,
                "setup_type": "single franka robotic arm in libero",
                "control_mode": "delta end-effector pose",
                "action_stats": {"q01": [-1, 0], "q99": [1, 1], "mask": [True, False]},
                "state_stats": {"q01": [0, 0], "q99": [1, 2], "min": [0, 0], "max": [1, 3]},
            }
        },
    }
    tag = Tags.from_dict(released)["libero"]
    assert tag.action.mask == (True, False)
    assert tag.state.maximum == (1.0, 3.0)
    assert (tag.action_horizon, tag.is_relative, tag.robot) == (10, False, None)


def test_statistics_of_unequal_length_are_refused() -> None:
    with pytest.raises(ConfigInvalid, match="expected one length"):
        NormStats.from_dict({"q01": [0, 0], "q99": [1]})
