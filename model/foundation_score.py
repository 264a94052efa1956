"""How well a foundation answers on pictures it has never seen: median errors by kind of question.

Knows no training; the numbers go into the foundation's card.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from model.augment import Augmentation

if TYPE_CHECKING:
    from model.foundation import Teacher

BATCH = 64
QUESTIONS = 14  # per picture pair
SEED = 7
QUARTER_TURN = 90
DARK = Augmentation(shift_px=0, brightness=0.0, contrast=0.0)


@torch.no_grad()
def score(teacher: Teacher, rows: npt.NDArray[np.integer]) -> dict[str, float]:
    """Median error per kind of question (its unit in the name), and of the pointing head."""
    teacher.model.eval()
    errors: dict[str, list[float]] = defaultdict(list)
    rng = np.random.default_rng(SEED)
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        inputs, labels, asked = teacher.encode(part, rng, questions=QUESTIONS, light=DARK)
        features = teacher.features(inputs)
        errors["pointing head, % of the picture"] += _pointing(teacher, features, part)
        context = teacher.model.context(replace(inputs, features=features), bidirectional=True)
        wanted = labels[:, 1:] >= 0
        logits = teacher.model.backbone.lm_head(context.hidden[:, :-1][wanted])
        said = logits[:, teacher.numbers].argmax(-1).tolist()
        true = teacher.data.answers
        position = 0
        for row, questions in zip(part, asked, strict=True):
            for question in questions:
                answer = said[position : position + question.numbers]
                position += question.numbers
                away = np.abs(np.array(answer) - true[row, question.index, : question.numbers])
                if question.turns:
                    away = np.minimum(away, QUARTER_TURN - away)
                errors[_kind(question.text, question.unit)].append(float(np.hypot.reduce(away)))
    return {kind: round(float(np.median(found)), 2) for kind, found in sorted(errors.items())}


def _pointing(
    teacher: Teacher, features: torch.Tensor, rows: npt.NDArray[np.integer]
) -> list[float]:
    """Errors of the pointing head in percent of the picture, things in sight only."""
    points = torch.from_numpy(teacher.data.points(rows)).flatten(0, 1)
    found = teacher.head.point(features.unflatten(0, (len(points), -1)))
    away = (found - points).norm(dim=-1) * 100
    return away[~away.isnan()].tolist()


def _kind(text: str, unit: str) -> str:
    """Questions about red, green and blue cubes are one kind."""
    words = [word for word in text.split() if word not in ("red", "green", "blue")]
    return f"{' '.join(words)}, {unit}" if unit else " ".join(words)
