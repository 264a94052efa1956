"""Starts and watches the rig process: the studio's end of its pipe, of STOP and of the heartbeat.

Owns the live rings. Knows no Qt; what the reports mean to a person is decided above.
"""

from __future__ import annotations

import atexit
import multiprocessing
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from devices.bench import Bench
from devices.commands import Command, Shutdown
from recordings.live import Live, LiveHandle
from studio.rig_mailbox import Report
from studio.shared_lifeline import SharedLifeline

LAST_WORDS_S = 0.05  # how long one look for last reports takes while the process ends


def run_rig(bench: Bench, live: LiveHandle, lifeline: SharedLifeline, pipe: Connection) -> None:
    """Body of the rig process; what it needs is loaded there, not in the window's process."""
    from studio.rig_process import main

    main(bench, live, lifeline, pipe)


class RigHost:
    """One rig process and what is shared with it. For another process make another host.

    After the process died the arm's servos hold; ``alive`` and ``exit_code`` tell.
    """

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._context = multiprocessing.get_context("spawn")
        self._lifeline = SharedLifeline(self._context)
        self._pipe: Connection | None = None
        self._process: SpawnProcess | None = None
        self._exit_code: int | None = None
        self.live = Live.create(bench.robot)
        """Frames and steps of the bench; removed by :meth:`close`."""

    @property
    def alive(self) -> bool:
        """The rig process runs."""
        return self._process is not None and self._process.is_alive()

    @property
    def exit_code(self) -> int | None:
        """Of the process once it ended (negative: the signal that killed it), else None."""
        return self._exit_code if self._process is None else self._process.exitcode

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process; returns at once, the first report tells that it is there."""
        if self._process is not None:
            return
        self._pipe, child_pipe = self._context.Pipe()
        self._lifeline.beat()
        self._process = self._context.Process(
            target=run_rig,
            args=(self._bench, self.live.handle, self._lifeline, child_pipe),
            name="foresight-rig",
        )
        self._process.start()
        child_pipe.close()  # so that its death ends our reading
        atexit.register(self.close)  # not a daemon: it has children itself

    def send(self, command: Command) -> None:
        """Queue a command; it acts with the next tick. Dropped when the process is gone."""
        if self._pipe is not None:
            with suppress(OSError):
                self._pipe.send(command)

    def stop(self) -> None:
        """STOP: read by the rig every tick, never queued behind anything."""
        self._lifeline.stop()

    def release_torque(self) -> None:
        """Second stage of STOP: park, then go limp; read every tick like STOP."""
        self._lifeline.release()

    def beat(self) -> None:
        """Say that the studio is alive; while somebody drives, at least five times a second."""
        self._lifeline.beat()

    def poll(self, timeout_s: float = 0.0) -> list[Report]:
        """What was reported since the last call; waits up to ``timeout_s`` for a first report."""
        reports: list[Report] = []
        if self._pipe is None:
            return reports
        with suppress(EOFError, OSError):
            while self._pipe.poll(0.0 if reports else timeout_s):
                reports.append(self._pipe.recv())
        return reports

    def close(self, timeout_s: float = 10.0) -> list[Report]:
        """Hold, park, end the process, give the shared memory back. Returns the last reports.

        A process that is not done in time is killed: the servos then hold where they are.
        """
        atexit.unregister(self.close)
        reports = self._end(timeout_s) if self._process is not None else []
        self.live.close()
        self.live.unlink()
        return reports

    def _end(self, timeout_s: float) -> list[Report]:
        assert self._process is not None
        self.send(Shutdown())
        deadline_s = time.monotonic() + timeout_s
        reports: list[Report] = []
        while self._process.is_alive() and time.monotonic() < deadline_s:
            reports += self.poll(LAST_WORDS_S)  # somebody must read while it says good-bye
            self._process.join(LAST_WORDS_S)
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        reports += self.poll()
        self._exit_code = self._process.exitcode
        self._process.close()
        self._process = None
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        return reports
