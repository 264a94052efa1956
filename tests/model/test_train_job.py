"""``foresight train`` as a process: JSON lines, signals, checkpoints that always load."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model import checkpoint
from model.train_job import Budget
from recordings.types import RobotSpec

PATIENCE_S = 100.0


@pytest.fixture(scope="module")
def episodes(
    make_episode: Callable[..., Path], robot: RobotSpec, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    place = tmp_path_factory.mktemp("episodes")
    for number in range(6):  # of fewer none is kept aside
        make_episode(place, robot, seconds=0.5, phase_rad=float(number))
    return place


@contextmanager
def job(*arguments: object, most_bytes: int | None = None) -> Iterator[subprocess.Popen[str]]:
    """The job, with no more address space than ``most_bytes``."""
    command = [
        sys.executable,
        "-m",
        "model.train_job",
        "--threads",
        "1",
        "--nice",
        "0",
        *map(str, arguments),
    ]
    if most_bytes is not None:
        command = ["prlimit", f"--as={most_bytes}", *command]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def lines_until(process: subprocess.Popen[str], event: str) -> list[dict[str, Any]]:
    """Lines up to and including the first of this event; all of them when it never comes."""
    assert process.stdout is not None
    found: list[dict[str, Any]] = []
    for line in process.stdout:
        found.append(json.loads(line))
        if found[-1]["event"] == event:
            break
    return found


def test_a_run_reports_saves_and_finishes(episodes: Path, tmp_path: Path) -> None:
    with job("--episodes", episodes, "--out", tmp_path, "--steps", 2) as process:
        lines = lines_until(process, "finished")
        assert process.wait(PATIENCE_S) == 0
    told = dict.fromkeys(line["event"] for line in lines)  # a slow machine saves more than once
    assert [event for event in told if event not in ("progress", "chunks")] == [
        "started",
        "saved",
        "finished",
    ]
    assert lines[-1]["step"] == 2
    look_at_shown_chunks(lines)
    assert checkpoint.load(tmp_path).progress["step"] == 2


def look_at_shown_chunks(lines: list[dict[str, Any]]) -> None:
    """The newest held-out chunks are small, and say what the held-out error says."""
    shown = [line for line in lines if line["event"] == "chunks"][-1]
    assert (shown["step"], shown["dt_s"], shown["grippers"]) == (2, 0.05, [False] * 5 + [True])
    recorded, planned = np.array(shown["recorded"]), np.array(shown["planned"])
    assert recorded.shape == planned.shape == (3, 30, 6)
    assert np.array(shown["valid"]).shape == (3, 30)
    assert np.array(shown["valid"]).any(axis=1).all()
    assert 0.0 < np.abs(recorded - planned)[np.array(shown["valid"])].mean() < 2.0
    assert len(json.dumps(shown)) < 20_000


def test_sigterm_ends_it_in_order_and_it_can_go_on(episodes: Path, tmp_path: Path) -> None:
    with job("--episodes", episodes, "--out", tmp_path, "--minutes", 30) as process:
        lines_until(process, "progress")
        process.send_signal(signal.SIGTERM)
        end = lines_until(process, "finished")[-1]
        assert process.wait(PATIENCE_S) == 0
    assert end["cancelled"]
    done = checkpoint.load(tmp_path).progress["step"]
    steps = ("--steps", done + 1)
    with job("--episodes", episodes, "--out", tmp_path, *steps, "--resume") as process:
        assert lines_until(process, "finished")[-1]["step"] == done + 1


def test_an_empty_folder_ends_with_a_sentence_and_no_run(tmp_path: Path) -> None:
    empty, out = tmp_path / "empty", tmp_path / "run"
    empty.mkdir()
    with job("--episodes", empty, "--out", out, "--steps", 1) as process:
        line = lines_until(process, "failed")[-1]
        assert process.wait(PATIENCE_S) == 1
    assert str(empty) in line["message"]
    assert not out.exists()


def test_a_horizon_the_network_cannot_make_is_refused(episodes: Path, tmp_path: Path) -> None:
    arguments = ("--episodes", episodes, "--out", tmp_path / "run", "--steps", 1)
    with job(*arguments, "--horizon", 31) as process:
        line = lines_until(process, "failed")[-1]
        assert process.wait(PATIENCE_S) == 1
    assert line["message"] == "a chunk of 31 rows was asked for, this checkpoint makes at most 30"


def test_a_budget_ends_by_whichever_comes_first() -> None:
    assert Budget(steps=10, minutes=1.0).fraction(step=5, busy_s=6.0) == pytest.approx(0.5)
    assert Budget(steps=10, minutes=1.0).fraction(step=1, busy_s=30.0) == pytest.approx(0.5)
    assert Budget(steps=None, minutes=2.0).fraction(step=99, busy_s=60.0) == pytest.approx(0.5)


def test_an_estimate_measures_steps_and_writes_nothing(episodes: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    small = ("--steps", 1000, "--batch-size", 2, "--estimate")
    with job("--episodes", episodes, "--out", out, *small) as process:
        line = lines_until(process, "estimated")[-1]
        assert process.wait(PATIENCE_S) == 0
    assert line["steps"] == 1000
    assert line["fits"]
    assert line["minutes"] * 60 >= 1000 * line["seconds_per_step"] > 0
    assert 0.1 < line["peak_gb"] < line["available_gb"]
    assert line["facts"]["episodes"] == 6
    assert not out.exists()


def test_out_of_memory_says_what_to_change_and_keeps_the_checkpoint(
    episodes: Path, tmp_path: Path
) -> None:
    start = ("--episodes", episodes, "--out", tmp_path, "--batch-size", 2)
    with job(*start, "--steps", 1) as process:
        lines_until(process, "finished")
        assert process.wait(PATIENCE_S) == 0
    more = ("--resume", "--steps", 9, "--batch-size", 10_000)
    with job("--episodes", episodes, "--out", tmp_path, *more, most_bytes=4_000_000_000) as process:
        line = lines_until(process, "failed")[-1]
        assert process.wait(PATIENCE_S) == 1
    assert "out of memory" in line["message"]
    assert "--accumulate 2" in line["hint"]
    assert "--resume: the last checkpoint is kept" in line["hint"]
    assert checkpoint.load(tmp_path).progress["step"] == 1
