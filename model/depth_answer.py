"""The depth answer of a Think checkpoint: one code per cell, written before the action.

Codes are written one by one from the depth tokens alone; where old codes still hold, they are read
back in a single pass per run of cells. Knows no picture and no policy: which cells to write again
is decided in :mod:`model.depth_cells`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.config import ModelConfig
from model.continuation import Continuation
from model.depth_cells import Bools, spans
from model.errors import DepthUnavailable, ReasoningFailed

I16 = npt.NDArray[np.int16]
SHORTEST_CLOSING = 8  # tokens the network may take to close its answer


@dataclass(frozen=True, slots=True)
class Kept:
    """Codes of an earlier answer and which of them to write again."""

    codes: I16  # (cells,)
    again: Bools  # (cells,) True: predict


@dataclass(frozen=True, slots=True)
class DepthTokens:
    """Ids of the depth tokens of a checkpoint that has them."""

    start: int
    end: int
    first: int  # id of code 0
    codes: int  # codebook
    cells: int

    @classmethod
    def of(cls, config: ModelConfig) -> DepthTokens:
        """From a config.

        Raises:
            DepthUnavailable: the checkpoint does not reason about depth.
        """
        tokens = config.tokens
        start, end = tokens.depth_start_token_id, tokens.depth_end_token_id
        first, count = tokens.depth_token_start_id, tokens.num_depth_tokens
        if start is None or end is None or first is None or not count:
            raise DepthUnavailable(config.foresight.preset)
        if not config.enable_depth_reasoning:
            raise DepthUnavailable(config.foresight.preset)
        return cls(start, end, first, count, config.num_depth_codes)

    def closing_limit(self, config: ModelConfig) -> int:
        """Tokens that may pass before the end token."""
        return max(SHORTEST_CLOSING, config.max_action_horizon)


def write_depth(answer: Continuation, config: ModelConfig, *, kept: Kept | None = None) -> I16:
    """Write the whole depth answer behind a prompt and let the network close it.

    Args:
        answer: the prompt, ending in the depth trigger.
        config: of the checkpoint.
        kept: an earlier answer to reuse; None predicts every cell.

    Returns:
        (cells,) codes, row by row.

    Raises:
        DepthUnavailable: the checkpoint does not reason about depth.
        ReasoningFailed: the network did not end its answer.
    """
    codes = write_codes(answer, config, kept=kept)
    tokens = DepthTokens.of(config)
    limit = tokens.closing_limit(config)
    if not answer.write_until(lambda token: token == tokens.end, limit=limit):
        raise ReasoningFailed(f"did not end its depth answer within {limit} tokens")
    return codes


def write_codes(answer: Continuation, config: ModelConfig, *, kept: Kept | None = None) -> I16:
    """The start and the codes of :func:`write_depth`, without the end."""
    tokens = DepthTokens.of(config)
    everything = np.ones(tokens.cells, np.bool_)
    codes = np.full(tokens.cells, -1, np.int16) if kept is None else kept.codes.copy()
    answer.feed([tokens.start])
    for span in spans(everything if kept is None else kept.again):
        if not span.predict:
            answer.feed((codes[span.start : span.end].astype(int) + tokens.first).tolist())
            continue
        for cell in range(span.start, span.end):
            token = answer.best(tokens.first, tokens.codes)
            answer.feed([token])
            codes[cell] = token - tokens.first
    return codes


def write_depth_freely(answer: Continuation, config: ModelConfig) -> list[int]:
    """Write the likeliest tokens of the whole vocabulary until the answer ends; its code values.

    The way of checkpoints whose answer has no fixed length; nothing keeps it to depth tokens.

    Raises:
        DepthUnavailable, ReasoningFailed: as in :func:`write_depth`.
    """
    tokens = DepthTokens.of(config)
    limit = max(tokens.cells + 8, config.max_action_horizon * 16)
    if not answer.write_until(lambda token: token == tokens.end, limit=limit):
        raise ReasoningFailed(f"did not end its depth answer within {limit} tokens")
    values = (token - tokens.first for token in answer.answer)
    return [value for value in values if 0 <= value < tokens.codes]
