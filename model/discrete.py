"""Actions as words: the answer of checkpoints that have no action expert, or are not to use it.

The network writes ``<action_start>``, action tokens and ``<action_end>`` greedily, so there is one
plan per request, whatever the seed. Knows no robot units.
"""

from __future__ import annotations

import torch

from model.action_tokens import ActionTokenizer
from model.config import ModelConfig
from model.continuation import Continuation
from model.errors import ReasoningFailed

LONGEST_PER_ROW = 16  # tokens an answer may take for each row of the chunk


def speaks_actions(config: ModelConfig) -> bool:
    """Whether a checkpoint's plans are written as tokens."""
    return config.action_mode == "discrete" or not config.add_action_expert


def write_actions(
    answer: Continuation,
    config: ModelConfig,
    tokenizer: ActionTokenizer,
    *,
    rows: int,
    columns: int,
) -> torch.Tensor:
    """Write the action answer behind a prompt (and a depth answer, where there is one).

    Returns:
        (1, 1, rows, columns) normalised.

    Raises:
        ReasoningFailed: the answer does not end, or is no chunk of this size.
    """
    before, eos = len(answer.answer), config.tokens.eos_token_id
    limit = rows * LONGEST_PER_ROW
    if not answer.write_until(lambda token: token == eos, limit=limit):
        raise ReasoningFailed(f"did not end its action answer within {limit} tokens")
    tokens = action_tokens(answer.answer[before:], config)
    chunk = tokenizer.decode(tokens, rows=rows, columns=columns)
    if chunk is None:
        raise ReasoningFailed(
            f"answered with {len(tokens)} action tokens that are not {rows} rows of {columns} "
            "columns"
        )
    return torch.from_numpy(chunk)[None, None]


def action_tokens(ids: list[int], config: ModelConfig) -> list[int]:
    """Numbers of the action tokens between the first start and the next end, [] without a start."""
    tokens = config.tokens
    if tokens.action_start_token_id not in ids:
        return []
    inner = ids[ids.index(tokens.action_start_token_id) + 1 :]
    if tokens.action_end_token_id in inner:
        inner = inner[: inner.index(tokens.action_end_token_id)]
    numbers = [token - tokens.action_token_start_id for token in inner]
    return [number for number in numbers if 0 <= number < tokens.num_action_tokens]
