"""``foresight serve`` as the process it is."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection, connect

from model import serve_job
from model.messages import Failed, Finished, JobEvent, Ready, Started, decode
from recordings.types import Plan, RobotSpec
from recordings.wire import PlanRequest, ServerHello, decode_reply, encode_request

PATIENCE_S = 90.0  # torch is slow to import on a busy machine


@contextmanager
def serving(run_dir: Path) -> Iterator[tuple[subprocess.Popen[str], Ready]]:
    command = [sys.executable, "-m", "model.serve_job", "--run", str(run_dir), "--samples", "2"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        events = [decode(process.stdout.readline()) for _ in range(2)]
        assert isinstance(events[0], Started)
        assert isinstance(events[1], Ready)
        yield process, events[1]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_served_run_plans_and_ends_on_request(
    run_dir: Path, make_request: Callable[..., PlanRequest]
) -> None:
    request = make_request(num_samples=2)
    with serving(run_dir) as (process, ready):
        assert ready.url.startswith("ws://127.0.0.1:")
        assert ready.plan_ms > 0
        with connect(ready.url, compression=None, proxy=None) as connection:
            hello = decode_reply(receive(connection))
            assert isinstance(hello, ServerHello)
            connection.send(encode_request(request))
            assert isinstance(decode_reply(receive(connection)), Plan)
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        last = decode(process.stdout.readline())
        assert isinstance(last, Finished)
        assert process.wait(PATIENCE_S) == 0


def receive(connection: ClientConnection) -> bytes:
    message = connection.recv(timeout=PATIENCE_S)
    assert isinstance(message, bytes)
    return message


def events_of(output: str) -> list[JobEvent | None]:
    return [decode(line) for line in output.splitlines()]


def test_a_run_that_is_not_there_is_a_clear_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve_job.main(["--run", str(tmp_path / "nothing")]) == 1
    failed = events_of(capsys.readouterr().out)[-1]
    assert isinstance(failed, Failed)
    assert "no such folder" in failed.message
    assert failed.hint


def test_a_port_in_use_is_a_clear_failure(
    run_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert serve_job.main(["--run", str(run_dir), "--port", port, "--samples", "1"]) == 1
    failed = events_of(capsys.readouterr().out)[-1]
    assert isinstance(failed, Failed)
    assert f"cannot listen on 127.0.0.1:{port}" in failed.message


def test_a_bench_the_policy_was_not_trained_for_is_refused_with_both_sides(
    run_dir: Path, robot: RobotSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = replace(robot, cameras=robot.cameras[:1])
    described = tmp_path / "robot.json"
    described.write_text(json.dumps(other.to_dict()))
    assert serve_job.main(["--run", str(run_dir), "--robot", str(described)]) == 1
    last = decode(capsys.readouterr().out.splitlines()[-1])
    assert isinstance(last, Failed)
    assert "'front, wrist' here, 'front' there" in last.message


@pytest.mark.parametrize("text", ["{}", "[1]", "no json"])
def test_a_file_that_describes_no_robot_is_named(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    described = tmp_path / "robot.json"
    described.write_text(text)
    assert serve_job.main(["--run", str(run_dir), "--robot", str(described)]) == 1
    last = decode(capsys.readouterr().out.splitlines()[-1])
    assert isinstance(last, Failed)
    assert str(described) in last.message
