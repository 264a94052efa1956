"""Which of several limp arms a hand moves: the one whose joints turn, clearly more than the others.

Fed with angles, so it knows no bus.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

MOVED_RAD = math.radians(10)  # a table that is bumped moves joints by less
CLEARLY = 2.0  # times more than any other arm


@dataclass(frozen=True, slots=True)
class Movement:
    """How far one joint of an arm has turned since it was first seen."""

    arm: str
    joint: str
    by_rad: float


class MovedArm:
    """Compares arms with how they stood at first."""

    def __init__(self) -> None:
        self._first: dict[str, dict[str, float]] = {}

    def see(self, arm: str, angles: Mapping[str, float]) -> None:
        """Remember how an arm stands now, rad within one turn."""
        self._first.setdefault(arm, dict(angles))

    def moved(self, now: Mapping[str, Mapping[str, float]]) -> Movement | None:
        """The arm that was moved; None while none was, or two alike.

        Args:
            now: arm → joint → rad within one turn.
        """
        most = sorted((self._most(a, q) for a, q in now.items()), key=lambda m: -abs(m.by_rad))
        if not most or abs(most[0].by_rad) < MOVED_RAD:
            return None
        if len(most) > 1 and abs(most[0].by_rad) < CLEARLY * abs(most[1].by_rad):
            return None
        return most[0]

    def start_over(self, now: Mapping[str, Mapping[str, float]]) -> None:
        """From now on count from here."""
        self._first = {arm: dict(angles) for arm, angles in now.items()}

    def _most(self, arm: str, angles: Mapping[str, float]) -> Movement:
        first = self._first.setdefault(arm, dict(angles))
        turned = {joint: _turned(first[joint], q) for joint, q in angles.items()}
        joint = max(turned, key=lambda name: abs(turned[name]))
        return Movement(arm, joint, turned[joint])


def _turned(before: float, now: float) -> float:
    """The shorter way round, rad."""
    return (now - before + math.pi) % (2 * math.pi) - math.pi
