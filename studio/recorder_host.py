"""Starts and watches the recorder process: the studio's end of its pipe.

Knows neither rings nor files beyond their addresses, and no Qt.
"""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, Final

from recordings.bench_note import BenchNote
from recordings.header import new_episode_id
from recordings.live import LiveHandle
from recordings.recorder import RECENT_S
from recordings.recorder_process import (
    Begin,
    Close,
    Discard,
    End,
    Keep,
    NoteEvent,
    NotePlan,
    RecorderCommand,
    RecorderSettings,
    SaveRecent,
    run_recorder,
)
from recordings.types import EpisodeInfo, EpisodePhase, Fault, Plan, RobotSpec

ENDED_BY: Final = ("disk_full", "recording_failed", "recorder_lost")  # faults that end an episode
_EXIT_S: Final = 0.5  # between the last word on the pipe and the end of the process


class RecorderHost:
    """One recorder process. Commands return at once; what became of them comes from ``poll``.

    After the process died, ``start`` starts a new one, which first completes what was left behind.
    """

    def __init__(
        self,
        live: LiveHandle,
        robot: RobotSpec,
        folder: Path,
        *,
        quality: int = 90,
        reserve_bytes: int = 256 * 2**20,
        recent_s: float = RECENT_S,
    ) -> None:
        if (mismatch := live.robot.mismatch(robot)) is not None:
            message = f"the live rings belong to another robot ({mismatch})"
            raise ValueError(message)
        self._live = live
        self._settings = RecorderSettings(Path(folder), quality, reserve_bytes, recent_s)
        self._context = multiprocessing.get_context("spawn")
        self._pipe: Connection | None = None
        self._process: SpawnProcess | None = None
        self._death_reported = True
        self._noted_plans: set[int] = set()  # in the running episode
        self._running = ""  # id of the episode that runs, as far as is known here
        self.bench = BenchNote()
        """What episodes that begin from now on say about the bench."""
        self.takes = 0
        """Episodes begun so far: whoever notes things once per episode looks at it."""

    @property
    def alive(self) -> bool:
        """The recorder process runs."""
        return self._process is not None and self._process.is_alive()

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    @property
    def recording(self) -> bool:
        """An episode was begun and neither ended nor given up by the recorder."""
        return bool(self._running)

    def start(self) -> None:
        """Start the process; does nothing while it runs."""
        if self.alive:
            return
        self._drop_process()
        self._pipe, child_pipe = self._context.Pipe()
        process = self._context.Process(
            target=run_recorder,
            args=(self._live, self._settings, child_pipe),
            name="foresight-recorder",
            daemon=True,
        )
        process.start()
        child_pipe.close()  # so that its death ends our reading
        self._process = process
        self._death_reported = False

    def begin(self, task: str) -> str:
        """Start an episode; returns the id it will have."""
        self._running = episode_id = new_episode_id()
        self.takes += 1
        self._noted_plans.clear()
        self._send(Begin(task, episode_id, self.bench))
        return episode_id

    def end(self, success: bool | None = None) -> None:
        """Finish the running episode; it is sealed in the background, the next may begin."""
        self._running = ""
        self._send(End(success))

    def save_recent(self, task: str) -> str:
        """Make an episode of the last minute, recorded or not; returns the id it will have."""
        episode_id = new_episode_id()
        self._send(SaveRecent(task, episode_id, self.bench))
        return episode_id

    def keep(self, episode_id: str) -> None:
        """Take the episode into the data set."""
        self._send(Keep(episode_id))

    def discard(self, episode_id: str) -> None:
        """Move the episode to the trash."""
        self._send(Discard(episode_id))

    def event(self, kind: str, data: Mapping[str, Any], *, t_ns: int | None = None) -> None:
        """Note something in the running episode; dropped when none runs.

        Raises:
            TypeError: when ``data`` is not JSON-ready.
        """
        plain: dict[str, Any] = json.loads(json.dumps(dict(data)))
        self._send(NoteEvent(kind, plain, time.monotonic_ns() if t_ns is None else t_ns))

    def plan(self, plan: Plan, *, t_ns: int | None = None) -> None:
        """Note a plan in the running episode, once; dropped when none runs."""
        if plan.id in self._noted_plans:
            return
        self._noted_plans.add(plan.id)
        self._send(NotePlan(plan, time.monotonic_ns() if t_ns is None else t_ns))

    def has_noted(self, plan_id: int) -> bool:
        """Whether this plan was noted in the running episode."""
        return plan_id in self._noted_plans

    def poll(self, timeout_s: float = 0.0) -> list[EpisodeInfo | Fault]:
        """What happened since the last call; waits up to ``timeout_s`` for a first report."""
        reports: list[EpisodeInfo | Fault] = []
        if self._pipe is None or self._process is None:
            return reports
        try:
            while self._pipe.poll(0.0 if reports else timeout_s):
                reports.append(self._pipe.recv())
        except (EOFError, ConnectionError):
            self._process.join(_EXIT_S)
        if not self.alive and not self._death_reported:
            self._death_reported = True
            reports.append(_death(self._process.exitcode))
        for report in reports:
            self._look_whether_ended(report)
        return reports

    def _look_whether_ended(self, report: EpisodeInfo | Fault) -> None:
        if isinstance(report, EpisodeInfo):
            ended = report.id == self._running and report.phase is not EpisodePhase.RECORDING
        else:
            ended = report.code in ENDED_BY
        if ended:
            self._running = ""

    def close(self, timeout_s: float = 10.0) -> list[EpisodeInfo | Fault]:
        """End a running episode, let everything be sealed, stop. Returns the last reports.

        A process that does not finish in time is ended; the next start completes its work.
        """
        reports: list[EpisodeInfo | Fault] = []
        if self._pipe is None:
            return reports
        self._send(Close())
        deadline_s = time.monotonic() + timeout_s
        try:
            while self._pipe.poll(max(0.0, deadline_s - time.monotonic())):
                reports.append(self._pipe.recv())
        except (EOFError, ConnectionError):  # it has said everything
            pass
        self._drop_process()
        return reports

    def _send(self, command: RecorderCommand) -> None:
        if self._pipe is None:
            return
        with suppress(OSError):  # the process is gone; poll says so
            self._pipe.send(command)

    def _drop_process(self) -> None:
        if self._process is not None:
            self._process.join(_EXIT_S)
            self._process.kill()
            self._process.join()
            self._process.close()
            self._process = None
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None


def _death(exit_code: int | None) -> Fault:
    return Fault(
        code="recorder_lost",
        device="recorder",
        message=f"the recorder process ended unexpectedly (exit code {exit_code})",
        hint="recording stopped; start it again, what was written is completed first",
        t_ns=time.monotonic_ns(),
    )
