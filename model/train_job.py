"""``foresight train``: fine-tune on a folder of episodes, tell the world in JSON lines.

The only top of fine-tuning: arguments, clocks, signals and files meet here. The learning itself is
:mod:`model.train`. Runs in a process of its own, at low priority, with one core left free.
"""

from __future__ import annotations

import argparse
import functools
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from model import checkpoint, messages
from model.budget import Budget
from model.chunk_error import ComparedChunks
from model.errors import ModelError, OutOfMemory
from model.estimate import estimate
from model.memory import advice, ran_out
from model.messages import JobEvent
from model.ranks import Ranks
from model.run_setup import prepare
from model.train import Trainer
from model.train_arguments import parse, request_of
from recordings.errors import RecordingError
from recordings.windows.sources import Source

REPORT_EVERY_S = 2.0
HELDOUT_EVERY_S = 30.0
SAVE_EVERY_S = 60.0
SHOWN_CHUNKS, SHOWN_ROWS = 3, 30  # of held-out moments, in one message
SHOWN_DIGITS = 3  # 0.001 rad is 0.06°
LOSS_WINDOW = 20  # steps averaged in a reported loss
Teller = Callable[[JobEvent], None]


class Pace:
    """Clocks of a run: busy seconds (survive a resume), steps per second, what is due."""

    def __init__(self, *, busy_before_s: float, threads: int, counts_wall: bool = False) -> None:
        self.counts_wall = counts_wall  # a graphics card works while this process waits
        self.busy_before_s = busy_before_s
        self.threads = threads
        self.began_s = time.monotonic()
        self.done = 0
        self.due_s = {"report": 0.0, "heldout": 0.0, "save": SAVE_EVERY_S}

    @property
    def busy_s(self) -> float:
        """Computing time of this run so far; importing and reading episodes included."""
        if self.counts_wall:
            return self.busy_before_s + self.wall_s
        return self.busy_before_s + time.process_time() / self.threads

    @property
    def wall_s(self) -> float:
        return max(time.monotonic() - self.began_s, 1e-6)

    @property
    def steps_per_s(self) -> float:
        return self.done / self.wall_s

    def is_due(self, what: str, *, every_s: float) -> bool:
        """True once per period."""
        if self.wall_s < self.due_s[what]:
            return False
        self.due_s[what] = self.wall_s + every_s
        return True

    def eta_s(self, *, fraction: float, fraction_before: float) -> float | None:
        """Wall seconds to the end at the speed so far."""
        speed = (fraction - fraction_before) / self.wall_s
        return max(0.0, 1.0 - fraction) / speed if speed > 0 else None


def main(argv: Sequence[str] | None = None) -> int:
    """Run the job. 0 finished or stopped on request, 1 failed (the reason is a JSON line)."""
    options = parse(argv)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if hasattr(os, "nice"):
        os.nice(options.nice)
    torch.set_num_threads(options.threads)
    ranks = Ranks.meet(options.device)
    tell = _tell if ranks.is_first else _say_nothing
    try:
        _work(options, ranks=ranks, tell=tell, stop=stop)
    except ModelError as error:
        tell(messages.Failed(message=error.message, hint=error.hint))
        return 1
    except RecordingError as error:
        tell(messages.Failed(message=str(error), hint="look at it in Review, then train again"))
        return 1
    except OSError as error:
        hint = "free some space or choose another folder, then train with --resume"
        tell(messages.Failed(message=f"cannot write or read: {error}", hint=hint))
        return 1
    finally:
        ranks.leave()
    return 0


def _work(
    options: argparse.Namespace, *, ranks: Ranks, tell: Teller, stop: threading.Event
) -> None:
    """Estimate or train.

    Raises:
        OutOfMemory: it does not fit; what to change, and that the last checkpoint is there.
    """
    request, budget = request_of(options), Budget(steps=options.steps, minutes=options.minutes)
    if options.estimate:
        tell(estimate(request, budget, ranks=ranks))
        return
    recipe = request.choices.recipe(request.preset)
    try:
        trainer, progress = prepare(request, ranks)
        recipe = trainer.recipe
        pace = Pace(
            busy_before_s=float(progress.get("busy_s", 0.0)),
            threads=options.threads,
            counts_wall=ranks.device.type != "cpu",
        )
        kept = {name: progress[name] for name in ("preset", "choices") if name in progress}
        _run(trainer, budget=budget, pace=pace, out=options.out, kept=kept, stop=stop, tell=tell)
    except (MemoryError, RuntimeError) as error:
        if not ran_out(error):
            raise
        saved = (options.out / checkpoint.RUN_FILE).exists()
        keeps = " and --resume: the last checkpoint is kept" if saved else ""
        hint = advice(recipe, parts=ranks.count) + keeps
        raise OutOfMemory("training", hint=hint) from error


def _run(
    trainer: Trainer,
    *,
    budget: Budget,
    pace: Pace,
    out: Path,
    kept: dict[str, Any],
    stop: threading.Event,
    tell: Teller,
) -> None:
    """Steps until the budget is used up or someone asks to stop; the last checkpoint is written."""
    ranks = trainer.ranks
    tell(
        messages.Started(job="train", out=str(out), total=budget.steps or 0, facts=_facts(trainer))
    )
    save = functools.partial(_save, trainer, out=out, pace=pace, kept=kept, tell=tell)
    losses: deque[float] = deque(maxlen=LOSS_WINDOW)
    before = ranks.agree(budget.fraction(step=trainer.steps_done, busy_s=pace.busy_s))
    fraction, stopping = before, bool(ranks.agree(float(stop.is_set())))
    while fraction < 1.0 and not stopping:
        losses.append(trainer.step(fraction=fraction).loss)
        pace.done += 1
        fraction = ranks.agree(budget.fraction(step=trainer.steps_done, busy_s=pace.busy_s))
        stopping = bool(ranks.agree(float(stop.is_set())))
        if not ranks.is_first:
            continue
        if pace.is_due("report", every_s=REPORT_EVERY_S):
            report = _progress(trainer, losses, pace, fraction=fraction, before=before)
            if pace.is_due("heldout", every_s=HELDOUT_EVERY_S):
                report = _look_at_heldout(report, trainer, tell)
            tell(report)
        if pace.is_due("save", every_s=SAVE_EVERY_S):
            save()
    if not ranks.is_first:
        return
    save()
    report = _progress(trainer, losses, pace, fraction=max(fraction, 1e-9), before=before)
    report = _look_at_heldout(report, trainer, tell)
    tell(report)
    metrics = {"loss": report.loss, "busy_s": pace.busy_s, "wall_s": pace.wall_s}
    metrics |= {k: v for k, v in report.metrics.items() if k.startswith("heldout")}
    if report.heldout is not None:
        metrics["heldout"] = report.heldout
    cancelled = stopping and fraction < 1.0
    done = trainer.steps_done
    tell(messages.Finished(step=done, out=str(out), cancelled=cancelled, metrics=metrics))


def _facts(trainer: Trainer) -> dict[str, Any]:
    """What is known before the first step."""
    return {
        "episodes": len(trainer.dataset.task),
        "examples": len(trainer.rows),
        "heldout_examples": len(trainer.heldout_rows),
        "corrections": int((trainer.dataset.source[trainer.rows] == Source.CORRECTION).sum()),
        "parameters": sum(p.numel() for p in trainer.model.parameters()),
        "learning": sum(p.numel() for p in trainer.learning.values()),
        "mode": trainer.recipe.mode,
        "processes": trainer.ranks.count,
        "device": str(trainer.ranks.device),
    }


def _look_at_heldout(
    report: messages.Progress, trainer: Trainer, tell: Teller
) -> messages.Progress:
    """The report with what the averaged weights do on episodes kept aside; shows a few of them."""
    chunks = trainer.heldout_chunks()
    if chunks is None:
        return report
    tell(_shown(chunks, trainer))
    error = chunks.error
    metrics = {"heldout_rad": error.arm_rad, "heldout_gripper": error.gripper}
    return replace(report, heldout=trainer.heldout_loss(), metrics={**report.metrics, **metrics})


def _shown(chunks: ComparedChunks, trainer: Trainer) -> messages.Chunks:
    """A few chunks to look at, thinned and rounded: some kilobytes, however long they are."""
    few = chunks.few(SHOWN_CHUNKS)
    every = -(-few.valid.shape[1] // SHOWN_ROWS)  # rows, rounded up
    joints = few.robot.joints
    return messages.Chunks(
        step=trainer.steps_done,
        dt_s=trainer.processor.tags[trainer.tag].dt_s * every,
        joints=[joint.name for joint in joints],
        grippers=[joint.is_gripper for joint in joints],
        recorded=few.recorded[:, ::every].astype(float).round(SHOWN_DIGITS).tolist(),
        planned=few.planned[:, ::every].astype(float).round(SHOWN_DIGITS).tolist(),
        valid=few.valid[:, ::every].tolist(),
    )


def _progress(
    trainer: Trainer, losses: deque[float], pace: Pace, *, fraction: float, before: float
) -> messages.Progress:
    done_here = max(fraction, 1e-9)
    return messages.Progress(
        step=trainer.steps_done,
        total=max(trainer.steps_done, round(trainer.steps_done / min(done_here, 1.0))),
        loss=sum(losses) / len(losses) if losses else float("nan"),
        eta_s=pace.eta_s(fraction=fraction, fraction_before=before),
        steps_per_s=pace.steps_per_s,
        metrics={"busy_s": pace.busy_s},
    )


def _save(trainer: Trainer, *, out: Path, pace: Pace, kept: dict[str, Any], tell: Teller) -> None:
    path = trainer.save(out, progress={**kept, "busy_s": pace.busy_s})
    tell(messages.Saved(step=trainer.steps_done, path=str(path)))


def _tell(event: JobEvent) -> None:
    sys.stdout.write(messages.encode(event) + "\n")
    sys.stdout.flush()


def _say_nothing(event: JobEvent) -> None:
    """Of several processes only the first one talks; an end with an error still shows."""
    if isinstance(event, messages.Failed):
        sys.stderr.write(f"{event.message}; {event.hint}\n")


if __name__ == "__main__":
    sys.exit(main())
