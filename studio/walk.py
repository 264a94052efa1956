"""Walks through the window step by step: do something, wait for what it brings about, go on.

A script is a generator of waits; it runs on the window's own event loop, so the window lives while
it waits. Knows no page and no step: the tour and the end-to-end test bring theirs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

PERIOD_MS = 30


@dataclass(frozen=True, slots=True)
class Wait:
    """Something to wait for."""

    what: str
    until: Callable[[], bool]
    timeout_s: float = 60.0


def pause(seconds: float) -> Wait:
    """Let the window live for a while."""
    due_s = time.monotonic() + seconds
    return Wait("time to pass", lambda: time.monotonic() >= due_s, seconds + 60.0)


class Walk(QObject):
    """Runs one script; ``ended`` says "", which wait took too long, or what went wrong."""

    ended = Signal(str)

    def __init__(self, script: Iterator[Wait], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._script = script
        self._wait: Wait | None = None
        self._since_s = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(PERIOD_MS)
        self._timer.timeout.connect(self._on_timer_timeout)

    def start(self) -> None:
        """Begin with the script's first step."""
        self._timer.start()

    def _on_timer_timeout(self) -> None:
        try:
            if self._wait is not None and not self._wait.until():
                if time.monotonic() - self._since_s > self._wait.timeout_s:
                    self._end(f"waited {self._wait.timeout_s:.0f} s for {self._wait.what}")
                return
            self._wait = next(self._script)
            self._since_s = time.monotonic()
        except StopIteration:
            self._end("")
        except Exception as error:
            self._end(f"{type(error).__name__}: {error}")
            raise

    def _end(self, problem: str) -> None:
        self._timer.stop()
        self.ended.emit(problem)
