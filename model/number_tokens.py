"""Where tokens that stand for numbers start out: on a smooth curve instead of anywhere.

256 random rows know nothing of their order, and a few thousand examples cannot teach it. Rows that
vary smoothly with the number let neighbours share what is learned about either. Only for networks
that begin at random weights; released checkpoints bring their own rows.
"""

from __future__ import annotations

import math

import torch

HIGHEST_WAVES = 12.0  # of the fastest column, over the whole range of numbers


def smooth_rows(table: torch.Tensor, *, first: int, count: int) -> None:
    """Overwrite rows ``first … first + count`` of an embedding (vocabulary, hidden) in place.

    Column d becomes a cosine whose frequency grows with d; the rows keep the spread they had.
    """
    rows = table[first : first + count]
    hidden = table.shape[1]
    place = torch.linspace(0.0, 1.0, count)[:, None]
    waves = torch.linspace(0.5, HIGHEST_WAVES, hidden)[None]
    phase = 2 * math.pi * torch.rand(1, hidden)
    curve = math.sqrt(2.0) * torch.cos(2 * math.pi * waves * place + phase)
    with torch.no_grad():
        rows.copy_(curve * rows.std())
