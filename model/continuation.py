"""An answer written token by token behind a prompt that was read once.

The prompt's keys and values stay; every further token (or run of known tokens) costs one pass of
its own length. One example at a time. Knows no meaning of a token.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from model.backbone import LayerCache, run_layers
from model.inputs import ModelInputs
from model.network import Context, MolmoAct2


class Continuation:
    """A prompt and what was answered so far."""

    def __init__(self, network: MolmoAct2, inputs: ModelInputs) -> None:
        """Read the prompt (B = 1), pictures seen in both directions."""
        self._network = network
        self._inputs = inputs
        self._cache = LayerCache()
        self._hidden = network.read(inputs, bidirectional=True, cache=self._cache)
        self._written = 0

    @property
    def last(self) -> torch.Tensor:
        """(hidden,) of the last token."""
        return self._hidden[0, -1]

    @property
    def answer(self) -> list[int]:
        """Token ids after the prompt."""
        ids = self._inputs.input_ids[0]
        return ids[len(ids) - self._written :].tolist()

    def feed(self, ids: Sequence[int]) -> None:
        """Append known tokens, all in one pass; they see the prompt and each other causally."""
        inputs, count = self._inputs, len(ids)
        new = torch.tensor([list(ids)], device=inputs.input_ids.device)
        positions = inputs.position_ids[:, -1:] + torch.arange(1, count + 1, device=new.device)
        yes = torch.ones_like(new, dtype=torch.bool)
        self._inputs = replace(
            inputs,
            input_ids=torch.cat([inputs.input_ids, new], dim=1),
            attention_mask=torch.cat([inputs.attention_mask, yes], dim=1),
            position_ids=torch.cat([inputs.position_ids, positions], dim=1),
            image_block=torch.cat([inputs.image_block, ~yes], dim=1),
        )
        native = self._network.backbone.model
        hidden = run_layers(
            native,
            native.language_model.embed_tokens(new),
            positions=positions,
            mask=self._mask(count),
            cache=self._cache,
        )
        self._hidden = torch.cat([self._hidden, hidden], dim=1)
        self._written += count

    def _mask(self, count: int) -> torch.Tensor:
        """(1, 1, count, S) bool: what the last ``count`` tokens may look at."""
        valid = self._inputs.attention_mask
        length = valid.shape[1]
        causal = torch.ones(count, length, dtype=torch.bool, device=valid.device)
        return (causal.tril(length - count) & valid[:, None, :])[:, None]

    def best(self, first: int = 0, count: int | None = None) -> int:
        """The likeliest next token among ``count`` ids from ``first`` on; None: of all."""
        head = self._network.backbone.lm_head.weight
        rows = head[first : None if count is None else first + count]
        return first + int((rows @ self.last).argmax())

    def write_until(self, is_last: Callable[[int], bool], *, limit: int) -> bool:
        """Write the likeliest tokens until one is the last (fed as well); False: none in time."""
        for _ in range(limit):
            token = self.best()
            self.feed([token])
            if is_last(token):
                return True
        return False

    def context(self) -> Context:
        """Prompt and answer for the action expert."""
        return self._network.context_of(self._inputs, self._hidden, self._cache)
