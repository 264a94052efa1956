"""What went wrong lately: the sentence a person saw, and the lines that help to find the cause.

Remembers; shows nothing and mends nothing. Details are taken when the trouble is told, because the
log goes on.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass

from studio.log import RecentLines
from studio.session import Session

MOST = 50
LOG_LINES = 30

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One error as it was told."""

    sentence: str
    details: str
    wall: str


class Troubles:
    """The errors of this window, newest last."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lines = RecentLines()
        logging.getLogger().addHandler(self._lines)
        self.entries: deque[Trouble] = deque(maxlen=MOST)

    def close(self) -> None:
        logging.getLogger().removeHandler(self._lines)

    def add(self, text: str, details: str = "") -> Trouble:
        """Remember ``text``; what follows its first line counts as details."""
        sentence, _, rest = text.partition("\n")
        _log.error("told: %s", sentence)
        parts = [self._situation(), details, rest, *self._lines.last(LOG_LINES)]
        wall = time.strftime("%Y-%m-%d %H:%M:%S")
        trouble = Trouble(sentence, "\n".join(part for part in parts if part), wall)
        self.entries.append(trouble)
        return trouble

    def _situation(self) -> str:
        """One line about the arm at that moment."""
        status, bench = self._session.status, self._session.cell.bench
        stopped = ", stopped" if status.stopped else ""
        return (
            f"bench {bench.name}, arm {status.phase.name}, {status.authority.name}{stopped}, "
            f"loop {status.loop.hz:.1f} Hz, p99 {status.loop.p99_ms:.2f} ms, "
            f"planner {status.planner or 'none'}"
        )

    @property
    def text(self) -> str:
        """All of them, for the support bundle."""
        return "\n\n".join(f"{t.wall}  {t.sentence}\n{t.details}" for t in self.entries)
