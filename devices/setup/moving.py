"""Which of several limp arms a hand moves: the one whose joints turn, clearly more than the others.

Looks back a little while only, so an arm that was moved before does not count any more. Fed with
angles and times, so it knows no bus and no clock.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

MOVED_RAD = math.radians(8)  # within the time looked back; a bumped table moves joints by less
CLEARLY = 2.0  # times more than any other arm
BACK_S = 1.0

Angles = Mapping[str, Mapping[str, float]]
"""Arm → joint → rad within one turn."""


@dataclass(frozen=True, slots=True)
class Movement:
    """How far one joint of an arm has turned lately."""

    arm: str
    joint: str
    by_rad: float


class MovedArm:
    """Compares arms with how they stood a moment ago."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Angles]] = deque()

    def moved(self, now: Angles, *, at_s: float) -> Movement | None:
        """The arm that was moved; None while none was, or two alike.

        Args:
            now: how all arms stand.
            at_s: when, on any steady clock.
        """
        self._seen.append((at_s, now))
        while self._seen[0][0] < at_s - BACK_S:
            self._seen.popleft()
        before = self._seen[0][1]
        most = sorted(
            (_most(a, before[a], q) for a, q in now.items()), key=lambda m: -abs(m.by_rad)
        )
        if not most or abs(most[0].by_rad) < MOVED_RAD:
            return None
        if len(most) > 1 and abs(most[0].by_rad) < CLEARLY * abs(most[1].by_rad):
            return None
        self._seen.clear()
        return most[0]


def _most(arm: str, before: Mapping[str, float], now: Mapping[str, float]) -> Movement:
    turned = {joint: _turned(before[joint], q) for joint, q in now.items()}
    joint = max(turned, key=lambda name: abs(turned[name]))
    return Movement(arm, joint, turned[joint])


def _turned(before: float, now: float) -> float:
    """The shorter way round, rad."""
    return (now - before + math.pi) % (2 * math.pi) - math.pi
