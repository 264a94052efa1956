"""What the worker process is doing for the window: requests on their way, what it says, its end.

One request after the other; :attr:`Work.doing` is "" only when nothing is asked and no port is
held. Knows no kit.
"""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.connection import Connection

from devices.setup.messages import Doing, Done, Leave, Report, Request
from recordings.types import Fault
from studio.setting_up.host import WorkerHost

LOST = Fault(
    "setup_lost", "setup", "The process that sets up the kit is gone.",
    "What was being measured may not be stored. Try again.", 0,
)  # fmt: skip


def run_worker(pipe: Connection) -> None:
    """Body of the process; what it needs is loaded there, not in the window's process."""
    from studio.setting_up.worker import main

    main(pipe)


class Work:
    """The worker, and how far it is."""

    def __init__(self) -> None:
        self.doing = ""  # in words
        self._said = ""  # by the worker
        self._pending = 0  # requests that it has not dealt with yet
        self._host: WorkerHost[Request, Report] = WorkerHost(run_worker, "foresight-setup")

    @property
    def busy(self) -> bool:
        return bool(self.doing)

    def begin(self, request: Request, words: str) -> None:
        """Ask for something that takes a moment; ``words`` say what until the worker does."""
        self.doing = words
        self.ask(request)

    def ask(self, request: Request) -> None:
        """Ask for something within what is being done."""
        self._pending += 1
        self._host.ask(request)

    def leave(self) -> None:
        """End whatever holds a port; nothing is asked when nothing does."""
        if self.busy:
            self.ask(Leave())

    def drain(self, take: Callable[[Report], None]) -> None:
        """Hand on what was told since the last call, and whether the worker was lost.

        Args:
            take: given every report. After a :class:`Doing` or :class:`Done`, :attr:`doing` is what
                is so now.

        Raises:
            WorkerLost: it ended while it had something to do.
        """
        for report in self._host.poll():
            match report:
                case Doing(words):
                    self._said = words
                case Done():
                    self._pending = max(0, self._pending - 1)
                case _:
                    pass
            self.doing = self._said or (self.doing if self._pending else "")
            take(report)
        if self.busy and not self._host.alive:
            self.doing, self._said, self._pending = "", "", 0
            raise WorkerLost

    def close(self) -> None:
        """End the process; motors that were being measured are put back."""
        self._host.close()


class WorkerLost(Exception):  # noqa: N818 - says what happened
    """The worker process ended by itself."""
