"""Jobs are commands: `foresight train …` and `foresight serve …` in processes of their own.

A job's progress is JSON lines in a file of its folder, its complaints another file, its identity a
third: so a training goes on when the window closes and is found again when it reopens. Knows no
torch and no Qt, and nothing about what a job computes.

Files in a job's folder: ``job.json`` who runs it, ``job.jsonl`` its progress, ``job.log`` the rest.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from model.messages import (
    Chunks,
    Counted,
    Downloading,
    Estimated,
    Failed,
    Finished,
    JobEvent,
    Note,
    Progress,
    Ready,
    Saved,
    Started,
    decode,
)
from recordings.types import JobPhase, JobStatus

TAIL_LINES = 12
END_WITH_PARENT = "--end-with-parent"
OVER = (JobPhase.FINISHED, JobPhase.CANCELLED, JobPhase.FAILED)


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process and when it began, so that a reused number is not mistaken for it."""

    pid: int
    born: str

    @classmethod
    def of(cls, pid: int) -> ProcessId:
        return cls(pid, _born(pid))

    @property
    def alive(self) -> bool:
        return bool(self.born) and _born(self.pid) == self.born


def _born(pid: int) -> str:
    """Start time of a living process as the system tells it, "" for none (or a zombie)."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] in "ZX" else fields[19]
    if sys.platform.startswith("linux"):
        return ""
    try:
        os.kill(pid, 0)
    except OSError:
        return ""
    return "unknown"


def foresight_command(kind: str, *arguments: str, outlive: bool = False) -> list[str]:
    """How to run ``foresight kind …`` with this interpreter and this copy of the program.

    Unless it shall ``outlive`` us, the job watches its standard input and ends when that closes.
    """
    watch = () if outlive else (END_WITH_PARENT,)
    return [sys.executable, "-P", "-m", "studio", kind, *watch, *arguments]


def foresight_environment() -> dict[str, str]:
    """The environment in which :func:`foresight_command` finds this copy, wherever it lies."""
    here = str(Path(__file__).resolve().parents[1])
    paths = [here, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}


class Job:
    """One job and its folder. :meth:`poll` is all a UI tick needs."""

    def __init__(
        self, kind: str, folder: Path, who: ProcessId, process: subprocess.Popen[bytes] | None
    ) -> None:
        self.kind = kind
        self.folder = folder
        self.status = JobStatus(kind, JobPhase.STARTING, out=str(folder))
        self._who = who
        self._process = process
        self._offset = 0
        self._stop_asked = False

    @classmethod
    def start(
        cls, kind: str, command: Sequence[str], folder: Path, *, outlive: bool = False
    ) -> Job:
        """Run ``command`` with its files in ``folder``.

        Args:
            kind: "train", "serve" or "plan".
            command: program and arguments, see :func:`foresight_command`.
            folder: created when missing; a former job's files there are overwritten.
            outlive: True: the job goes on when this process ends. False: its standard input is a
                pipe that closes with us, even when we are killed.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "job.jsonl").open("wb") as out, (folder / "job.log").open("wb") as err:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL if outlive else subprocess.PIPE,
                stdout=out,
                stderr=err,
                start_new_session=True,
                env=foresight_environment(),
            )
        who = ProcessId.of(process.pid)
        record = {"kind": kind, "pid": who.pid, "born": who.born, "command": list(command)}
        (folder / "job.json").write_text(json.dumps(record), encoding="utf-8")
        return cls(kind, folder, who, process)

    @classmethod
    def find(cls, folder: Path) -> Job | None:
        """The job whose files lie in ``folder``, running or over; None when there is none."""
        try:
            record = json.loads((folder / "job.json").read_text(encoding="utf-8"))
            who = ProcessId(int(record["pid"]), str(record["born"]))
            return cls(str(record["kind"]), folder, who, None)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @property
    def alive(self) -> bool:
        return self._process.poll() is None if self._process else self._who.alive

    @property
    def over(self) -> bool:
        return self.status.phase in OVER

    def poll(self) -> list[JobEvent]:
        """New events; brings :attr:`status` up to date. Never blocks."""
        if self.over:
            return []
        alive = self.alive  # asked before reading: a line written just before the end is not lost
        events = self._new_events()
        for event in events:
            self.status = advance(self.status, event)
        if not alive and not self.over:
            self.status = self._ended_without_a_word()
        return events

    def _new_events(self) -> list[JobEvent]:
        try:
            with (self.folder / "job.jsonl").open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except OSError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        lines = whole.decode("utf-8", errors="replace").splitlines()
        return [event for line in lines if (event := decode(line)) is not None]

    def _ended_without_a_word(self) -> JobStatus:
        if self._stop_asked:
            return replace(self.status, phase=JobPhase.CANCELLED, message="stopped", eta_s=None)
        code = self._process.returncode if self._process else None
        how = f"exit code {code}" if code is not None else "its process is gone"
        message = f"The {self.kind} job ended unexpectedly ({how}).\n{self.log_tail()}".rstrip()
        return replace(self.status, phase=JobPhase.FAILED, message=message, eta_s=None)

    def log_tail(self, lines: int = TAIL_LINES) -> str:
        """The last lines the job wrote to its log, "" when there are none."""
        try:
            text = (self.folder / "job.log").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.rstrip().splitlines()[-lines:])

    def stop(self) -> None:
        """Ask the job to end in order (SIGTERM); asked a second time, end it at once."""
        if not self.alive:
            return
        if self._stop_asked:
            os.kill(self._who.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        else:
            os.kill(self._who.pid, signal.SIGTERM)
        self._stop_asked = True

    def close(self, timeout_s: float = 5.0) -> None:
        """Stop the job and wait for its end, forcing it when it takes longer than ``timeout_s``."""
        self.stop()
        if self._process is None:
            return
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()


def advance(status: JobStatus, event: JobEvent) -> JobStatus:
    """The status after one more event."""
    match event:
        case Started():
            facts = {k: float(v) for k, v in event.facts.items() if isinstance(v, int | float)}
            return replace(
                status,
                phase=JobPhase.RUNNING,
                total=event.total,
                metrics={**status.metrics, **facts},
                out=event.out or status.out,
            )
        case Progress():
            return _progressed(status, event)
        case Chunks():
            return status  # for eyes only
        case Counted():
            step, total = round(event.done), round(event.total)
            message = event.what or status.message
            phase = JobPhase.RUNNING
            return replace(status, phase=phase, step=step, total=total, message=message)
        case Downloading() | Saved() | Note():
            return replace(status, message=_said(event))
        case Estimated():
            metrics = {**status.metrics, "minutes": event.minutes, "peak_gb": event.peak_gb}
            message = "fits" if event.fits else event.advice
            return replace(status, metrics=metrics, message=message)
        case Ready():
            metrics = {**status.metrics, "load_s": event.load_s, "plan_ms": event.plan_ms}
            return replace(status, phase=JobPhase.RUNNING, metrics=metrics, message="ready")
        case Failed():
            message = f"{event.message} {event.hint}".strip()
            return replace(status, phase=JobPhase.FAILED, message=message, eta_s=None)
        case Finished():
            return replace(
                status,
                phase=JobPhase.CANCELLED if event.cancelled else JobPhase.FINISHED,
                step=max(status.step, event.step),
                metrics={**status.metrics, **event.metrics},
                eta_s=None,
                message="stopped" if event.cancelled else "finished",
                out=event.out or status.out,
            )


def _progressed(status: JobStatus, event: Progress) -> JobStatus:
    metrics = {**status.metrics, **event.metrics, "loss": event.loss}
    metrics["steps_per_s"] = event.steps_per_s
    if event.heldout is not None:
        metrics["heldout"] = event.heldout
    return replace(
        status,
        phase=JobPhase.RUNNING,
        step=event.step,
        total=event.total,
        metrics=metrics,
        eta_s=event.eta_s,
    )


def _said(event: Downloading | Saved | Note) -> str:
    """An event that changes nothing but what the job says of itself."""
    match event:
        case Note():
            return event.message
        case Saved():
            return f"checkpoint saved at step {event.step}"
        case Downloading():
            done, total = event.done_bytes / 1e9, event.total_bytes / 1e9
            of = f" of {total:.1f}" if total else ""
            return f"fetching {event.source}: {done:.1f}{of} GB"
