"""Two processes train one network: one gradient, one voice, the result of one process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import load_file

from model import checkpoint
from recordings.types import RobotSpec

PATIENCE_S = 400.0
LAUNCH = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m")


def train(episodes: Path, out: Path, *arguments: str, launch: tuple[str, ...] = ()) -> list[dict]:
    """A whole run of three steps; the events it told."""
    command = [sys.executable, "-m", *launch, "model.train_job", "--episodes", str(episodes)]
    command += ["--out", str(out), "--steps", "3", "--threads", "1", "--device", "cpu"]
    command += ["--nice", "0", "--batch-size", "4", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_processes_do_what_one_does_in_two_parts(
    make_episode: Callable[..., Path], robot: RobotSpec, tmp_path: Path
) -> None:
    episodes = tmp_path / "episodes"
    for number in range(2):
        make_episode(episodes, robot, seconds=0.5, phase_rad=float(number))
    alone = train(episodes, tmp_path / "alone", "--accumulate", "2")
    both = train(episodes, tmp_path / "both", launch=LAUNCH)
    told = [line["event"] for line in both if line["event"] != "progress"]
    assert told == ["started", "saved", "finished"]  # one voice
    assert both[0]["facts"]["processes"] == 2
    assert both[-1]["metrics"]["loss"] == pytest.approx(alone[-1]["metrics"]["loss"], rel=1e-5)
    one, two = (
        load_file(checkpoint.current_folder(tmp_path / name) / checkpoint.WEIGHTS_FILE)
        for name in ("alone", "both")
    )
    for name, weight in one.items():
        assert two[name].numpy() == pytest.approx(weight.numpy(), abs=1e-5), name
