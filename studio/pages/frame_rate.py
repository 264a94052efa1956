"""How many pictures per second are really shown. Knows no camera and no clock of its own."""

from __future__ import annotations

from collections import deque

FPS_WINDOW_NS = 2_000_000_000


class FrameRate:
    """Pictures per second really shown, over the last two seconds."""

    def __init__(self) -> None:
        self._times_ns: deque[int] = deque()

    def count(self, now_ns: int) -> None:
        self._times_ns.append(now_ns)
        while now_ns - self._times_ns[0] > FPS_WINDOW_NS:
            self._times_ns.popleft()

    @property
    def fps(self) -> float:
        if len(self._times_ns) < 2:
            return 0.0
        return (len(self._times_ns) - 1) * 1e9 / (self._times_ns[-1] - self._times_ns[0])
