"""The last minute, always: so that what just happened can be kept although nobody pressed record.

Pictures are kept as JPEG in memory (two cameras 640×480: about 5 MB per second). While an episode
is recorded it gets the very records the episode gets, so nothing is encoded twice. Knows no file.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from recordings.draining import Drain
from recordings.journal import Item, Kind
from recordings.live import Live

_LEAD_NS: Final = 1_000_000_000  # pictures are kept this much longer: the first step saw one


class Recent:
    """What happened within the last ``seconds``, in at most ``most_bytes`` of memory."""

    def __init__(self, live: Live, *, seconds: float, most_bytes: int, quality: int) -> None:
        self.most_bytes = most_bytes
        self._keep_ns = round(seconds * 1e9)
        self._drain = Drain(live, quality=quality)
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._newest: dict[tuple[Kind, int], int] = {}  # kind and stream → index
        self._now_ns = 0  # time of the newest step

    @property
    def held_bytes(self) -> int:
        """Payload in memory."""
        return self._bytes

    def drain(self) -> None:
        """Take what is new from the rings. Only while no episode is recorded."""
        self._drain.run(self.add)

    def resume(self) -> None:
        """An episode has ended: from now on :meth:`drain` brings what comes."""
        self._drain.rewind()

    def add(self, item: Item) -> None:
        """One more record; one that is there already is not taken twice."""
        place = (item.kind, item.stream)
        if item.ring_index >= 0:
            if item.ring_index <= self._newest.get(place, -1):
                return
            self._newest[place] = item.ring_index
        self._items.append(item)
        self._bytes += len(item.payload)
        if item.kind is Kind.STEP:
            self._now_ns = item.t_ns
            self._forget_old()

    def snapshot(self) -> tuple[Item, ...]:
        """Everything from the first step within the time on, and the pictures it saw."""
        steps = [item.t_ns for item in self._items if item.kind is Kind.STEP]
        oldest_ns = max(self._now_ns - self._keep_ns, steps[0] if steps else 0)
        return tuple(
            item
            for item in self._items
            if item.t_ns >= oldest_ns or (item.kind is Kind.JPEG and steps)
        )

    def _forget_old(self) -> None:
        oldest_ns = self._now_ns - self._keep_ns - _LEAD_NS
        while self._items and (self._items[0].t_ns < oldest_ns or self._bytes > self.most_bytes):
            self._bytes -= len(self._items.popleft().payload)
