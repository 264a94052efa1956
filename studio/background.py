"""One thread beside the window's, for looking into files: a tick has no time to wait for a disk.

Work knows no Qt and touches nothing of the window; its answer is taken on the window's thread, by
:meth:`Background.deliver`. Whatever needs a program of its own is a job (:mod:`studio.jobs`).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class Background:
    """Work is done one by one, in the order it was asked for."""

    def __init__(self, name: str) -> None:
        self._threads = ThreadPoolExecutor(1, thread_name_prefix=name)  # started by the first work
        self._asked: list[tuple[Future[Any], Callable[[Any], None]]] = []

    @property
    def busy(self) -> bool:
        """Something was asked for and its answer not yet delivered."""
        return bool(self._asked)

    def ask(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        """Do ``work`` over there; ``then`` gets what it returns, over here."""
        self._asked.append((self._threads.submit(work), then))

    def deliver(self) -> None:
        """Hand over what is done. An exception of the work is raised here."""
        done = [entry for entry in self._asked if entry[0].done()]
        self._asked = [entry for entry in self._asked if entry not in done]
        for future, then in done:
            then(future.result())

    def close(self) -> None:
        """Finish what is being done, forget the rest."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._asked.clear()
