"""The ``full`` preset is the published network: every tensor, every number of the config, every id.

Built on torch's meta device: shapes without memory.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from model.config import ModelConfig
from model.mapping import to_released
from model.network import MolmoAct2
from model.presets import FULL_VOCABULARY, preset

TABLES = Path(__file__).parent / "goldens" / "full-size"
STORED = 5_442_196_208  # parameters in the released files
RECOMPUTED = "model.transformer.rotary_emb.inv_freq"  # a constant; stored by others, not by us


@pytest.fixture(scope="module")
def shapes() -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        network = MolmoAct2(preset("full"))
    state = to_released(dict(network.named_parameters()), network.config)
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def published() -> dict[str, tuple[int, tuple[int, ...]]]:
    """Family of names → how many there are, and their shape."""
    with (TABLES / "state_dict_shapes.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return {r["key_family"]: (int(r["count"]), tuple(json.loads(r["shape"]))) for r in rows}


def test_every_tensor_has_the_published_name_and_shape(shapes: dict[str, tuple[int, ...]]) -> None:
    wanted = published()
    del wanted[RECOMPUTED]
    family = {name: re.sub(r"\.\d+\.(?=\w+[._])", ".{i}.", name, count=1) for name in shapes}
    family = {n: f if f in wanted else n for n, f in family.items()}
    counted = Counter(family.values())
    made = {f: (counted[f], shapes[name]) for name, f in family.items()}
    assert made == wanted
    assert all(shapes[name] == wanted[f][1] for name, f in family.items())


def test_the_parameters_add_up_to_the_published_total(shapes: dict[str, tuple[int, ...]]) -> None:
    assert sum(torch.Size(shape).numel() for shape in shapes.values()) == STORED


def test_the_config_agrees_with_the_published_one_in_every_field() -> None:
    wanted = json.loads((TABLES / "config.json").read_text())
    made = preset("full").to_dict()
    different = dict(_differences(made, wanted))
    assert different == {}


def test_the_published_config_is_read_as_the_preset() -> None:
    made = preset("full")
    text = json.loads((TABLES / "config.json").read_text())
    read = ModelConfig.from_dict({**made.tokens.to_dict(), **text})
    assert (read.text, read.vision, read.adapter, read.expert, read.tokens) == (
        made.text,
        made.vision,
        made.adapter,
        made.expert,
        made.tokens,
    )


def test_token_ids_are_the_derived_ones() -> None:
    known = json.loads((TABLES / "token_ids_derived.json").read_text())["ids"]
    text, ids = FULL_VOCABULARY.special_tokens(), FULL_VOCABULARY.ids()
    for label, number in known.items():
        token = label.split(" ")[0]
        if token in text:
            assert FULL_VOCABULARY.first + text.index(token) == number, label
    assert ids.eos_token_id == known["eos/bos <|im_end|>"]
    assert ids.pad_token_id == known["pad <|endoftext|>"]
    assert FULL_VOCABULARY.size == known["vocab_size (lm_head rows)"]
    image = ("image_start_token_id", "image_end_token_id", "image_patch_id", "image_col_id")
    names = ("<im_start>", "<im_end>", "<im_patch>", "<im_col>")
    assert [getattr(ids, field) for field in image] == [known[name] for name in names]
    assert ids.low_res_image_start_token_id == known["<low_res_im_start>"]
    assert ids.image_low_res_id == known["<im_low>"]
    assert (ids.frame_start_token_id, ids.frame_end_token_id) == (
        known["<frame_start>"],
        known["<frame_end>"],
    )


def test_depth_tokens_come_after_the_action_tokens() -> None:
    known = json.loads((TABLES / "token_ids_derived.json").read_text())["ids"]
    ids = replace(FULL_VOCABULARY, depths=128).ids()
    assert ids.depth_output_token_id == known["<depth_output> (Think only)"]
    assert ids.depth_start_token_id == known["<depth_start> (Think only)"]
    assert ids.depth_end_token_id == known["<depth_end> (Think only)"]
    assert ids.depth_token_start_id == known["<depth_0> (Think only)"]


def _differences(made: dict[str, Any], wanted: dict[str, Any]):
    """What the released config says and ours says otherwise; keys it alone has are constants."""
    constant = {"use_qk_norm": True, "float32_attention": True, "dropout": 0.0, "attn_dropout": 0.0}
    for key, value in wanted.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{k}", v) for k, v in _differences(made[key], value))
        elif made.get(key, constant.get(key)) != value:
            yield key, (made.get(key), value)
