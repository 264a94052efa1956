"""Depth answers for demonstrations: what a Think checkpoint itself sees in their pictures.

Recorded episodes carry no depth. Before it is fine-tuned, a Think checkpoint answers the depth
question about every main picture once; the answers then stand in its prompts, as they will when it
plans, and keep it answering. Knows no optimiser and no files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import torch

from model.backbone import LayerCache, run_layers
from model.data import Dataset
from model.depth_answer import DepthTokens
from model.inputs import ModelInputs
from model.network import MolmoAct2

AT_ONCE = 48  # prompts answered side by side
Prompts = Callable[[npt.NDArray[np.int64]], ModelInputs]  # rows of a dataset → their prompts


@torch.no_grad()
def label(network: MolmoAct2, dataset: Dataset, prompts: Prompts) -> torch.Tensor:
    """(pictures, cells) int64 codes of every picture of the first camera that an example uses.

    Pictures that none uses have zeros.
    """
    tokens = DepthTokens.of(network.config)
    pictures = dataset.picture[:, 0]
    used, rows = np.unique(pictures, return_index=True)
    codes = torch.zeros(len(dataset.pictures[0]), tokens.cells, dtype=torch.int64)
    was_training = network.training
    network.eval()
    for start in range(0, len(rows), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        codes[torch.from_numpy(used[some])] = answer_together(network, prompts(rows[some])).cpu()
    network.train(was_training)
    return codes


@torch.no_grad()
def answer_together(network: MolmoAct2, prompts: ModelInputs) -> torch.Tensor:
    """(B, cells) int64 codes, every cell predicted, of prompts that end in the depth trigger."""
    tokens, native, cache = DepthTokens.of(network.config), network.backbone.model, LayerCache()
    network.read(prompts, bidirectional=True, cache=cache)
    head = network.backbone.lm_head.weight[tokens.first : tokens.first + tokens.codes]
    token = torch.full_like(prompts.input_ids[:, :1], tokens.start)
    codes = []
    for positions, mask in _steps(prompts, tokens.cells):
        embedded = native.language_model.embed_tokens(token)
        hidden = run_layers(native, embedded, positions=positions, mask=mask, cache=cache)
        codes.append((hidden @ head.T).argmax(-1))
        token = codes[-1] + tokens.first
    return torch.cat(codes, dim=1)


def _steps(prompts: ModelInputs, count: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Position (B, 1) and mask (B, 1, 1, S) of each of ``count`` tokens behind the prompts."""
    seen = prompts.attention_mask
    for step in range(count):
        seen = torch.cat([seen, torch.ones_like(seen[:, :1])], dim=1)
        yield prompts.position_ids[:, -1:] + 1 + step, seen[:, None, None, :]
