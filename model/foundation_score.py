"""How well a foundation answers on pictures it has never seen: median errors by kind of question.

Knows no training; the numbers go into the foundation's card.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from model.foundation_data import ANSWERS

if TYPE_CHECKING:
    from model.foundation import Teacher

BATCH = 64
SEED = 7


@torch.no_grad()
def score(teacher: Teacher, rows: npt.NDArray[np.integer]) -> dict[str, float]:
    """Median error per number about the goal (its unit in the name), and of the pointing head."""
    teacher.model.eval()
    rng = np.random.default_rng(SEED)
    errors: dict[str, list[float]] = defaultdict(list)
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        images = teacher.data.images[part]
        features = teacher.features(images.reshape(-1, *images.shape[2:]))
        if not teacher.took_eyes:  # else the pointing head has learned nothing
            points = torch.from_numpy(teacher.data.points(part)).flatten(0, 1)
            away = (teacher.pointing.point(features) - points).norm(dim=-1) * 100
            errors["pointing head, % of the picture"] += away[~away.isnan()].tolist()
        tasks = rng.choice(teacher.data.tasks, len(part)).tolist()
        seen = features.unflatten(0, images.shape[:2])
        context = teacher.model.context(teacher.prompts(part, tasks, seen), bidirectional=True)
        wrong = teacher.grounding.answer(context.values).numpy() - teacher.data.targets(part, tasks)
        for column, name in enumerate(teacher.data.columns):
            if name.is_goal and not name.turns:
                off = np.abs(wrong[:, column]) * ANSWERS
                errors[f"{name.text} {name.number}, {name.unit}"] += off[~np.isnan(off)].tolist()
    teacher.model.train()
    return {kind: round(float(np.median(found)), 2) for kind, found in sorted(errors.items())}
