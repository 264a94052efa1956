"""What went wrong on a bus, counted: nothing is retried or given up without a number here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Counters of one bus since it was opened. Written by whoever holds the bus."""

    exchanges: int = 0  # requests that wanted an answer
    timeouts: int = 0  # answers that did not come in time
    garbled: int = 0  # answers with a bad checksum or length
    short: int = 0  # answers that were cut off
    strangers: int = 0  # good answers nobody had asked for
    retried: int = 0  # answers that were asked for once more
    lost: int = 0  # answers given up after all retries
    alarms: int = 0  # answers with an error bit
    retried_by_motor: Counter[int] = field(default_factory=Counter[int])
    lost_by_motor: Counter[int] = field(default_factory=Counter[int])

    @property
    def failures(self) -> int:
        """Answers that did not come right, whether a retry helped or not."""
        return self.timeouts + self.garbled + self.short

    def as_counts(self) -> dict[str, int]:
        """Name → number, for a status."""
        return {
            "exchanges": self.exchanges,
            "timeouts": self.timeouts,
            "garbled": self.garbled,
            "short": self.short,
            "strangers": self.strangers,
            "retried": self.retried,
            "lost": self.lost,
            "alarms": self.alarms,
        }
