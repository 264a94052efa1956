"""The words of tiny networks: a small tokenizer learned from tabletop sentences.

Deterministic, so it needs no file; every checkpoint still carries its own copy. Text it has never
seen falls back to smaller pieces, down to bytes. Knows no network.
"""

from __future__ import annotations

import functools
import itertools

from model.presets import IMAGE_TOKENS, TINY_PHRASES, TINY_VOCABULARY, TINY_WORDS
from model.tokenizer import PromptTokenizer, train_small

_CHAT_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
_COLOURS = ("red", "green", "blue", "yellow", "orange", "white", "black")
_THINGS = ("cube", "block", "ball", "cup", "bowl", "tray", "box", "plate", "gripper", "arm")
_VERBS = ("put", "place", "move", "pick up", "lift", "grasp", "push", "stack", "drop", "take")
_PLACES = ("in the tray", "on the table", "into the box", "on top of", "next to", "to the left of")
_WORDS = (
    "where is what how far point at which nearest farthest near far is above below behind between "
    "open close closed holding yes no it from and then the a of to with left right front camera "
    "wrist picture depth map simulated single so101 so100 robotic robot in molmoact2 workspace"
)


@functools.cache
def tiny_tokenizer() -> PromptTokenizer:
    """The tokenizer that fits :func:`model.presets.tiny`.

    Whole numbers 0…99 are one token each when a space stands in front (" 42").
    """
    return train_small(
        _sentences(),
        phrases=TINY_PHRASES,
        special=[*_CHAT_TOKENS, *TINY_VOCABULARY.special_tokens()],
        image=IMAGE_TOKENS,
        words=TINY_WORDS,
        vocab_size=TINY_VOCABULARY.size,
    )


def _sentences() -> list[str]:
    numbers = [f" {n}" for n in range(100)] * 40
    tasks = [
        f" {verb} the {colour} {thing} {place}"
        for verb, colour, thing, place in itertools.product(_VERBS, _COLOURS, _THINGS, _PLACES)
    ]
    words = [f" {word}" for word in _WORDS.split()] * 60
    first = ["simulated", "single", "where", "what", "how"] * 60  # begin a text: no space in front
    return numbers + tasks + words + first
