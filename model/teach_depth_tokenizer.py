"""``python -m model.teach_depth_tokenizer DATA.h5 --out FILE``: a small depth tokenizer.

Learns to write the simulator's true depth as a 10 × 10 grid of codes. Minutes on one core. Knows no
language model; the same seed gives the same weights.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from model.depth_data import DepthData
from model.depth_tokenizer import DepthTokenizer, Sizes, save

SMALL = Sizes(image_px=40, cell_px=4, codes=128, code_size=32, hidden=16)
COMMITMENT = 0.25  # how firmly features are drawn to their code
FORGET = 0.98  # of the codebook's running means
RARE = 0.05  # uses per step below which a code is given a new place
RATE = 2e-3
BATCH = 16
REPORT_EVERY = 100


class TokenizerTeacher:
    """The tokenizer, its optimiser and the running means that are its codebook."""

    def __init__(self, data: DepthData, *, steps: int, seed: int) -> None:
        torch.manual_seed(seed)
        self.data, self.steps, self.seed = data, steps, seed
        self.tokenizer = DepthTokenizer(SMALL)
        self._optimizer = torch.optim.Adam(self.tokenizer.parameters(), lr=RATE)
        self._uses = torch.ones(SMALL.codes)
        self._sums = self.tokenizer.codebook.clone()
        self.done = 0

    def step(self) -> float:
        """One update; returns the squared error of the drawn pictures."""
        rng = np.random.default_rng((self.seed, self.done))
        rows = rng.integers(self.data.first, len(self.data), BATCH)
        pictures = self.data.pictures(rows, side=SMALL.image_px)
        if rng.random() < 0.5:
            pictures = pictures.flip(3)
        features = self.tokenizer.features(pictures)
        if self.done == 0:
            self._place(features.detach(), torch.arange(SMALL.codes))
        codes = self.tokenizer.nearest(features)
        chosen = self.tokenizer.codebook[codes]
        passed = features + (chosen - features).detach()  # straight through
        error = functional.mse_loss(self.tokenizer.decoder(passed.permute(0, 3, 1, 2)), pictures)
        loss = error + COMMITMENT * functional.mse_loss(features, chosen)
        for group in self._optimizer.param_groups:
            group["lr"] = RATE * (1.0 - 0.95 * self.done / self.steps)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        self._move_codes(features.detach(), codes)
        self.done += 1
        return error.item()

    def _move_codes(self, features: torch.Tensor, codes: torch.Tensor) -> None:
        """Codes follow the running mean of what chose them; unused ones start anew."""
        flat = features.flatten(0, -2)
        hot = functional.one_hot(codes.flatten(), SMALL.codes).float()
        self._uses.mul_(FORGET).add_(hot.sum(0), alpha=1 - FORGET)
        self._sums.mul_(FORGET).add_(hot.T @ flat, alpha=1 - FORGET)
        self.tokenizer.codebook.copy_(self._sums / self._uses.clamp_min(1e-5)[:, None])
        if self.done < self.steps * 0.7:
            self._place(features, (self._uses < RARE).nonzero()[:, 0])

    def _place(self, features: torch.Tensor, codes: torch.Tensor) -> None:
        """Put ``codes`` where some of the features are."""
        flat = features.flatten(0, -2)
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.done)
        some = torch.randint(len(flat), (len(codes),), generator=generator)
        self.tokenizer.codebook[codes] = flat[some]
        self._uses[codes], self._sums[codes] = 1.0, flat[some]

    @torch.no_grad()
    def score(self) -> dict[str, float]:
        """How well held-out pictures survive being written as codes."""
        pictures = self.data.pictures(slice(0, self.data.first), side=SMALL.image_px)
        codes = self.tokenizer.encode(pictures)
        drawn = self.tokenizer.draw(codes)
        return {
            "root_mean_square_error": (drawn - pictures).square().mean().sqrt().item() / 2,
            "rank_correlation": rank_correlation(drawn, pictures),
            "codes_used": float(len(codes.unique())),
        }


def rank_correlation(one: torch.Tensor, other: torch.Tensor) -> float:
    """Mean over pictures (B, …) of Spearman's rank correlation of their pixels."""
    ranks = [_ranks(pictures.flatten(1)) for pictures in (one, other)]
    a, b = (r - r.mean(1, keepdim=True) for r in ranks)
    return ((a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1)).clamp_min(1e-9)).mean().item()


def _ranks(values: torch.Tensor) -> torch.Tensor:
    """(B, n) rank of every value in its row; equal values share their mean rank."""
    ranks = torch.empty(values.shape, dtype=torch.float64)
    for row, line in enumerate(values):
        _, place, count = line.unique(return_inverse=True, return_counts=True)
        last = count.cumsum(0).double()
        ranks[row] = (last - (count.double() - 1) / 2)[place]
    return ranks


def main(argv: Sequence[str] | None = None) -> int:
    """Teach for so many steps, report as JSON lines, save with a card beside it."""
    parser = argparse.ArgumentParser(prog="model.teach_depth_tokenizer", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="a .safetensors file")
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    teacher = TokenizerTeacher(
        DepthData.load(options.data, image_size=None), steps=options.steps, seed=options.seed
    )
    began_s = time.process_time()
    while teacher.done < options.steps:
        error = teacher.step()
        if teacher.done % REPORT_EVERY == 0:
            busy_s = round(time.process_time() - began_s, 1)
            _tell({"step": teacher.done, "busy_s": busy_s, "error": error})
    scores = teacher.score()
    card = {
        "taught": "to write true depth of the simulated bench as 10 × 10 codes",
        "depth": "inverse, larger is nearer; one scale for the whole bench, no metres",
        "made_by": "python -m studio.make_depth_data, then python -m model.teach_depth_tokenizer",
        "data": teacher.data.source,
        "seed": options.seed,
        "steps": options.steps,
        "cpu_minutes": round((time.process_time() - began_s) / 60, 1),
        "scores": scores,
        "scored_on": f"{teacher.data.first} moments kept aside",
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    save(options.out, teacher.tokenizer)
    options.out.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n")
    _tell({"scores": scores})
    return 0


def _tell(facts: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
