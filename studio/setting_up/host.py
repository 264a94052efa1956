"""Starts and watches a process that sets something up: our end of its pipe. Knows no Qt."""

from __future__ import annotations

import atexit
import multiprocessing
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Generic, TypeVar

END_S = 5.0  # putting the motors back takes a moment

Asked = TypeVar("Asked")
Told = TypeVar("Told")


class WorkerHost(Generic[Asked, Told]):
    """One worker process, started with the first request."""

    def __init__(self, body: Callable[[Connection], None], name: str) -> None:
        """Nothing is started yet.

        Args:
            body: of the process; ends when its pipe is closed. What it needs it imports itself.
            name: of the process, for people who look for it.
        """
        self._body = body
        self._name = name
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.is_alive()

    def ask(self, request: Asked) -> None:
        """Queue a request; a process that is gone is started anew."""
        if not self.alive:
            self.close()
            self._start()
        assert self._pipe is not None
        with suppress(OSError):  # it ended just now; poll tells nothing, the next request restarts
            self._pipe.send(request)

    def poll(self) -> list[Told]:
        """What was told since the last call; never waits."""
        reports: list[Told] = []
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
        self._process = context.Process(target=self._body, args=(theirs,), name=self._name)
        self._process.start()
        theirs.close()
        atexit.register(self.close)
