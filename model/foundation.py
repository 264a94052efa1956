"""``python -m model.foundation``: teach the tiny backbone to see, before it ever sees a robot act.

Pictures of a simulated bench, questions about where things are and how far away, true answers
(``python -m studio.make_foundation_data`` makes the file). Robot prompts are used as they are;
where an action would follow, answers follow. The result is a checkpoint that fine-tuning starts
from, with a card that says what it was taught and how well it answers. No demonstration is
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
from model.backbone import image_features
from model.foundation_data import ANSWERS, FoundationData, Question
from model.foundation_score import score
from model.inputs import ModelInputs
from model.network import MolmoAct2
from model.pointing_head import PointingHead
from model.presets import preset
from model.processor import IGNORED, Processor
from model.tags import RELATIVE, NormStats, TagMetadata, Tags
from model.tiny_tokenizer import tiny_tokenizer
from model.transforms import Normaliser

TAG = "foundation"
SETUP = "single so101 robotic arm in foresight"
LIGHT = Augmentation(shift_px=0, brightness=0.2, contrast=0.15)
HELDOUT = 512  # pictures kept aside for the scores
REPORT_EVERY = 25  # steps
SAVE_EVERY = 400  # steps
TALKING_COST = 3.0  # looking steps that one talking step is worth in computing


@dataclass(frozen=True, slots=True)
class Lesson:
    """How the foundation is taught."""

    looking_steps: int  # first: the pointing head alone, without the language model
    talking_steps: int  # then: questions and answers
    batch_size: int = 32
    questions: int = 10  # per example
    rate: float = 2e-3
    weight_decay: float = 0.01
    pointing_weight: float = 0.3  # beside the answers, after the first part
    state_probability: float = 0.5  # that the prompt says the joint state

    def fraction(self, step: int) -> float:
        """How much of the lesson's work is done, 0 … 1."""
        looked = min(step, self.looking_steps)
        work = looked + TALKING_COST * (step - looked)
        return work / (self.looking_steps + TALKING_COST * self.talking_steps)

    @property
    def steps(self) -> int:
        return self.looking_steps + self.talking_steps


class Teacher:
    """The model, the pointing head and the optimiser, one step at a time."""

    def __init__(self, data: FoundationData, *, lesson: Lesson, seed: int) -> None:
        torch.manual_seed(seed)
        config = preset("tiny")
        self.data, self.lesson, self.seed = data, lesson, seed
        self.model = MolmoAct2(config)
        self.processor = Processor(config, tiny_tokenizer(), Tags({TAG: tag_of(data)}))
        things = data.points(np.arange(1)).shape[2]
        self.head = PointingHead(config.text.hidden_size, things=things, grid=config.token_grid)
        trained = [*self.model.backbone.parameters(), *self.head.parameters()]
        self.optimizer = torch.optim.AdamW(
            trained, lesson.rate, betas=(0.9, 0.98), weight_decay=lesson.weight_decay
        )
        tokens = [self.processor.tokenizer.encode(f" {n}") for n in range(ANSWERS)]
        self.numbers = torch.tensor(tokens)[:, 0]  # (100,) token of each number
        self.rows = np.arange(HELDOUT, len(data))
        self.steps = 0

    def step(self) -> dict[str, float]:
        """One update; returns its losses."""
        fraction = self.lesson.fraction(self.steps)
        rng = np.random.default_rng((self.seed, self.steps))
        rows = rng.choice(self.rows, self.lesson.batch_size, replace=False)
        talking = self.steps >= self.lesson.looking_steps
        warm = min(1.0, (self.steps + 1) / 100)
        cosine = 0.5 * (1 + math.cos(math.pi * fraction))
        for group in self.optimizer.param_groups:
            group["lr"] = self.lesson.rate * warm * (0.02 + 0.98 * cosine)
        self.model.train()
        losses = self._talk(rows, rng) if talking else self._look(rows, rng)
        self.optimizer.zero_grad(set_to_none=True)
        sum(losses.values(), torch.zeros(())).backward()
        torch.nn.utils.clip_grad_norm_(self.optimizer.param_groups[0]["params"], 1.0)
        self.optimizer.step()
        self.steps += 1
        return {name: loss.item() for name, loss in losses.items()}

    def _look(
        self, rows: npt.NDArray[np.integer], rng: np.random.Generator
    ) -> dict[str, torch.Tensor]:
        """Pointing only: no prompt, no language model."""
        inputs = self.encode(rows, rng, questions=0)[0]
        return {"pointing": self._pointing(self.features(inputs), rows)}

    def _talk(
        self, rows: npt.NDArray[np.integer], rng: np.random.Generator
    ) -> dict[str, torch.Tensor]:
        """Answers, and a little pointing so that the eyes do not forget."""
        inputs, labels, _ = self.encode(rows, rng, questions=self.lesson.questions)
        features = self.features(inputs)
        pointing = self._pointing(features, rows) * self.lesson.pointing_weight
        answers = self.model.answer_loss(replace(inputs, features=features), labels)
        return {"answers": answers, "pointing": pointing}

    def features(self, inputs: ModelInputs) -> torch.Tensor:
        """(image tokens, hidden)."""
        return image_features(self.model.backbone.model, inputs)

    def _pointing(self, features: torch.Tensor, rows: npt.NDArray[np.integer]) -> torch.Tensor:
        points = torch.from_numpy(self.data.points(rows)).flatten(0, 1)
        return self.head.loss(features.unflatten(0, (len(points), -1)), points)

    def encode(
        self,
        rows: npt.NDArray[np.integer],
        rng: np.random.Generator,
        *,
        questions: int,
        light: Augmentation = LIGHT,
    ) -> tuple[ModelInputs, torch.Tensor, list[list[Question]]]:
        """A batch of prompts and replies; labels on the numbers alone; what was asked."""
        images = self.data.images[rows]
        flat = augment(images.reshape(-1, *images.shape[2:]), rng, amount=light)
        tag = self.processor.tags[TAG]
        scale = Normaliser(tag.state, mode=tag.norm_mode)
        users, replies, asked = [], [], []
        for row in rows:
            task = str(rng.choice(self.data.tasks))
            said = rng.random() < self.lesson.state_probability
            state = scale.normalise(self.data.states[row]) if said else None
            users.append(self.processor.request(task, state=state, tag=TAG))
            chosen = self.data.choose(int(row), task=task, count=questions, rng=rng)
            replies.append(self.data.reply(int(row), chosen))
            asked.append(chosen)
        inputs, labels = self.processor.encode_questions(
            flat.reshape(images.shape), questions=users, answers=replies
        )
        return inputs, torch.where(torch.isin(labels, self.numbers), labels, IGNORED), asked

    def save(self, out: Path, *, minutes: float, scores: dict[str, float]) -> None:
        """Checkpoint and card."""
        tags = Tags({})  # a foundation knows no robot's units; fine-tuning brings them
        processor = Processor(self.model.config, self.processor.tokenizer, tags)
        card = {
            "preset": self.model.config.foresight.preset,
            "taught": "pointing, depth and place questions about pictures of the simulated bench",
            "not_taught": "no demonstration, no action; the action expert has random weights",
            "data": {
                **self.data.source,
                "pictures": self.data.images.shape[0] * self.data.images.shape[1],
            },
            "questions": sorted({q.text for q in self.data.questions}),
            "seed": self.seed,
            "steps": self.steps,
            "batch_size": self.lesson.batch_size,
            "cpu_minutes": round(minutes, 1),
            "scores": scores,
            "scored_on": f"{HELDOUT} pictures kept aside, true numbers given before later ones",
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
    parser.add_argument("--looking-steps", type=int, default=1600)
    parser.add_argument("--talking-steps", type=int, default=1400)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    if hasattr(os, "nice"):
        os.nice(5)
    data = FoundationData.load(options.data, image_size=preset("tiny").image_size)
    lesson = Lesson(looking_steps=options.looking_steps, talking_steps=options.talking_steps)
    teacher = Teacher(data, lesson=lesson, seed=options.seed)
    began_s = time.process_time()
    while teacher.steps < lesson.steps:
        losses = teacher.step()
        busy_s = time.process_time() - began_s
        if teacher.steps % REPORT_EVERY == 0:
            _tell({"step": teacher.steps, "busy_s": round(busy_s, 1), **losses})
        if teacher.steps % SAVE_EVERY == 0 or teacher.steps == lesson.steps:
            scores = score(teacher, np.arange(HELDOUT))
            _tell({"step": teacher.steps, "scores": scores})
            teacher.save(options.out, minutes=busy_s / 60, scores=scores)
    return 0


def _tell(facts: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
