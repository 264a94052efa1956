"""``foresight inspect``: what a checkpoint is, from its small files and headers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from model import checkpoint, inspect_job
from model.export import export
from model.mapping import stored


@pytest.fixture
def folder(tmp_path: Path, loaded: checkpoint.Loaded) -> Path:
    export(loaded, tmp_path / "out", layout="molmoact2", largest_file="2MB")
    return tmp_path / "out"


def test_sizes_robot_and_abilities_are_told(folder: Path, loaded: checkpoint.Loaded) -> None:
    found = inspect_job.describe(str(folder))
    tensors = stored(loaded.model.state_dict(), loaded.model.config)
    assert found.layout == "molmoact2"
    assert found.weights.parameters == sum(t.numel() for t in tensors.values())
    assert found.weights.kinds == {"F32": len(tensors)}
    assert found.tags["bench"]["robot"] == "so101"
    assert found.tags["bench"]["cameras"] == ["front", "wrist"]
    assert found.abilities == ["continuous actions"]


def test_a_lerobot_policy_is_told_apart(tmp_path: Path, wide: checkpoint.Loaded) -> None:
    export(wide, tmp_path / "out", layout="lerobot")
    assert inspect_job.describe(str(tmp_path / "out")).layout == "lerobot"


def test_the_command_answers_for_people_and_programs(
    run_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert inspect_job.main([str(run_dir)]) == 0
    assert "tag bench" in capsys.readouterr().out
    assert inspect_job.main([str(run_dir), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["layout"] == "molmoact2"


def test_what_cannot_be_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert inspect_job.main([str(tmp_path / "none")]) == 1
    assert "no such folder" in capsys.readouterr().err


def test_it_needs_no_torch() -> None:
    code = "import model.inspect_job, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
