"""The saved answer of ``foresight plan``: written by the job, read by whoever compares or shows it.

Knows neither network nor torch, so a window may read it.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from model.errors import ComparisonImpossible, PlanFileInvalid

ARRAYS = ("planned", "samples", "recorded", "valid")
THOUGHTS = ("depth_codes", "depth_updated", "relative_depth")  # arrays of policies that reason


def save(answer: dict[str, Any], file: Path) -> None:
    """All of it: arrays and facts as .npz, or the JSON object."""
    if file.suffix == ".npz":
        names = [*ARRAYS, *(name for name in THOUGHTS if name in answer)]
        facts = {k: v for k, v in answer.items() if k not in names}
        arrays = {name: np.asarray(answer[name]) for name in names}
        np.savez(file, allow_pickle=False, facts=np.array(json.dumps(facts)), **arrays)
    else:
        file.write_text(json.dumps(answer) + "\n", encoding="utf-8")


def read(file: Path) -> dict[str, Any]:
    """What :func:`save` wrote; ``ARRAYS`` and ``THOUGHTS`` are arrays, or lists when it was JSON.

    Raises:
        PlanFileInvalid: it is no such file.
        OSError: it cannot be read.
    """
    try:
        if file.suffix == ".npz":
            with np.load(file, allow_pickle=False) as stored:
                facts = json.loads(str(stored["facts"]))
                names = [*ARRAYS, *(name for name in THOUGHTS if name in stored)]
                return facts | {name: stored[name] for name in names}
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise PlanFileInvalid(file, reason=error) from error


def compare(answer: dict[str, Any], file: Path) -> dict[str, Any]:
    """Largest differences between this answer and a saved one.

    Raises:
        ComparisonImpossible: the file answers another question.
        PlanFileInvalid: it holds no answer.
        OSError: it cannot be read.
    """
    other = read(file)
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
    if "depth_codes" in answer and "depth_codes" in other:
        differ = np.asarray(answer["depth_codes"]) != np.asarray(other["depth_codes"])
        found["depth_codes_different"] = int(np.sum(differ))  # of 100
    return found
