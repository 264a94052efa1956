"""``foresight plan``: what a policy would do at a recorded moment, beside what was really done.

Prints one JSON object and saves it where asked to. Two machines that answer the same question can
be compared to the last digit. The only top of this command; knows no sockets.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model import messages
from model.errors import ComparisonImpossible, ModelError
from model.machine import DEVICES, Machine
from model.policy import Policy
from model.precision import PRECISIONS
from model.recorded_moment import observation_at, recorded_from
from model.resample import Grid
from recordings.errors import RecordingError
from recordings.reader import Episode
from recordings.wire import PlanRequest

ARRAYS = ("planned", "samples", "recorded", "valid")


def main(argv: Sequence[str] | None = None) -> int:
    """Plan once. 0 done, 1 failed (the reason is a JSON line)."""
    options = _parse(argv)
    try:
        answer = ask(options)
        if options.compare is not None:
            answer["compared"] = compare(answer, options.compare)
        if options.out is not None:
            save(answer, options.out)
    except ModelError as error:
        return _failed(error.message, error.hint)
    except RecordingError as error:
        return _failed(str(error), "choose an episode that Review can open")
    except OSError as error:
        return _failed(f"cannot read or write: {error}", "check the path and the free space")
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


def ask(options: argparse.Namespace) -> dict[str, Any]:
    """The plan at the asked moment, and how far it is from the recording; JSON-ready.

    Raises:
        ModelError: run, episode and moment do not fit together; says which.
        RecordingError, OSError: the episode cannot be read.
    """
    machine = Machine(options.device, options.precision)
    policy = Policy.load(options.run, threads=options.threads, tag=options.tag, machine=machine)
    hello = policy.hello
    with Episode.open(options.episode) as episode:
        observation = observation_at(episode, options.at)
        grid = Grid(dt_s=hello.dt_s, horizon=hello.horizon)
        recorded = recorded_from(episode, options.at, grid=grid)
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
    }


def save(answer: dict[str, Any], file: Path) -> None:
    """All of it: arrays and facts as .npz, or the JSON object."""
    if file.suffix == ".npz":
        facts = {k: v for k, v in answer.items() if k not in ARRAYS}
        arrays = {name: np.asarray(answer[name]) for name in ARRAYS}
        np.savez(file, allow_pickle=False, facts=np.array(json.dumps(facts)), **arrays)
    else:
        file.write_text(json.dumps(answer) + "\n", encoding="utf-8")


def compare(answer: dict[str, Any], file: Path) -> dict[str, Any]:
    """Largest differences between this answer and a saved one.

    Raises:
        ComparisonImpossible: the file answers another question, or none.
        OSError: it cannot be read.
    """
    other = _read(file)
    for fact in ("at_s", "seed", "joints", "task"):
        if other.get(fact) != answer[fact]:
            raise ComparisonImpossible(file, fact, there=other.get(fact), here=answer[fact])
    found: dict[str, Any] = {"file": str(file), "policy": other.get("policy")}
    for name in ("planned", "samples"):
        here, there = np.asarray(answer[name]), np.asarray(other.get(name))
        if here.shape != there.shape:
            shapes = {"there": there.shape, "here": here.shape}
            raise ComparisonImpossible(file, f"shape of {name}", **shapes)
        found[f"{name}_max_difference"] = float(np.abs(here - there).max())  # rad
    return found


def _read(file: Path) -> dict[str, Any]:
    try:
        if file.suffix == ".npz":
            with np.load(file, allow_pickle=False) as stored:
                facts = json.loads(str(stored["facts"]))
                return facts | {name: stored[name] for name in ARRAYS}
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise ComparisonImpossible(file, "content", there=error, here="a saved plan") from error


def _failed(message: str, hint: str) -> int:
    event = messages.Failed(message=message, hint=hint)
    sys.stdout.write(messages.encode(event) + "\n")
    return 1


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
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
