"""Pacing of the control loop on absolute deadlines, and how well it kept them.

A slot that is missed is skipped, never made up for in a burst. Knows nothing about arms; the
waiting itself is injected, so that tests run on a clock of their own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import numpy as np

from recordings.rig_status import LoopStats

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
METER_TICKS = 1000  # ticks behind the published statistics: 10 s at 100 Hz


class Clock(Protocol):
    """Something that tells the time of the machine."""

    def now_ns(self) -> int: ...


class SystemClock:
    """The one clock of all processes of a machine."""

    def now_ns(self) -> int:
        return time.monotonic_ns()


class Pacer:
    """Waits for the next absolute deadline of a fixed period."""

    def __init__(
        self,
        period_ns: int,
        *,
        now_ns: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        if period_ns <= 0:
            raise ValueError(f"period_ns is {period_ns}, expected a positive number")
        self.period_ns = period_ns
        self._now_ns = now_ns
        self._sleep = sleep
        self._deadline_ns = now_ns()

    def restart(self) -> None:
        """Begin counting from now, after something that was allowed to take long (connecting)."""
        self._deadline_ns = self._now_ns()

    def wait(self) -> int:
        """Sleep until the next deadline.

        Returns:
            How long after its deadline the slot begins, ns. Slots that have passed are skipped:
            the deadline stays on the grid and lies at most one period before now.
        """
        self._deadline_ns += self.period_ns
        remaining_ns = self._deadline_ns - self._now_ns()
        while remaining_ns > 0:
            self._sleep(remaining_ns / NS_PER_S)
            remaining_ns = self._deadline_ns - self._now_ns()
        late_ns = -remaining_ns
        self._deadline_ns += late_ns // self.period_ns * self.period_ns
        return late_ns


class LoopMeter:
    """Lateness of the last ticks, in a ring that never allocates while the loop runs."""

    def __init__(self, period_ns: int, *, ticks: int = METER_TICKS) -> None:
        self._period_ns = period_ns
        self._late_ms = np.zeros(ticks)
        self._at_ns = np.zeros(ticks, dtype=np.int64)
        self._count = 0
        self._overruns = 0

    def restart(self) -> None:
        """Forget the ticks so far, after something that was allowed to take long (connecting)."""
        self._count = self._overruns = 0

    def add(self, late_ns: int, now_ns: int) -> None:
        """Note one tick that began ``late_ns`` after its deadline."""
        slot = self._count % len(self._late_ms)
        self._late_ms[slot] = late_ns / NS_PER_MS
        self._at_ns[slot] = now_ns
        self._count += 1
        self._overruns += late_ns > self._period_ns

    def stats(self, *, realtime: bool = False) -> LoopStats:
        """Percentiles over the ring; ``ticks`` and ``overruns`` since the (re)start."""
        filled = min(self._count, len(self._late_ms))
        if filled < 2:
            return LoopStats(ticks=self._count, overruns=self._overruns, realtime=realtime)
        late = self._late_ms[:filled]
        newest = self._at_ns[(self._count - 1) % filled]
        oldest = self._at_ns[self._count % filled]
        span_s = max(int(newest - oldest), 1) / NS_PER_S
        p50, p99 = np.percentile(late, (50, 99))
        return LoopStats(
            hz=(filled - 1) / span_s,
            p50_ms=float(p50),
            p99_ms=float(p99),
            max_ms=float(late.max()),
            ticks=self._count,
            overruns=self._overruns,
            realtime=realtime,
        )
