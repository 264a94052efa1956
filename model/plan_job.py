"""``foresight plan``: what a policy would do at a recorded moment, beside what was really done.

Prints one JSON object and saves it where asked to. Two machines that answer the same question can
be compared to the last digit. The only top of this command; knows no sockets.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model import messages, plan_file
from model.errors import ModelError
from model.machine import DEVICES, Machine
from model.messages import JobEvent
from model.policy import Policy
from model.precision import PRECISIONS
from model.recorded_moment import observation_at, recorded_from
from recordings.errors import RecordingError
from recordings.reader import Episode
from recordings.types import DepthTrace
from recordings.windows.moments import Grid
from recordings.wire import PlanRequest

STAGES = 2  # load, draw
Tell = Callable[[JobEvent], None]


def main(argv: Sequence[str] | None = None) -> int:
    """Plan once. 0 done, 1 failed (the reason is a JSON line)."""
    options = _parse(argv)
    tell = _tell if options.events else _say_nothing
    tell(messages.Started(job="plan", total=STAGES))
    try:
        answer = ask(options, tell=tell)
        if options.compare is not None:
            answer["compared"] = plan_file.compare(answer, options.compare)
        if options.out is not None:
            plan_file.save(answer, options.out)
    except ModelError as error:
        return _failed(error.message, error.hint)
    except RecordingError as error:
        return _failed(str(error), "choose an episode that Review can open")
    except OSError as error:
        return _failed(f"cannot read or write: {error}", "check the path and the free space")
    if options.events:
        tell(messages.Finished(step=STAGES, out=str(options.out)))
    else:
        sys.stdout.write(json.dumps(answer) + "\n")
    return 0


def ask(options: argparse.Namespace, *, tell: Tell) -> dict[str, Any]:
    """The plan at the asked moment, and how far it is from the recording; JSON-ready.

    Raises:
        ModelError: run, episode and moment do not fit together; says which.
        RecordingError, OSError: the episode cannot be read.
    """
    with Episode.open(options.episode) as episode:
        observation = observation_at(episode, options.at)
        tell(messages.Counted(1, STAGES, "Loading the policy"))
        policy = Policy.load(
            options.run,
            threads=options.threads,
            tag=options.tag,
            robot=episode.robot,
            machine=Machine(options.device, options.precision),
            tell=tell,
        )
        hello = policy.hello
        grid = Grid(dt_s=hello.dt_s, horizon=hello.horizon)
        recorded = recorded_from(episode, options.at, grid=grid)
    tell(messages.Counted(2, STAGES, "Looking and planning"))
    plan = policy.plan(
        PlanRequest(
            observation=observation,
            epoch=0,
            plan_id=0,
            prefix=None,
            prefix_dt_s=hello.dt_s,
            delay_steps=0,
            num_samples=options.samples,
            seed=options.seed,
        )
    )
    apart = np.abs(plan.q - recorded.action)[recorded.valid]  # (rows, n) rad
    names = hello.robot.joint_names
    per_joint = apart.mean(axis=0) if len(apart) else np.zeros(len(names))
    assert plan.samples is not None
    return {
        "policy": hello.policy,
        "episode": str(options.episode),
        "at_s": options.at,
        "task": observation.task,
        "seed": options.seed,
        "dt_s": hello.dt_s,
        "joints": list(names),  # rad, grippers as opening fraction 0 … 1
        "planned": plan.q.tolist(),
        "samples": plan.samples.tolist(),
        "recorded": recorded.action.tolist(),
        "valid": recorded.valid.tolist(),
        "error": {name: float(value) for name, value in zip(names, per_joint, strict=True)},
        "timings_ms": dict(plan.timings),
        "notes": list(plan.notes),
        **_thought(plan.reasoning),
    }


def _thought(trace: DepthTrace | None) -> dict[str, Any]:
    """What a reasoning policy thought before it planned; nothing of one that does not."""
    if trace is None:
        return {}
    thought: dict[str, Any] = {
        "depth_codes": trace.codes.tolist(),  # (10, 10), without order
        "depth_updated": trace.updated.tolist(),  # (10, 10) all of them: there was no plan before
    }
    if trace.relative_depth is not None:
        thought["relative_depth"] = trace.relative_depth.tolist()  # (h, w), larger = nearer
    return thought


def _failed(message: str, hint: str) -> int:
    _tell(messages.Failed(message=message, hint=hint))
    return 1


def _tell(event: JobEvent) -> None:
    sys.stdout.write(messages.encode(event) + "\n")
    sys.stdout.flush()


def _say_nothing(event: JobEvent) -> None:
    """The answer is all that whoever asked wants to read."""


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="foresight plan",
        description="What a policy would do at a recorded moment, beside what was really done.",
    )
    parser.add_argument("--run", type=Path, required=True, metavar="DIR", help="whose plan")
    parser.add_argument("--episode", type=Path, required=True, metavar="FILE", help="recording")
    parser.add_argument("--at", type=float, required=True, metavar="S", help="seconds from start")
    parser.add_argument("--samples", type=int, default=1, metavar="K", help="plans to draw (1)")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same plan (0)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="save it too, .npz or .json")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="with one saved before")
    parser.add_argument("--tag", help="normalisation tag, when the checkpoint has several")
    parser.add_argument("--device", choices=DEVICES, default="cpu", help="where to plan (cpu)")
    parser.add_argument("--precision", choices=PRECISIONS, help="of the backbone")
    parser.add_argument("--threads", type=int, default=1, help="torch threads")
    parser.add_argument(
        "--events",
        action="store_true",
        help="print what it is doing, as JSON lines, in place of the answer; needs --out",
    )
    options = parser.parse_args(argv)
    if options.events and options.out is None:
        parser.error("--events needs --out FILE: where the answer goes")
    return options


if __name__ == "__main__":
    sys.exit(main())
