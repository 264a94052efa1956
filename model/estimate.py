"""What a training would take on this machine: a few of its real steps are done and measured.

Reads a few of the episodes, does a few updates with the real batch, and counts up. Writes nothing.
Knows no command line.
"""

from __future__ import annotations

import shutil
import statistics
import time
from dataclasses import replace
from pathlib import Path

import torch

from model import messages
from model.budget import Budget
from model.data import HELD_BYTES, usable_episodes
from model.memory import LEAVE_FREE, MemoryUse, advice, memory_use, ran_out
from model.ranks import Ranks
from model.run_setup import RunRequest, prepare
from model.train import Trainer

EPISODES = 5  # read to measure with; the others cost as much each
STEPS = 4  # measured after a first one that also sets everything up
GIGA = 1e9


def estimate(request: RunRequest, budget: Budget, *, ranks: Ranks) -> messages.Estimated:
    """Measure, and count up to the end of ``budget``.

    Raises:
        ModelError: the episodes or the checkpoint cannot be used.
    """
    began = time.monotonic()
    recipe = request.choices.recipe(request.preset)
    try:
        trainer, _ = prepare(replace(request, most_episodes=EPISODES), ranks)
        recipe = trainer.recipe
        trainer.step(fraction=0.0)  # looks at the pictures, allocates what stays
        set_up_s = time.monotonic() - began
        step_s = statistics.median(_timed_step(trainer) for _ in range(STEPS))
    except (MemoryError, RuntimeError) as error:
        if not ran_out(error):
            raise
        use = memory_use(ranks.device)
        return _answer(use, request, advice=advice(recipe, parts=ranks.count))
    total = len(usable_episodes(request.episodes))
    more = max(1.0, total / len(trainer.dataset.task))
    use = _with_all_pictures(memory_use(ranks.device), trainer, more=more)
    steps = budget.steps or 10**9
    if budget.minutes:
        spent_s = 60.0 * budget.minutes - set_up_s * more
        steps = min(steps, max(1, round(spent_s / step_s)))
    return _answer(
        use,
        request,
        advice="" if use.fits else advice(recipe, parts=ranks.count),
        steps=steps,
        step_s=step_s,
        set_up_s=set_up_s * more,
        trainer=trainer,
        episodes=total,
    )


def _timed_step(trainer: Trainer) -> float:
    began = time.monotonic()
    trainer.step(fraction=0.0)
    if trainer.ranks.device.type == "cuda":
        torch.cuda.synchronize(trainer.ranks.device)
    return time.monotonic() - began


def _with_all_pictures(use: MemoryUse, trainer: Trainer, *, more: float) -> MemoryUse:
    """The peak with all episodes in memory; pictures lie in plain memory, never on a card."""
    if trainer.ranks.device.type != "cpu":
        return use
    pictures = trainer.dataset.held_bytes
    with_all = more * pictures if more * pictures <= HELD_BYTES else 0.0
    features = (more - 1.0) * trainer.kept_features_bytes
    return replace(use, peak=use.peak + round(max(0.0, with_all - pictures) + features))


def _answer(
    use: MemoryUse,
    request: RunRequest,
    *,
    advice: str,
    steps: int = 0,
    step_s: float = 0.0,
    set_up_s: float = 0.0,
    trainer: Trainer | None = None,
    episodes: int = 0,
) -> messages.Estimated:
    disk = _free_bytes(request.out)
    saved = 0 if trainer is None else trainer.checkpoint_bytes
    full = trainer is not None and 3 * saved > disk  # two are kept while a third is written
    tips = [advice] if advice else []
    tips += ["free some space on the disk of --out"] if full else []
    facts = {}
    if trainer is not None:
        facts = {
            "episodes": episodes,
            "mode": trainer.recipe.mode,
            "batch_size": trainer.recipe.batch_size,
            "learning": sum(p.numel() for p in trainer.learning.values()),
            "device": str(trainer.ranks.device),
            "measured_steps": STEPS,
        }
    return messages.Estimated(
        steps=steps,
        seconds_per_step=step_s,
        minutes=(set_up_s + steps * step_s) / 60.0,
        peak_gb=use.peak / GIGA,
        available_gb=LEAVE_FREE * use.available / GIGA,
        checkpoint_gb=saved / GIGA,
        free_disk_gb=disk / GIGA,
        fits=not tips,
        advice="; ".join(tips),
        facts=facts,
    )


def _free_bytes(folder: Path) -> int:
    """Of the disk that ``folder`` will be on."""
    there = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    return shutil.disk_usage(there).free
