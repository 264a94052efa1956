"""The command line of ``foresight train``, and the request it means."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from model.choices import Choices
from model.precision import PRECISIONS
from model.recipe import MODES
from model.run_setup import RunRequest

ABOUT = "Fine-tune a policy on recorded episodes; tells how it goes in JSON lines."


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Options of the job; without a budget, ten minutes."""
    parser = argparse.ArgumentParser(prog="foresight train", description=ABOUT)
    parser.add_argument("--episodes", type=Path, required=True, help="folder of episodes")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run")
    parser.add_argument("--preset", default="tiny", help="size of the network (default: tiny)")
    parser.add_argument("--foundation", type=Path, help="checkpoint to start from")
    parser.add_argument("--minutes", type=float, help="computing time to spend (default: 10)")
    parser.add_argument("--steps", type=int, help="updates to do")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true", help="continue the run in --out")
    parser.add_argument(
        "--estimate", action="store_true", help="measure a few steps, say what it would take, stop"
    )
    parser.add_argument("--action-hz", type=float, default=20.0, help="plan rows per second")
    parser.add_argument("--horizon", type=int, default=30, help="rows of a plan")
    _add_choices(parser)
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where (default: auto)"
    )
    parser.add_argument("--threads", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    parser.add_argument("--nice", type=int, default=10, help="how much to give way to others")
    options = parser.parse_args(argv)
    if options.steps is None and options.minutes is None:
        options.minutes = 10.0
    return options


def _add_choices(parser: argparse.ArgumentParser) -> None:
    part = parser.add_argument_group("recipe", "what is not given is as published for the preset")
    part.add_argument("--mode", choices=MODES, help="what learns besides the action expert")
    part.add_argument("--batch-size", type=int, metavar="N", help="examples per update, in all")
    part.add_argument("--accumulate", type=int, metavar="N", help="compute a batch in N parts")
    part.add_argument(
        "--checkpointing",
        action=argparse.BooleanOptionalAction,
        help="compute activations twice to save memory",
    )
    part.add_argument(
        "--corrections-share",
        type=float,
        metavar="0…1",
        help="share of corrections in every batch; what went wrong before them is left out",
    )
    part.add_argument(
        "--committed-rows",
        type=int,
        metavar="N",
        help="learn to continue a running plan for delays of up to N rows (0: by guidance alone)",
    )
    part.add_argument("--precision", choices=PRECISIONS[:2], help="bf16 where there is a GPU")


def request_of(options: argparse.Namespace) -> RunRequest:
    """What was asked for."""
    return RunRequest(
        episodes=options.episodes,
        out=options.out,
        preset=options.preset,
        foundation=options.foundation,
        seed=options.seed,
        resume=options.resume,
        action_hz=options.action_hz,
        horizon=options.horizon,
        choices=Choices(
            mode=options.mode,
            batch_size=options.batch_size,
            accumulate=options.accumulate,
            checkpointing=options.checkpointing,
            corrections_share=options.corrections_share,
            precision=options.precision,
            committed_rows=options.committed_rows,
        ),
    )
