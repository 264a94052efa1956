"""Starts and watches the process that sets up a kit: the window's end of its pipe. Knows no Qt."""

from __future__ import annotations

import atexit
import multiprocessing
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from devices.setup.messages import Report, Request

END_S = 5.0  # putting the motors back takes a moment


def run_worker(pipe: Connection) -> None:
    """Body of the process; what it needs is loaded there, not in the window's process."""
    from studio.setting_up.worker import main

    main(pipe)


class WorkerHost:
    """One worker process, started with the first request."""

    def __init__(self) -> None:
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.is_alive()

    def ask(self, request: Request) -> None:
        """Queue a request; a process that is gone is started anew."""
        if not self.alive:
            self.close()
            self._start()
        assert self._pipe is not None
        with suppress(OSError):  # it ended just now; poll tells nothing, the next request restarts
            self._pipe.send(request)

    def poll(self) -> list[Report]:
        """What was told since the last call; never waits."""
        reports: list[Report] = []
        if self._pipe is None:
            return reports
        with suppress(EOFError, OSError):
            while self._pipe.poll():
                reports.append(self._pipe.recv())
        return reports

    def close(self) -> None:
        """End the process; it puts back what it changed first. May be called twice."""
        atexit.unregister(self.close)
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        process, self._process = self._process, None
        if process is None:
            return
        process.join(END_S)
        if process.is_alive():
            process.kill()
            process.join()
        process.close()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=run_worker, args=(theirs,), name="foresight-setup")
        self._process.start()
        theirs.close()
        atexit.register(self.close)
