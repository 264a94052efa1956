"""The rig process's end of the pipe: two threads, so that the control loop never touches it.

What comes in waits for the next tick. What goes out waits for the studio; while that does not
read, snapshots are dropped and facts are kept. Knows no rig.
"""

from __future__ import annotations

import multiprocessing
import queue
import threading
from collections import deque
from collections.abc import Callable
from multiprocessing.connection import Connection

from devices.commands import Command, Event, SceneState
from recordings.rig_status import RigStatus
from recordings.types import Fault

Report = RigStatus | Event | Fault

BACKLOG = 64  # reports that wait before snapshots are dropped
CAPACITY = 2000  # reports that wait before everything is dropped


class RigMailbox:
    """Commands in, reports out."""

    def __init__(self, pipe: Connection, *, on_orphaned: Callable[[], None]) -> None:
        self._pipe = pipe
        self._on_orphaned = on_orphaned
        self._commands: deque[Command] = deque()
        self._reports: queue.SimpleQueue[Report | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="rig-reports", daemon=True)

    def start(self) -> None:
        """Start reading and writing, and watching the parent process."""
        self._writer.start()
        threading.Thread(target=self._read, name="rig-commands", daemon=True).start()
        threading.Thread(target=self._watch_parent, name="rig-parent", daemon=True).start()

    def next_command(self) -> Command | None:
        """Oldest command not seen yet; returns at once."""
        try:
            return self._commands.popleft()
        except IndexError:
            return None

    def post(self, report: Report) -> None:
        """Tell the studio; returns at once."""
        waiting = self._reports.qsize()
        is_snapshot = isinstance(report, RigStatus | SceneState)
        if waiting < BACKLOG or (not is_snapshot and waiting < CAPACITY):
            self._reports.put(report)

    def close(self, timeout_s: float) -> None:
        """Wait until what was posted is read, but not for ever."""
        self._reports.put(None)
        self._writer.join(timeout_s)

    def _read(self) -> None:
        try:
            while True:
                self._commands.append(self._pipe.recv())
        except (EOFError, OSError):
            self._on_orphaned()

    def _write(self) -> None:
        try:
            while (report := self._reports.get()) is not None:
                self._pipe.send(report)
        except OSError:
            self._on_orphaned()

    def _watch_parent(self) -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            self._on_orphaned()
