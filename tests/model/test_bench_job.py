"""The model benchmark measures every stage of a plan; its numbers add up."""

from __future__ import annotations

import json
import sys

import pytest

from model import bench_job


def test_every_stage_is_measured_for_one_and_for_many(capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--preset", "tiny", "--device", "cpu", "--threads", "1", "--runs", "2"]
    assert bench_job.main([*small, "--samples", "3", "--cameras", "2"]) == 0
    found = json.loads(capsys.readouterr().out)
    for samples in ("k1", "k3"):
        stages = dict(found[samples])
        total = stages.pop("total")["median_ms"]
        assert set(stages) == {"encode", "vision", "prefill", "flow", "restore"}
        assert 0 < sum(stage["median_ms"] for stage in stages.values()) <= 1.5 * total
    assert found["many_over_one"] > 0
    assert found["peak_gb"] > 0.1


def test_few_bits_without_the_library_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torchao.quantization", None)  # as if it were not installed
    assert bench_job.main(["--preset", "tiny", "--device", "cpu", "--precision", "int8"]) == 1
    failed = json.loads(capsys.readouterr().out)
    assert "torchao" in failed["message"]
    assert "foresight-studio[quant]" in failed["hint"]
