"""Prompts with their depth answers, for teaching: the text a Think checkpoint is to write.

Knows no picture file and no optimiser.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from model.config import ModelConfig
from model.depth_answer import DepthTokens
from model.inputs import ModelInputs
from model.processor import IGNORED

CORRUPTED = 0.1  # share of given codes that are wrong in teaching, so that mistakes do not spread


def with_answers(
    prompts: ModelInputs,
    codes: torch.Tensor,  # (B, cells) int64
    config: ModelConfig,
    *,
    generator: torch.Generator | None = None,
) -> tuple[ModelInputs, torch.Tensor]:
    """Prompts that end in the depth trigger, followed by their answers.

    Args:
        prompts: the batch.
        codes: what is to be answered.
        config: of the checkpoint.
        generator: where given, some codes are given wrongly (never asked for wrongly).

    Returns:
        The longer batch, and labels (B, S) int64: answer tokens, −100 on the prompt.
    """
    tokens, device = DepthTokens.of(config), codes.device
    wanted = _framed(codes, tokens)
    given = wanted
    if generator is not None:
        wrong = (torch.rand(codes.shape, generator=generator) < CORRUPTED).to(device)
        other = torch.randint(tokens.codes, codes.shape, generator=generator).to(device)
        given = _framed(torch.where(wrong, other, codes), tokens)
    count = wanted.shape[1]
    yes = torch.ones_like(wanted, dtype=torch.bool)
    positions = prompts.position_ids[:, -1:] + 1 + torch.arange(count, device=device)
    inputs = replace(
        prompts,
        input_ids=torch.cat([prompts.input_ids, given], dim=1),
        attention_mask=torch.cat([prompts.attention_mask, yes], dim=1),
        position_ids=torch.cat([prompts.position_ids, positions], dim=1),
        image_block=torch.cat([prompts.image_block, ~yes], dim=1),
    )
    ignored = torch.full_like(prompts.input_ids, IGNORED)
    return inputs, torch.cat([ignored, wanted], dim=1)


def _framed(codes: torch.Tensor, tokens: DepthTokens) -> torch.Tensor:
    """(B, cells + 2) token ids."""
    ends = torch.full_like(codes[:, :1], tokens.end)
    return torch.cat([torch.full_like(ends, tokens.start), codes + tokens.first, ends], dim=1)
