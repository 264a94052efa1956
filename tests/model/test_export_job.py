"""``foresight export-model`` as a command: JSON lines, exit codes, folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from model import checkpoint, export_job
from model.messages import Failed, Finished, JobEvent, Note, Started, decode


def events(capsys: pytest.CaptureFixture[str]) -> list[JobEvent | None]:
    return [decode(line) for line in capsys.readouterr().out.splitlines()]


def test_a_run_is_exported_and_its_limits_are_told(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "exported"
    assert export_job.main([str(run_dir), "--out", str(out)]) == 0
    told = events(capsys)
    assert isinstance(told[0], Started)
    assert any(isinstance(event, Note) for event in told)
    assert isinstance(told[-1], Finished)
    assert checkpoint.load(out).processor.tags == checkpoint.load(run_dir).processor.tags


def test_what_cannot_be_exported_is_a_failed_job(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(run_dir), "--format", "lerobot", "--out", str(tmp_path / "out")]
    assert export_job.main(arguments) == 1
    last = events(capsys)[-1]
    assert isinstance(last, Failed)
    assert "action columns" in last.message
    assert "--format molmoact2" in last.hint


def test_a_place_that_cannot_be_written_is_named(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "out"
    assert export_job.main([str(run_dir), "--out", str(out)]) == 1
    last = events(capsys)[-1]
    assert isinstance(last, Failed)
    assert str(out) in last.message
