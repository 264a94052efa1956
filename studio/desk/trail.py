"""Who drove in the last minute, and what happened in it. Reads the session at every tick."""

from __future__ import annotations

from collections import deque

from recordings.types import Authority
from studio.session import Session

SECONDS = 60.0


class Trail:
    """Spans of authority and marks with a word, on the machine's clock."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._spans: deque[tuple[int, Authority]] = deque()
        self._marks: deque[tuple[int, str]] = deque()
        self._plan = -1
        self._active = False
        self._stopped = False

    def look(self, now_ns: int) -> None:
        """Note what has changed since the last look."""
        status = self._session.status
        if not self._spans or self._spans[-1][1] is not status.authority:
            self._spans.append((now_ns, status.authority))
        if status.active_plan >= 0 and status.active_plan != self._plan:
            self._marks.append((now_ns, f"plan {status.active_plan}"))
        if status.stopped and not self._stopped:
            self._marks.append((now_ns, "STOP"))
        active = self._session.teaching.active
        if active != self._active:
            self._marks.append((now_ns, "take begins" if active else "take ends"))
        self._plan, self._stopped, self._active = status.active_plan, status.stopped, active
        self._forget(now_ns - round(SECONDS * 1e9))

    def _forget(self, before_ns: int) -> None:
        while len(self._spans) > 1 and self._spans[1][0] <= before_ns:
            self._spans.popleft()
        while self._marks and self._marks[0][0] < before_ns:
            self._marks.popleft()

    def seen(self, now_ns: int) -> tuple[list[float], list[int], list[tuple[float, str]]]:
        """Beginnings of spans (s since a minute ago), their authority, and marks."""
        start_ns = now_ns - round(SECONDS * 1e9)
        times = [max(0.0, (at - start_ns) / 1e9) for at, _ in self._spans]
        marks = [((at - start_ns) / 1e9, word) for at, word in self._marks]
        return times, [int(who.value) for _, who in self._spans], marks
