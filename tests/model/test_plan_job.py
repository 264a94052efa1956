"""``foresight plan``: the same question has the same answer, beside what was recorded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assets import asset
from model import plan_file, plan_job
from model.errors import PlanFileInvalid
from model.messages import Counted, Finished, Started, decode
from recordings.reader import Episode
from recordings.types import RobotSpec


def ask(run: Path, episode: Path, *more: object) -> list[str]:
    fixed = ("--run", run, "--episode", episode, "--samples", 2, "--seed", 5)
    return [str(part) for part in (*fixed, *more)]


def answer(capsys: pytest.CaptureFixture[str], arguments: list[str], *, code: int = 0) -> dict:
    assert plan_job.main(arguments) == code
    return json.loads(capsys.readouterr().out)


def test_a_plan_stands_beside_what_was_sent(
    run_dir: Path, episode_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer(capsys, ask(run_dir, episode_file, "--at", 0.5))
    assert np.shape(found["planned"]) == np.shape(found["recorded"]) == (30, 6)
    assert np.shape(found["samples"]) == (2, 30, 6)
    assert found["valid"] == [True] * 5 + [False] * 25  # 0.5 … 0.9 s of an episode of 0.99 s
    with Episode.open(episode_file) as episode:
        assert found["recorded"][2] == pytest.approx(episode.action[70], abs=1e-5)
    apart = np.abs(np.array(found["planned"]) - found["recorded"])[:5].mean(axis=0)
    assert list(found["error"].values()) == pytest.approx(apart.tolist(), abs=1e-6)


@pytest.mark.parametrize("name", ["plan.json", "plan.npz"])
def test_a_saved_plan_compares_equal_with_itself(
    run_dir: Path,
    episode_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    file = tmp_path / name
    answer(capsys, ask(run_dir, episode_file, "--at", 0.2, "--out", file))
    again = answer(capsys, ask(run_dir, episode_file, "--at", 0.2, "--compare", file))
    assert again["compared"]["planned_max_difference"] == 0.0
    assert again["compared"]["samples_max_difference"] == 0.0


@pytest.mark.parametrize("name", ["plan.json", "plan.npz"])
def test_what_a_policy_thought_first_is_saved_and_compared_too(
    run_dir: Path,
    episode_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    think, file = tmp_path / "think", tmp_path / name
    shutil.copytree(asset("foundation/tiny-think"), think)
    shutil.copy(run_dir / "checkpoint-000001" / "norm_stats.json", think)  # as fine-tuned on it
    first = answer(capsys, ask(think, episode_file, "--at", 0.2, "--out", file))
    assert np.shape(first["depth_codes"]) == (10, 10)
    assert np.all(first["depth_updated"])
    saved = plan_file.read(file)
    assert np.array_equal(saved["depth_codes"], first["depth_codes"])
    assert np.shape(saved["relative_depth"]) == np.shape(first["relative_depth"])
    again = answer(capsys, ask(think, episode_file, "--at", 0.2, "--compare", file))
    assert again["compared"]["depth_codes_different"] == 0


def test_another_question_is_not_compared(
    run_dir: Path, episode_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plan.json"
    answer(capsys, ask(run_dir, episode_file, "--at", 0.2, "--out", file))
    other = ask(run_dir, episode_file, "--at", 0.4, "--compare", file)
    failed = answer(capsys, other, code=1)
    assert "at_s is 0.2 there and 0.4 here" in failed["message"]


def test_a_moment_outside_is_refused_with_the_length(
    run_dir: Path, episode_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = answer(capsys, ask(run_dir, episode_file, "--at", 7), code=1)
    assert "at 7 s" in failed["message"]
    assert "from 0 to 0.99 s" in failed["message"]


def test_a_file_that_is_no_episode_is_refused_by_name(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "broken.h5"
    file.write_bytes(b"nothing")
    failed = answer(capsys, ask(run_dir, file, "--at", 0), code=1)
    assert "broken.h5" in failed["message"]


def test_told_what_it_does_the_answer_is_in_the_file(
    run_dir: Path, episode_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the studio asks: stages on the way, the same answer as without them."""
    file = tmp_path / "answer.npz"
    question = ask(run_dir, episode_file, "--at", 0.2)
    plain = answer(capsys, question)
    assert plan_job.main([*question, "--events", "--out", str(file)]) == 0
    events = [decode(line) for line in capsys.readouterr().out.splitlines()]
    assert [type(event) for event in events] == [Started, Counted, Counted, Finished]
    found = plan_file.read(file)
    assert np.array_equal(found["samples"], plain["samples"])
    assert found["error"] == plain["error"]


def test_an_episode_of_another_robot_is_refused_with_both_sides(
    run_dir: Path,
    tmp_path: Path,
    make_episode: Callable[..., Path],
    robot: RobotSpec,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = make_episode(tmp_path / "other", replace(robot, name="koch"), seconds=0.3)
    failed = answer(capsys, ask(run_dir, other, "--at", 0.2), code=1)
    assert "'so101'" in failed["message"]
    assert "'koch'" in failed["message"]


@pytest.mark.parametrize(
    ("name", "content"), [("a.npz", b"PK\x03\x04"), ("a.npz", b""), ("a.json", b"[1]")]
)
def test_a_file_that_holds_no_plan_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PlanFileInvalid, match=f"{name} holds no saved plan"):
        plan_file.read(tmp_path / name)
