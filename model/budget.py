"""How long a run may take: steps, minutes, or whichever ends first. Knows no clock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to train. Steps, minutes, or whichever ends first."""

    steps: int | None
    minutes: float | None  # of computing on an idle machine: time lost to others does not count

    def fraction(self, *, step: int, busy_s: float) -> float:
        """How much of the budget is used up, 0 … 1 and beyond."""
        by_steps = step / self.steps if self.steps else 0.0
        by_time = busy_s / (60.0 * self.minutes) if self.minutes else 0.0
        return max(by_steps, by_time)
