"""The recorder as a process of its own: commands in through a pipe, reports out through it.

When its parent dies it stops where it is; the journal of a running episode stays on the disk and is
sealed by the next recorder. Knows no Qt and no device; ``studio.recorder_host`` starts it.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Final

from recordings.archivist import Report
from recordings.bench_note import BenchNote
from recordings.errors import RecordingError
from recordings.live import Live, LiveHandle
from recordings.recorder import RECENT_S, Recorder
from recordings.types import Fault, Plan

_DRAIN_PERIOD_S: Final = 0.02  # 50 Hz: a camera ring of 32 pictures holds 50 times as long
_SWITCH_S: Final = 0.0005  # sealing hands the interpreter back this soon: recording goes first
_PROGRESS_PERIOD_NS: Final = 250_000_000


@dataclass(frozen=True, slots=True)
class RecorderSettings:
    """How to record."""

    folder: Path
    quality: int = 90  # JPEG, 1 … 100
    reserve_bytes: int = 256 * 2**20
    recent_s: float = RECENT_S  # always available to keep; 0: nothing


@dataclass(frozen=True, slots=True)
class Begin:
    """Start an episode."""

    task: str
    episode_id: str
    bench: BenchNote


@dataclass(frozen=True, slots=True)
class End:
    """Finish the running episode."""

    success: bool | None


@dataclass(frozen=True, slots=True)
class SaveRecent:
    """Make an episode of what just happened."""

    task: str
    episode_id: str
    bench: BenchNote


@dataclass(frozen=True, slots=True)
class Keep:
    """Take the episode into the data set."""

    episode_id: str


@dataclass(frozen=True, slots=True)
class Discard:
    """Move the episode to the trash."""

    episode_id: str


@dataclass(frozen=True, slots=True)
class NoteEvent:
    """Something happened; dropped when neither an episode nor recent things are kept."""

    kind: str
    data: dict[str, Any]
    t_ns: int


@dataclass(frozen=True, slots=True)
class NotePlan:
    """A plan arrived; dropped when neither an episode nor recent things are kept."""

    plan: Plan
    t_ns: int


@dataclass(frozen=True, slots=True)
class Close:
    """End, seal, exit."""


RecorderCommand = Begin | End | SaveRecent | Keep | Discard | NoteEvent | NotePlan | Close


def run_recorder(live: LiveHandle, settings: RecorderSettings, pipe: Connection) -> None:
    """Process body: record until told to close or until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    sys.setswitchinterval(_SWITCH_S)
    rings = Live.attach(live)
    try:
        _record(rings, settings, pipe)
    except Exception as error:
        with suppress(OSError):
            _send(pipe, [_failure(settings.folder, error)])
        raise
    finally:
        rings.close()


def _record(rings: Live, settings: RecorderSettings, pipe: Connection) -> None:
    recorder = Recorder(
        rings,
        settings.folder,
        quality=settings.quality,
        reserve_bytes=settings.reserve_bytes,
        recent_s=settings.recent_s,
    )
    recorder.recover()
    asked_to_close = _serve(recorder, pipe)
    recorder.close(seal=asked_to_close)
    if asked_to_close:
        _send(pipe, recorder.poll())


def _serve(recorder: Recorder, pipe: Connection) -> bool:
    """Until Close (True) or until the parent is gone (False)."""
    parent = multiprocessing.parent_process()
    sources = [pipe] if parent is None else [pipe, parent.sentinel]
    progress_due_ns = 0
    while True:
        ready = wait(sources, timeout=_DRAIN_PERIOD_S if recorder.busy else None)
        try:
            if pipe in ready:
                command = pipe.recv()
                if isinstance(command, Close):
                    return True
                _obey(recorder, pipe, command)
            elif ready:
                return False
            recorder.pump()
            reports = recorder.poll()
            progress = recorder.progress()
            if progress is not None and time.monotonic_ns() >= progress_due_ns:
                progress_due_ns = time.monotonic_ns() + _PROGRESS_PERIOD_NS
                reports.append(progress)
            _send(pipe, reports)
        except (EOFError, ConnectionError):  # the parent closed its end or died
            return False


def _obey(recorder: Recorder, pipe: Connection, command: RecorderCommand) -> None:
    try:
        match command:
            case Begin():
                recorder.begin(command.task, episode_id=command.episode_id, bench=command.bench)
            case End():
                recorder.end(success=command.success)
            case SaveRecent():
                recorder.save_recent(
                    command.task, episode_id=command.episode_id, bench=command.bench
                )
            case Keep():
                recorder.keep(command.episode_id)
            case Discard():
                recorder.discard(command.episode_id)
            case NoteEvent() if recorder.notes:
                recorder.event(command.kind, command.data, t_ns=command.t_ns)
            case NotePlan() if recorder.notes:
                recorder.plan(command.plan, t_ns=command.t_ns)
            case _:
                pass
    except RecordingError as error:
        hint = "look at the recording state and try again"
        now_ns = time.monotonic_ns()
        _send(pipe, [Fault("recorder_refused", "recorder", str(error), hint, now_ns)])


def _failure(folder: Path, error: Exception) -> Fault:
    return Fault(
        code="recorder_failed",
        device=str(folder),
        message=f"the recorder cannot go on: {error}",
        hint="check that the recordings folder can be written; what was recorded is kept",
        t_ns=time.monotonic_ns(),
    )


def _send(pipe: Connection, reports: list[Report]) -> None:
    for report in reports:
        pipe.send(report)
