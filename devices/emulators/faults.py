"""What may go wrong on an emulated bus: how often and how badly.

Seeded, so that a run can be repeated.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FaultRates:
    """Of every single answer, each independent of the others."""

    drop: float = 0.0  # probability that it never comes
    corrupt: float = 0.0  # probability that one bit of it is flipped
    cut: float = 0.0  # probability that only its first half comes
    noise: float = 0.0  # probability of stray bytes before it
    delay_s: float = 0.0  # it comes later by up to twice this, by this on average


class FaultDice:
    """Rolls the faults of one bus, and counts them."""

    def __init__(self, *, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self.rates = FaultRates()
        self.dropped = self.corrupted = self.cut = self.noisy = 0

    def spoil(self, answer: bytes) -> bytes:
        """The answer as it arrives; empty when it does not."""
        rates, roll = self.rates, self._random.random
        if roll() < rates.drop:
            self.dropped += 1
            return b""
        if roll() < rates.corrupt:
            self.corrupted += 1
            answer = self._flipped(answer)
        if roll() < rates.cut:
            self.cut += 1
            answer = answer[: len(answer) // 2]
        if roll() < rates.noise:
            self.noisy += 1
            answer = bytes(self._random.choices(range(255), k=3)) + answer
        return answer

    def delay_s(self) -> float:
        return self.rates.delay_s * 2 * self._random.random() if self.rates.delay_s else 0.0

    def counts(self) -> dict[str, int]:
        return {
            "dropped": self.dropped,
            "corrupted": self.corrupted,
            "cut": self.cut,
            "noisy": self.noisy,
        }

    def _flipped(self, answer: bytes) -> bytes:
        spoiled = bytearray(answer)
        spoiled[self._random.randrange(2, len(spoiled))] ^= 1 << self._random.randrange(8)
        return bytes(spoiled)
