"""Jobs are processes: their lines, their ends, and finding them again; all with real processes."""

import subprocess
import sys
import time

import pytest

from model import messages
from model.messages import Finished, Progress, Started
from recordings.types import JobPhase
from studio.jobs import Job, foresight_command

WAIT_S = 60.0


def until(job, condition):
    """Poll the job until the condition holds; returns the events on the way."""
    events, deadline_s = [], time.monotonic() + WAIT_S
    while not condition(job):
        assert time.monotonic() < deadline_s, job.status
        events += job.poll()
    return events


@pytest.fixture
def start(tmp_path, script):
    jobs = []

    def begin(body, **options):
        jobs.append(Job.start("train", script(body), tmp_path / "run", **options))
        return jobs[-1]

    yield begin
    for job in jobs:
        job.close(timeout_s=2.0)


def test_the_lines_of_a_job_become_its_status(start):
    job = start(
        "say(messages.Started(job='train', total=7))\n"
        "print('a library says hello')\n"
        "say(messages.Progress(step=3, total=7, loss=0.5, eta_s=12.0))\n"
        "say(messages.Finished(step=7))"
    )
    events = until(job, lambda j: j.over)
    assert [type(e) for e in events] == [Started, Progress, Finished]
    assert (job.status.phase, job.status.step, job.status.metrics["loss"]) == (
        JobPhase.FINISHED,
        7,
        0.5,
    )


def test_a_crash_shows_the_last_lines_of_its_log(start):
    job = start("say(messages.Started(job='train'))\nraise SystemError('the coil is loose')")
    until(job, lambda j: j.over)
    assert job.status.phase is JobPhase.FAILED
    assert "the coil is loose" in job.status.message


def test_a_job_that_says_why_it_failed_is_believed(start):
    job = start("say(messages.Failed(message='No episodes.', hint='Record some.'))")
    until(job, lambda j: j.over)
    assert (job.status.phase, job.status.message) == (JobPhase.FAILED, "No episodes. Record some.")


STAYS = (
    "import signal\n"
    "def end(*_):\n"
    "    say(messages.Finished(step=4, cancelled=True))\n"
    "    sys.exit(0)\n"
    "signal.signal(signal.SIGTERM, end)\n"
    "say(messages.Progress(step=4, total=9, loss=1.0))\n"
    "signal.pause()"
)


def test_stopping_is_a_signal_that_the_job_answers_in_order(start):
    job = start(STAYS)
    until(job, lambda j: j.status.step == 4)
    job.stop()
    until(job, lambda j: j.over)
    assert job.status.phase is JobPhase.CANCELLED


def test_asking_twice_ends_a_job_that_does_not_listen(start):
    job = start(
        "import signal\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "say(messages.Progress(step=1, total=9, loss=1.0))\n"
        "while True:\n    signal.pause()"
    )
    until(job, lambda j: j.status.step == 1)
    job.stop()
    assert job.alive
    job.stop()
    until(job, lambda j: j.over)
    assert job.status.phase is JobPhase.CANCELLED


def test_a_running_job_is_found_again_in_its_folder(start):
    job = start(STAYS, outlive=True)
    until(job, lambda j: j.status.step == 4)
    found = Job.find(job.folder)
    until(found, lambda j: j.status.step == 4)
    found.stop()
    until(found, lambda j: j.over)
    assert found.status.phase is JobPhase.CANCELLED


def test_a_job_that_died_unseen_is_found_as_failed(start):
    job = start("say(messages.Progress(step=1, total=9, loss=1.0))\nsys.exit(3)")
    until(job, lambda j: j.over)
    found = Job.find(job.folder)
    until(found, lambda j: j.over)
    assert found.status.phase is JobPhase.FAILED


def test_a_folder_without_a_job_has_none(tmp_path):
    assert Job.find(tmp_path) is None


def test_a_half_written_line_waits_for_its_end(start, tmp_path):
    job = start("sys.stdin.read()")
    line = messages.encode(Progress(step=5, total=9, loss=0.25)) + "\n"
    with (tmp_path / "run" / "job.jsonl").open("a") as file:
        file.write(line[:20])
        file.flush()
        assert job.poll() == []
        file.write(line[20:])
    assert [e.step for e in job.poll()] == [5]


def test_a_job_of_ours_ends_when_its_standard_input_closes(tmp_path):
    body = "import sys; from studio.cli import _end_when_stdin_closes as watch; watch()"
    job = Job.start("serve", [sys.executable, "-c", body], tmp_path / "serve")
    assert job.alive
    job._process.stdin.close()
    until(job, lambda j: j.over)


def test_the_command_runs_this_copy_of_the_program():
    assert foresight_command("serve", "--run", "x")[1:] == [
        "-P",
        "-m",
        "studio",
        "serve",
        "--end-with-parent",
        "--run",
        "x",
    ]


def test_a_job_with_wrong_words_ends_as_such_with_its_stdin_open():
    """Its watch over stdin must not make Python abort (exit code −6) on the way out."""
    command = foresight_command("train", "--minutes", "soon")
    job = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        assert job.wait(timeout=60) == 2
        assert b"--minutes" in job.stderr.read()
    finally:
        job.stdin.close()
        job.stderr.close()
