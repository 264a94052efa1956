"""``foresight train``: fine-tune on a folder of episodes, tell the world in JSON lines.

The only top of fine-tuning: arguments, clocks, signals and files meet here. The learning itself is
:mod:`model.train`. Runs in a process of its own, at low priority, with one core left free.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from model import messages
from model.errors import ModelError
from model.messages import JobEvent
from model.run_setup import RunRequest, prepare
from model.train import Trainer

REPORT_EVERY_S = 2.0
HELDOUT_EVERY_S = 30.0
SAVE_EVERY_S = 60.0
LOSS_WINDOW = 20  # steps averaged in a reported loss


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to train. Steps, minutes, or whichever ends first."""

    steps: int | None
    minutes: float | None  # of computing on an idle machine: time lost to others does not count

    def fraction(self, *, step: int, busy_s: float) -> float:
        """How much of the budget is used up, 0 … 1 and beyond."""
        by_steps = step / self.steps if self.steps else 0.0
        by_time = busy_s / (60.0 * self.minutes) if self.minutes else 0.0
        return max(by_steps, by_time)


class Pace:
    """Clocks of a run: busy seconds (survive a resume), steps per second, what is due."""

    def __init__(self, *, busy_before_s: float, threads: int) -> None:
        self.busy_before_s = busy_before_s
        self.threads = threads
        self.began_s = time.monotonic()
        self.done = 0
        self.due_s = {"report": 0.0, "heldout": 0.0, "save": SAVE_EVERY_S}

    @property
    def busy_s(self) -> float:
        """Computing time of this run so far; importing and reading episodes included."""
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
    options = _parse(argv)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if hasattr(os, "nice"):
        os.nice(options.nice)
    torch.set_num_threads(options.threads)
    budget = Budget(steps=options.steps, minutes=options.minutes)
    request = RunRequest(
        episodes=options.episodes,
        out=options.out,
        preset=options.preset,
        foundation=options.foundation,
        seed=options.seed,
        resume=options.resume,
        action_hz=options.action_hz,
        horizon=options.horizon,
    )
    try:
        trainer, progress = prepare(request)
        pace = Pace(busy_before_s=float(progress.get("busy_s", 0.0)), threads=options.threads)
        _run(trainer, budget=budget, pace=pace, out=options.out, stop=stop)
    except ModelError as error:
        _tell(messages.Failed(message=error.message, hint=error.hint))
        return 1
    except OSError as error:
        hint = "free some space or choose another folder, then train with --resume"
        _tell(messages.Failed(message=f"cannot write or read: {error}", hint=hint))
        return 1
    return 0


def _run(trainer: Trainer, *, budget: Budget, pace: Pace, out: Path, stop: threading.Event) -> None:
    """Steps until the budget is used up or someone asks to stop; the last checkpoint is written."""
    facts = {
        "episodes": len(trainer.dataset.task),
        "examples": len(trainer.rows),
        "heldout_examples": len(trainer.heldout_rows),
        "parameters": sum(p.numel() for p in trainer.model.parameters()),
        "threads": pace.threads,
    }
    _tell(messages.Started(job="train", out=str(out), total=budget.steps or 0, facts=facts))
    losses: deque[float] = deque(maxlen=LOSS_WINDOW)
    fraction = before = budget.fraction(step=trainer.steps_done, busy_s=pace.busy_s)
    while fraction < 1.0 and not stop.is_set():
        losses.append(trainer.step(fraction=fraction).loss)
        pace.done += 1
        fraction = budget.fraction(step=trainer.steps_done, busy_s=pace.busy_s)
        if pace.is_due("report", every_s=REPORT_EVERY_S):
            report = _progress(trainer, losses, pace, fraction=fraction, before=before)
            if pace.is_due("heldout", every_s=HELDOUT_EVERY_S):
                report = replace(report, heldout=trainer.heldout_loss())
            _tell(report)
        if pace.is_due("save", every_s=SAVE_EVERY_S):
            _save(trainer, out=out, pace=pace)
    _save(trainer, out=out, pace=pace)
    report = _progress(trainer, losses, pace, fraction=max(fraction, 1e-9), before=before)
    heldout = trainer.heldout_loss()
    _tell(replace(report, heldout=heldout))
    metrics = {"loss": report.loss, "busy_s": pace.busy_s, "wall_s": pace.wall_s}
    if heldout is not None:
        metrics["heldout"] = heldout
    _tell(
        messages.Finished(
            step=trainer.steps_done,
            out=str(out),
            cancelled=stop.is_set() and fraction < 1.0,
            metrics=metrics,
        )
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


def _save(trainer: Trainer, *, out: Path, pace: Pace) -> None:
    path = trainer.save(out, progress={"busy_s": pace.busy_s})
    _tell(messages.Saved(step=trainer.steps_done, path=str(path)))


def _tell(event: JobEvent) -> None:
    sys.stdout.write(messages.encode(event) + "\n")
    sys.stdout.flush()


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="foresight train", description=__doc__)
    parser.add_argument("--episodes", type=Path, required=True, help="folder of episodes")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run")
    parser.add_argument("--preset", default="tiny", help="size of the network (default: tiny)")
    parser.add_argument("--foundation", type=Path, help="checkpoint to start from")
    parser.add_argument("--minutes", type=float, help="computing time to spend (default: 10)")
    parser.add_argument("--steps", type=int, help="updates to do")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true", help="continue the run in --out")
    parser.add_argument("--action-hz", type=float, default=20.0, help="plan rows per second")
    parser.add_argument("--horizon", type=int, default=30, help="rows of a plan")
    parser.add_argument("--threads", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    parser.add_argument("--nice", type=int, default=10, help="how much to give way to others")
    options = parser.parse_args(argv)
    if options.steps is None and options.minutes is None:
        options.minutes = 10.0
    return options


if __name__ == "__main__":
    sys.exit(main())
