"""``python -m model.teach_think DATA.h5 --tokenizer FILE --out DIR``: reasoning about depth.

Takes a tiny foundation (eyes that see, a language model that knows places), and teaches it to
answer the depth question about the main picture with the codes of the simulator's true depth. The
image tower rests: every picture goes through it once, only what is read from it learns. Knows no
demonstration; the action expert stays as it is. The same seed gives the same weights.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from model import checkpoint, depth_tokenizer
from model.backbone import pool, vision_features
from model.continuation import Continuation
from model.depth_answer import write_codes
from model.depth_data import DepthData
from model.depth_lesson import with_answers
from model.inputs import ModelInputs
from model.network import MolmoAct2
from model.processor import Processor
from model.run_setup import shipped_foundation
from model.tags import RELATIVE, NormStats, TagMetadata, Tags
from model.teach_depth_tokenizer import rank_correlation
from model.transforms import Normaliser

TAG = "bench"
SETUP = "single so101 robotic arm in simulated workspace"
RATE = 2e-3
WARM_UP = 50
BATCH = 16
SCORED = 24  # held-out moments answered in full
AT_ONCE = 64  # pictures per look
REPORT_EVERY = 50
Rows = npt.NDArray[np.int64]


class ThinkTeacher:
    """The network, its optimiser and what the image tower makes of all pictures."""

    def __init__(
        self,
        data: DepthData,
        foundation: checkpoint.Loaded,
        pictures: depth_tokenizer.DepthTokenizer,
        *,
        steps: int,
        seed: int,
    ) -> None:
        torch.manual_seed(seed)
        self.data, self.pictures, self.steps, self.seed = data, pictures, steps, seed
        config = replace(foundation.model.config, enable_depth_reasoning=True)
        self.network = MolmoAct2(config)
        self.network.load_state_dict(foundation.model.state_dict(), strict=True)
        self.processor = Processor(
            config, foundation.processor.tokenizer, Tags({TAG: tag_of(data)})
        )
        self.codes = _all_codes(data, pictures)
        self.features = self._look()
        backbone = self.network.backbone
        self._learning = [
            *backbone.model.multi_modal_projector.parameters(),
            *backbone.model.language_model.parameters(),
            *backbone.lm_head.parameters(),
        ]
        self._optimizer = torch.optim.AdamW(self._learning, betas=(0.9, 0.98), weight_decay=0.01)
        self.done = 0

    def step(self) -> float:
        """One update; returns the cross entropy per answer token."""
        rng = np.random.default_rng((self.seed, self.done))
        rows = rng.integers(self.data.first, len(self.data), BATCH)
        tasks = rng.choice(self.data.tasks, BATCH).tolist()
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.done)
        inputs, labels = with_answers(
            self.prompts(rows, tasks), self.codes[rows], self.network.config, generator=generator
        )
        loss = self.network.answer_loss(inputs, labels)
        warm = min(1.0, (self.done + 1) / WARM_UP)
        cosine = 0.5 * (1 + math.cos(math.pi * self.done / self.steps))
        for group in self._optimizer.param_groups:
            group["lr"] = RATE * warm * (0.02 + 0.98 * cosine)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._learning, 1.0)
        self._optimizer.step()
        self.done += 1
        return loss.item()

    def prompts(self, rows: Rows, tasks: list[str]) -> ModelInputs:
        """Robot prompts about these moments, with the features of their pictures."""
        tag = self.processor.tags[TAG]
        states = Normaliser(tag.state, mode=tag.norm_mode).normalise(self.data.states[rows])
        inputs = self.processor.encode_batch(
            self.data.images[rows], states=states, tasks=tasks, tag=TAG
        )
        patches = self.features[torch.from_numpy(rows)].float().flatten(0, 1)
        seen = pool(self.network.backbone.model, patches, inputs.pooling)
        return replace(inputs, features=seen)

    @torch.no_grad()
    def _look(self) -> torch.Tensor:
        """(m, cameras, patches, width) float16 of all pictures."""
        images, native = self.data.images, self.network.backbone.model
        flat, parts = images.reshape(-1, *images.shape[2:]), []
        for start in range(0, len(flat), AT_ONCE):
            some = flat[start : start + AT_ONCE]
            values, _ = self.processor.patches(some)
            parts.append(vision_features(native, values).half())
        return torch.cat(parts).unflatten(0, images.shape[:2])

    @torch.no_grad()
    def score(self) -> dict[str, float]:
        """Answers about held-out moments, as pictures, against the true depth.

        ``moving`` looks only where this moment differs from the mean of all moments: a network
        that answers with the bench's usual depth gets nothing for it.
        """
        self.network.eval()
        side = self.pictures.sizes.image_px
        true = self.data.pictures(slice(0, min(SCORED, self.data.first)), side=side)[:, 0]
        usual = self.data.pictures(slice(self.data.first, None), side=side).mean(0)
        drawn = torch.stack([self._answer(row) for row in range(len(true))])
        moving = (true - usual).abs() > 0.15
        pairs = [(drawn[i][m], true[i][m]) for i, m in enumerate(moving) if m.sum() > 50]
        return {
            "rank_correlation": rank_correlation(drawn, true),
            "rank_correlation_of_usual_depth": rank_correlation(usual.expand_as(true), true),
            "rank_correlation_where_moving": _mean(
                [rank_correlation(a[None], b[None]) for a, b in pairs]
            ),
            "error_where_moving": _mean([(a - b).abs().mean().item() / 2 for a, b in pairs]),
            "usual_error_where_moving": _mean(
                [
                    (usual[0][m] - true[i][m]).abs().mean().item() / 2
                    for i, m in enumerate(moving)
                    if m.sum() > 50
                ]
            ),
        }

    def _answer(self, row: int) -> torch.Tensor:
        """(side, side) drawn from the network's own answer about one moment."""
        answer = Continuation(self.network, self.prompts(np.array([row]), [self.data.tasks[0]]))
        codes = write_codes(answer, self.network.config)
        grid = self.pictures.sizes.grid
        return self.pictures.draw(torch.from_numpy(codes.astype(np.int64)).view(1, grid, grid))[
            0, 0
        ]

    def save(self, out: Path, *, minutes: float, scores: dict[str, float]) -> None:
        """Checkpoint, depth tokenizer and card in one folder."""
        card = {
            "preset": self.network.config.foresight.preset,
            "taught": "depth reasoning about the simulated bench, from the simulator's true depth",
            "not_taught": "no demonstration, no action; the action expert has random weights",
            "depth": "inverse, larger is nearer; one scale for the whole bench, no metres",
            "made_by": "python -m studio.make_depth_data, python -m model.teach_depth_tokenizer, "
            "then python -m model.teach_think",
            "data": self.data.source,
            "seed": self.seed,
            "steps": self.done,
            "batch_size": BATCH,
            "cpu_minutes": round(minutes, 1),
            "scores": scores,
            "scored_on": f"{min(SCORED, self.data.first)} moments kept aside",
        }
        processor = Processor(self.network.config, self.processor.tokenizer, Tags({}))
        checkpoint.write_folder(out, model=self.network, processor=processor)
        depth_tokenizer.save(out / depth_tokenizer.FILE, self.pictures)
        (out / "card.json").write_text(json.dumps(card, indent=1) + "\n")


def tag_of(data: DepthData) -> TagMetadata:
    """Words for the prompt and a scale for joint states; actions have none yet."""
    low, high = np.quantile(data.states, [0.01, 0.99], axis=0)
    scale = NormStats.from_dict({"q01": low.tolist(), "q99": high.tolist()})
    return TagMetadata(state=scale, action=scale, setup_type=SETUP, control_mode=RELATIVE)


def _all_codes(data: DepthData, pictures: depth_tokenizer.DepthTokenizer) -> torch.Tensor:
    """(m, cells) int64 true codes of all moments."""
    side = pictures.sizes.image_px
    parts = [
        pictures.encode(data.pictures(slice(start, start + AT_ONCE), side=side))
        for start in range(0, len(data), AT_ONCE)
    ]
    return torch.cat(parts).flatten(1)


def _mean(values: list[float]) -> float:
    return sum(values) / max(len(values), 1)


def main(argv: Sequence[str] | None = None) -> int:
    """Teach for so many steps, report as JSON lines, save."""
    parser = argparse.ArgumentParser(prog="model.teach_think", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--tokenizer", type=Path, required=True, help="a depth tokenizer's file")
    parser.add_argument("--out", type=Path, required=True, help="a new folder")
    parser.add_argument("--foundation", type=Path, default=shipped_foundation("tiny"))
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    foundation = checkpoint.load(options.foundation)
    size = foundation.model.config.image_size
    began_s = time.process_time()
    teacher = ThinkTeacher(
        DepthData.load(options.data, image_size=size),
        foundation,
        depth_tokenizer.load(options.tokenizer),
        steps=options.steps,
        seed=options.seed,
    )
    while teacher.done < options.steps:
        loss = teacher.step()
        if teacher.done % REPORT_EVERY == 0:
            busy_s = round(time.process_time() - began_s, 1)
            _tell({"step": teacher.done, "busy_s": busy_s, "loss": loss})
    scores = teacher.score()
    _tell({"scores": scores})
    minutes = (time.process_time() - began_s) / 60
    teacher.save(options.out, minutes=minutes, scores=scores)
    return 0


def _tell(facts: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
