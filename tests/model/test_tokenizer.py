"""The small tokenizer: reversible, deterministic, and it agrees with the configuration."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model.presets import TINY_PHRASES, preset
from model.tiny_tokenizer import tiny_tokenizer
from model.tokenizer import PromptTokenizer

PIECES = ["<state_3>", "<|im_end|>", "<im_patch>", "put the red cube", " 42", "<", ">", "ö", "\n"]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=8).map("".join))
def test_decoding_gives_the_text_back(text: str) -> None:
    tokenizer = tiny_tokenizer()
    assert tokenizer.decode(tokenizer.encode(text)) == text


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=8).map("".join))
def test_remembered_pieces_change_nothing(text: str) -> None:
    tokenizer = tiny_tokenizer()
    whole = tokenizer.library.encode(text, add_special_tokens=False).ids
    assert tokenizer.encode(text) == whole


def test_a_tokenizer_survives_its_file() -> None:
    tokenizer = tiny_tokenizer()
    copy = PromptTokenizer.from_json(tokenizer.to_json())
    text = " put the blue cube in the tray<state_7> 13"
    assert copy.encode(text) == tokenizer.encode(text)


def test_special_tokens_are_where_the_config_says() -> None:
    tokens, tokenizer = preset("tiny").tokens, tiny_tokenizer()
    named = {
        "<|endoftext|>": tokens.pad_token_id,
        "<|im_end|>": tokens.eos_token_id,
        "<state_0>": tokens.state_token_start_id,
        "<action_output>": tokens.action_output_token_id,
        "<depth_0>": tokens.depth_token_start_id,
        "<im_start>": tokens.image_start_token_id,
        "<im_patch>": tokens.image_patch_id,
    }
    assert {name: tokenizer.id(name) for name in named} == named


def test_every_whole_number_below_a_hundred_is_one_token() -> None:
    lengths = {len(tiny_tokenizer().encode(f" {number}")) for number in range(100)}
    assert lengths == {1}


def test_fixed_pieces_of_the_prompt_are_one_token_each() -> None:
    assert [len(tiny_tokenizer().encode(p)) for p in TINY_PHRASES] == [1] * len(TINY_PHRASES)
