"""What came of a demo, in words for people and as one JSON object for scripts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from studio.terminal import clock
from studio.trials import Trial, TrialSummary


@dataclass(frozen=True, slots=True)
class DemoReport:
    """Numbers of one run of the loop."""

    episodes: int
    redone: int  # demonstrations that failed and were made again
    train_steps: int
    train_seconds: float  # wall time
    heldout: float | None
    summary: TrialSummary
    trials: tuple[Trial, ...]
    loop_p99_ms: float  # median of the 99th percentiles over the trials
    plan_ms_p50: float  # from observation to the plan's arrival at the studio
    out: Path
    run: Path


def as_json(report: DemoReport) -> str:
    """One line of JSON."""
    summary = report.summary
    return json.dumps(
        {
            "episodes": report.episodes,
            "redone": report.redone,
            "train_steps": report.train_steps,
            "train_seconds": round(report.train_seconds, 1),
            "heldout_loss": report.heldout,
            "trials": summary.trials,
            "lifted": summary.lifted,
            "placed": summary.placed,
            "wilson_low": round(summary.lifted_interval[0], 4),
            "wilson_high": round(summary.lifted_interval[1], 4),
            "placed_wilson_low": round(summary.placed_interval[0], 4),
            "loop_p99_ms": round(report.loop_p99_ms, 3),
            "plan_ms_p50": round(report.plan_ms_p50, 1),
            "out": str(report.out),
        }
    )


def in_words(report: DemoReport, *, quick: bool) -> str:
    """The closing summary."""
    summary = report.summary
    low, high = summary.lifted_interval
    lines = ["", "Trials on scenes the policy has never seen"]
    for number, trial in enumerate(report.trials, start=1):
        verdict = "in the tray" if trial.placed else "lifted" if trial.lifted else "not lifted"
        mark = "●" if trial.placed else "◐" if trial.lifted else "○"
        again = f"  (handed over {trial.resumed + 1} times)" if trial.resumed else ""
        lines.append(
            f"  {mark} {number:3d}  scene {trial.seed}  {verdict:<12} {trial.seconds:5.1f} s{again}"
        )
    lines += [
        "",
        f"Lifted      {summary.lifted} of {summary.trials}"
        f"   (true rate with 95 % confidence: {low:.0%} to {high:.0%})",
        f"In the tray {summary.placed} of {summary.trials}",
        f"Training    {report.train_steps:,} steps on {report.episodes} episodes "
        f"in {clock(report.train_seconds)}",
        f"Control     99 % of ticks start within {report.loop_p99_ms:.1f} ms of their time",
        f"Planning    {report.plan_ms_p50:.0f} ms from picture to plan (median)",
        "",
        f"Saved       {report.out}",
        f"Open it     foresight --data '{report.out}'",
    ]
    if quick:
        lines += ["", "This was the quick demo: far too little training to succeed. See it work:"]
        lines += ["            foresight demo"]
    return "\n".join([*lines, ""])
