"""A thread of its own for one bus: it works at a steady rate, and at once when there is news.

The control loop never waits for a cable: it posts what it wants and looks at what came last. Knows
neither bus nor arm.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pump:
    """Calls one function again and again, until it says that there is no more point."""

    def __init__(self, work: Callable[[], float], *, name: str) -> None:
        """A pump that stands still.

        Args:
            work: one turn; returns after how many seconds the next is due, 0 at the latest rate,
                negative to end.
            name: of the thread.
        """
        self._work = work
        self._name = name
        self._news = threading.Event()
        self._ending = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; does nothing while it runs."""
        if self._thread is None:
            self._ending = False
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def hurry(self) -> None:
        """There is news: the next turn begins at once."""
        self._news.set()

    def stop(self) -> None:
        """End after the present turn; may be called twice, not from inside the turn."""
        self._ending = True
        self._news.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        due_s = time.monotonic()
        while not self._ending:
            self._news.clear()
            period_s = self._work()
            if period_s < 0:
                return
            due_s = max(due_s + period_s, time.monotonic())  # what was missed is not made up for
            self._news.wait(max(0.0, due_s - time.monotonic()))
