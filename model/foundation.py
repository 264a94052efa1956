"""``python -m model.foundation``: teach the tiny backbone to see, before it ever sees a robot act.

Pictures of a simulated bench, questions about where things are and how far away, true answers
(``python -m studio.make_foundation_data`` makes the file). First the eyes learn to point. Then,
with the eyes as they are, the language model learns to gather the answers on the last token of a
robot's prompt, where the action expert will look. The result is a checkpoint that fine-tuning
starts from, with a card that says what it was taught and how well it answers. No demonstration is
involved, and the action expert stays as it was born.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from model import checkpoint
from model.augment import Augmentation, augment
from model.backbone import pool, vision_features
from model.foundation_data import FoundationData
from model.foundation_score import score
from model.grounding_head import GroundingHead
from model.groups import group_of
from model.inputs import ModelInputs
from model.network import MolmoAct2
from model.number_tokens import smooth_rows
from model.pointing_head import PointingHead
from model.presets import preset
from model.processor import Processor
from model.tags import RELATIVE, NormStats, TagMetadata, Tags
from model.tiny_tokenizer import tiny_tokenizer
from model.transforms import Normaliser
from recordings.types import U8

TAG = "foundation"
SETUP = "single so101 robotic arm in foresight"
LIGHT = Augmentation(shift_px=0, brightness=0.2, contrast=0.15)
HELDOUT = 512  # picture pairs kept aside for the scores
REPORT_EVERY = 25  # steps
EYES = ("vision", "connector")
Rows = npt.NDArray[np.integer]
SAVE_EVERY = 400  # steps
LOOKS = 2  # at every picture once the eyes are done: as it is, and under another light
FEATURES_AT_ONCE = 64  # pictures
LOUDNESS = 0.1  # root mean square of image features; that of embedded words is 0.02


@dataclass(frozen=True, slots=True)
class Lesson:
    """How the foundation is taught."""

    looking_steps: int  # first: the eyes alone, through the pointing head
    grounding_steps: int  # then: the language model, with the eyes as they are
    batch_size: int = 32
    rate: float = 2e-3
    weight_decay: float = 0.01

    @property
    def steps(self) -> int:
        return self.looking_steps + self.grounding_steps

    def rate_at(self, step: int) -> float:
        """Warm-up and cosine, once per part."""
        looks = step < self.looking_steps
        part = self.looking_steps if looks else self.grounding_steps
        done = step if looks else step - self.looking_steps
        cosine = 0.5 * (1 + math.cos(math.pi * done / part))
        return self.rate * min(1.0, (done + 1) / 100) * (0.02 + 0.98 * cosine)


class Teacher:
    """The model, its heads and the optimiser, one step at a time."""

    def __init__(self, data: FoundationData, *, lesson: Lesson, seed: int) -> None:
        """A network with random weights at the beginning of its lesson."""
        torch.manual_seed(seed)
        config = preset("tiny")
        self.data, self.lesson, self.seed = data, lesson, seed
        self.model = MolmoAct2(config)
        first, count = config.tokens.state_token_start_id, config.tokens.num_state_tokens
        table = self.model.backbone.model.language_model.embed_tokens.weight
        smooth_rows(table.data, first=first, count=count)
        self.processor = Processor(config, tiny_tokenizer(), Tags({TAG: tag_of(data)}))
        things = data.points(np.arange(1)).shape[2]
        self.pointing = PointingHead(config.text.hidden_size, things=things, grid=config.token_grid)
        rng = np.random.default_rng(seed)
        some = rng.choice(len(data), min(len(data), 4000), replace=False)
        targets = torch.from_numpy(data.targets(some, rng.choice(data.tasks, len(some)).tolist()))
        self.grounding = GroundingHead(
            config.text.context_size, layers=config.text.num_hidden_layers, targets=targets
        )
        self.weight = torch.tensor([column.weight for column in data.columns])
        self.rows = np.arange(min(HELDOUT, len(data) // 2), len(data))
        self.steps = 0
        self.took_eyes = False
        self.seen: torch.Tensor | None = None  # (looks, m, cameras, tokens, hidden) once eyes rest
        language = self.model.backbone.model.language_model
        eyes = [p for n, p in self.model.backbone.named_parameters() if group_of(n) in EYES]
        self._looking = self._optimizer([*eyes, *self.pointing.parameters()])
        self._grounding = self._optimizer([*language.parameters(), *self.grounding.parameters()])

    def _optimizer(self, parameters: list[torch.nn.Parameter]) -> torch.optim.Optimizer:
        decay = self.lesson.weight_decay
        return torch.optim.AdamW(parameters, betas=(0.9, 0.98), weight_decay=decay)

    def take_eyes(self, path: Path) -> None:
        """Skip the first part: image tower and connector come from a checkpoint of this script.

        Raises:
            ModelError: the checkpoint cannot be read.
        """
        trained = checkpoint.load(path).model.state_dict()
        eyes = {name: value for name, value in trained.items() if group_of(name) in EYES}
        self.model.load_state_dict({**self.model.state_dict(), **eyes})
        self.steps = self.lesson.looking_steps
        self.took_eyes = True

    def step(self) -> float:
        """One update; returns its loss."""
        rng = np.random.default_rng((self.seed, self.steps))
        rows = rng.choice(self.rows, self.lesson.batch_size)
        looks = self.steps < self.lesson.looking_steps
        optimizer = self._looking if looks else self._grounding
        for group in optimizer.param_groups:
            group["lr"] = self.lesson.rate_at(self.steps)
        loss = self._look(rows, rng) if looks else self._ground(rows, rng)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], 1.0)
        optimizer.step()
        self.steps += 1
        return loss.item()

    def _look(self, rows: Rows, rng: np.random.Generator) -> torch.Tensor:
        """Pointing: no prompt, no language model."""
        pictures = self.data.images[rows]
        flat = augment(pictures.reshape(-1, *pictures.shape[2:]), rng, amount=LIGHT)
        points = torch.from_numpy(self.data.points(rows)).flatten(0, 1)
        return self.pointing.loss(self.features(flat), points)

    def _ground(self, rows: Rows, rng: np.random.Generator) -> torch.Tensor:
        """Answers on the last token of a robot's prompt, from features seen before."""
        if self.seen is None:
            self._speak_up()
            self.seen = self._look_at_all()
        tasks = rng.choice(self.data.tasks, len(rows)).tolist()
        looks = torch.from_numpy(rng.integers(0, len(self.seen), len(rows)))
        features = self.seen[looks, torch.from_numpy(rows)]
        wanted = torch.from_numpy(self.data.targets(rows, tasks))
        values = self.model.context(self.prompts(rows, tasks, features), bidirectional=True).values
        return self.grounding.loss(values, wanted, self.weight)

    def features(self, pictures: U8) -> torch.Tensor:
        """Pictures (n, s, s, 3) → (n, tokens, hidden)."""
        native = self.model.backbone.model
        pixel_values, pooling = self.processor.patches(pictures)
        pooled = pool(native, vision_features(native, pixel_values), pooling)
        return pooled.unflatten(0, (len(pictures), -1))

    @torch.no_grad()
    def _speak_up(self) -> None:
        """Scale the eyes' last layer so that the language model hears them beside its own words.

        The pointing head norms what it reads, so the eyes come out of their lesson at any scale:
        at a hundredth of a word's, and the language model never learned to look.
        """
        some = self.data.images[: FEATURES_AT_ONCE // 2]
        features = self.features(some.reshape(-1, *some.shape[2:]))
        projector = self.model.backbone.model.multi_modal_projector.image_projector
        projector.down_proj.weight.mul_(LOUDNESS / features.square().mean().sqrt())

    @torch.no_grad()
    def _look_at_all(self) -> torch.Tensor:
        images = self.data.images
        flat = images.reshape(-1, *images.shape[2:])
        rng = np.random.default_rng((self.seed, LOOKS))
        looks = []
        for look in range(LOOKS):
            parts = []
            for start in range(0, len(flat), FEATURES_AT_ONCE):
                some = flat[start : start + FEATURES_AT_ONCE]
                some = augment(some, rng, amount=LIGHT) if look else some
                parts.append(self.features(some).half())
            looks.append(torch.cat(parts).unflatten(0, images.shape[:2]))
        return torch.stack(looks)

    def prompts(self, rows: Rows, tasks: list[str], features: torch.Tensor) -> ModelInputs:
        """Robot prompts with the state and features (b, cameras, tokens, hidden) filled in."""
        tag = self.processor.tags[TAG]
        states = Normaliser(tag.state, mode=tag.norm_mode).normalise(self.data.states[rows])
        inputs = self.processor.encode_batch(
            self.data.images[rows], states=states, tasks=tasks, tag=TAG
        )
        return replace(inputs, features=features.float().flatten(0, 2))

    def save(self, out: Path, *, minutes: float, scores: dict[str, float]) -> None:
        """Checkpoint and card."""
        tags = Tags({})  # a foundation knows no robot's units; fine-tuning brings them
        processor = Processor(self.model.config, self.processor.tokenizer, tags)
        card = {
            "preset": self.model.config.foresight.preset,
            "taught": "where things are and how far away, on pictures of the simulated bench",
            "not_taught": "no demonstration, no action; the action expert has random weights",
            "data": {
                **self.data.source,
                "pictures": self.data.images.shape[0] * self.data.images.shape[1],
            },
            "questions": sorted({q.text for q in self.data.questions}),
            "seed": self.seed,
            "steps": self.steps,
            "looking_steps": min(self.steps, self.lesson.looking_steps),
            "batch_size": self.lesson.batch_size,
            "cpu_minutes": round(minutes, 1),
            "scores": scores,
            "scored_on": f"{self.rows[0]} picture pairs kept aside, median errors",
        }
        checkpoint.save(out, step=self.steps, model=self.model, processor=processor, progress=card)


def tag_of(data: FoundationData) -> TagMetadata:
    """Words for the prompt and a scale for joint states; actions have none yet."""
    low, high = np.quantile(data.states, [0.01, 0.99], axis=0)
    scale = NormStats.from_dict({"q01": low.tolist(), "q99": high.tolist()})
    return TagMetadata(state=scale, action=scale, setup_type=SETUP, control_mode=RELATIVE)


def main(argv: Sequence[str] | None = None) -> int:
    """Teach for so many steps, report as JSON lines, save. The same seed gives the same weights."""
    parser = argparse.ArgumentParser(prog="model.foundation", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--looking-steps", type=int, default=2000)
    parser.add_argument("--grounding-steps", type=int, default=3000)
    parser.add_argument("--eyes", type=Path, help="take the first part from this checkpoint")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    if hasattr(os, "nice"):
        os.nice(5)
    data = FoundationData.load(options.data, image_size=preset("tiny").image_size)
    lesson = Lesson(options.looking_steps, options.grounding_steps)
    teacher = Teacher(data, lesson=lesson, seed=options.seed)
    if options.eyes:
        teacher.take_eyes(options.eyes)
    began_s = time.process_time()
    while teacher.steps < lesson.steps:
        loss = teacher.step()
        busy_s = time.process_time() - began_s
        if teacher.steps % REPORT_EVERY == 0:
            _tell({"step": teacher.steps, "busy_s": round(busy_s, 1), "loss": loss})
        if teacher.steps % SAVE_EVERY == 0 or teacher.steps == lesson.steps:
            scores = score(teacher, np.arange(teacher.rows[0]))
            _tell({"step": teacher.steps, "scores": scores})
            teacher.save(options.out, minutes=busy_s / 60, scores=scores)
    return 0


def _tell(facts: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
