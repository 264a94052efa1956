"""Guided calibration: a person moves every joint from end to end, the range is measured first.

The encoder starts anew after 4095; whoever watches single numbers sees nonsense there. The sweep
follows the joint across that seam, and only afterwards chooses a homing offset that puts the seam
as far from the range as possible: opposite to its middle. Knows no bus: it is fed positions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devices.calibration.types import (
    LARGEST_OFFSET,
    LARGEST_SPAN,
    SMALLEST_SPAN,
    STEPS,
    ArmCalibration,
    MotorCalibration,
)
from devices.motor_errors import InvalidCalibration

CENTRE = STEPS // 2


@dataclass(slots=True)
class Track:
    """One joint followed across the seam of its encoder, in unwrapped steps."""

    now: int
    low: int
    high: int

    @property
    def span(self) -> int:
        """Steps from one end to the other."""
        return self.high - self.low


class Sweep:
    """Ranges of all joints while they are moved by hand. Motors must be free and offset 0."""

    def __init__(self, motors: Mapping[str, int]) -> None:
        """A sweep that has seen nothing.

        Args:
            motors: joint name → id, in joint order.
        """
        self._motors = dict(motors)
        self._tracks: dict[str, Track] = {}

    def see(self, steps: Mapping[str, int]) -> None:
        """Actual positions (0…4095) of some joints, at least ten times a second."""
        for name, raw in steps.items():
            track = self._tracks.get(name)
            if track is None:
                self._tracks[name] = Track(raw, raw, raw)
                continue
            track.now += (raw - track.now + CENTRE) % STEPS - CENTRE  # the shorter way round
            track.low = min(track.low, track.now)
            track.high = max(track.high, track.now)

    def spans(self) -> dict[str, int]:
        """Joint → steps swept so far."""
        return {name: track.span for name, track in self._tracks.items()}

    @property
    def tracks(self) -> Mapping[str, Track]:
        """Joint → where it is and how far it came."""
        return self._tracks

    def unswept(self, full_turn: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Joints that were not moved enough yet."""
        spans = self.spans()
        return tuple(
            name
            for name in self._motors
            if name not in full_turn and spans.get(name, 0) < SMALLEST_SPAN
        )

    def finish(self, *, where: str, full_turn: tuple[str, ...] = ()) -> ArmCalibration:
        """The calibration measured.

        Args:
            where: which arm, for the error sentence.
            full_turn: joints without end stops; they must now be in the middle of their way.

        Raises:
            InvalidCalibration: a joint was not moved, or further than an encoder can tell.
        """
        for name in self.unswept(full_turn):
            raise InvalidCalibration(
                where,
                field=f"{name} swept",
                value=f"{self.spans().get(name, 0)} steps",
                expected=f"at least {SMALLEST_SPAN} steps: move it from end to end",
            )
        joints = {
            name: self._full_turn(name) if name in full_turn else self._ranged(name, where)
            for name in self._motors
        }
        return ArmCalibration(joints)

    def _ranged(self, name: str, where: str) -> MotorCalibration:
        track = self._tracks[name]
        span = track.high - track.low
        if span > LARGEST_SPAN:
            expected = f"at most {LARGEST_SPAN} steps: a joint with end stops turns less"
            raise InvalidCalibration(
                where, field=f"{name} swept", value=f"{span} steps", expected=expected
            )
        offset = _offset((track.low + track.high) // 2 - CENTRE)
        low = (track.low - offset) % STEPS
        return MotorCalibration(self._motors[name], offset, low, low + span)

    def _full_turn(self, name: str) -> MotorCalibration:
        offset = _offset(self._tracks[name].now - (CENTRE - 1))
        return MotorCalibration(self._motors[name], offset, 0, STEPS - 1)


def _offset(wanted: int) -> int:
    """The same offset within what the register holds; −2048 is one step off, as it has no room."""
    wrapped = (wanted + CENTRE) % STEPS - CENTRE
    return max(wrapped, -LARGEST_OFFSET)
