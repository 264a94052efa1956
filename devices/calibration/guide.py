"""Which joint to move next while an arm is measured, and what to tell the person who moves it.

Follows a :class:`~devices.calibration.sweep.Sweep`: a joint is done once it was swept over most of
what it usually turns and the hand has gone on to another one, or when the person says so. Joints
without end stops come last: they are put to their middle. Knows no bus and no screen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from devices.calibration.scale import RAD_PER_STEP
from devices.calibration.sweep import Track
from devices.calibration.types import SMALLEST_SPAN
from recordings.types import JointSpec

USUAL_JAW_RAD = 1.9  # of a gripper, whose description says 0 to 1
ENOUGH = 0.75  # of what a joint usually turns
LITTLE = 0.5  # less than this share is worth a word
ELSEWHERE_RAD = math.radians(6)  # a hand that moves another joint by this has gone on


@dataclass(frozen=True, slots=True)
class JointSwept:
    """How far one joint was swept."""

    joint: str
    swept_rad: float
    usual_rad: float  # from end to end, as described; 0 for a joint without end stops
    state: Literal["waiting", "now", "done"]


@dataclass(frozen=True, slots=True)
class Guidance:
    """What to do now, and how far everything is."""

    joint: str  # the one to move, "" when only the end is left
    advice: str  # one sentence
    joints: tuple[JointSwept, ...]
    q: tuple[float, ...]  # (n,) rad, gripper 0…1: about where the joints are, for a picture
    may_finish: bool
    remark: str = ""  # what looks odd, "" nothing


class Guide:
    """Leads through one sweep."""

    def __init__(self, joints: Sequence[JointSpec], *, full_turn: tuple[str, ...] = ()) -> None:
        """A guide at the first joint.

        Args:
            joints: of the robot description.
            full_turn: those without end stops.
        """
        self._joints = tuple(joints)
        self._usual = {j.name: 0.0 if j.name in full_turn else _usual_rad(j) for j in joints}
        self._order = [j.name for j in joints if j.name not in full_turn] + list(full_turn)
        self._done: set[str] = set()
        self._at: dict[str, float] = {}  # rad, where the others were when this one had enough

    def next_joint(self) -> None:
        """The person is done with the joint that is asked for."""
        joint = self._now
        if joint is not None:
            self._done.add(joint)
            self._at = {}

    def guidance(self, tracks: Mapping[str, Track]) -> Guidance:
        """What to do now, from what was seen so far."""
        self._advance(tracks)
        now = self._now or ""
        swept = {n: t.span * RAD_PER_STEP for n, t in tracks.items()}
        rows = tuple(
            JointSwept(j.name, swept.get(j.name, 0.0), self._usual[j.name], self._state(j.name))
            for j in self._joints
        )
        least = SMALLEST_SPAN * RAD_PER_STEP
        ready = all(row.swept_rad >= least for row in rows if row.usual_rad)
        q = tuple(_place(j, tracks.get(j.name)) for j in self._joints)
        last = now == "" or not self._usual[now]
        return Guidance(
            now, self._advice(now), rows, q, ready and last, _remark(rows) if last else ""
        )

    @property
    def _now(self) -> str | None:
        return next((name for name in self._order if name not in self._done), None)

    def _state(self, name: str) -> Literal["waiting", "now", "done"]:
        if name in self._done:
            return "done"
        return "now" if name == self._now else "waiting"

    def _advance(self, tracks: Mapping[str, Track]) -> None:
        joint = self._now
        if joint is None or joint not in tracks or not self._has_enough(tracks[joint], joint):
            return
        here = {name: track.now * RAD_PER_STEP for name, track in tracks.items() if name != joint}
        self._at = self._at or here
        if not any(abs(here[name] - at) > ELSEWHERE_RAD for name, at in self._at.items()):
            return
        self.next_joint()
        while (joint := self._now) is not None and self._has_enough(tracks[joint], joint):
            self.next_joint()  # it was moved while another one was asked for

    def _has_enough(self, track: Track, joint: str) -> bool:
        usual = self._usual[joint]
        return bool(usual) and track.span * RAD_PER_STEP >= ENOUGH * usual

    def _advice(self, joint: str) -> str:
        if not joint:
            return "Every joint was swept. Store what was measured."
        words = joint.replace("_", " ")
        if not self._usual[joint]:
            return f"Turn the {words} to the middle of its way, then store what was measured."
        return f"Move the {words} from one end to the other, slowly, as far as it goes."


def _usual_rad(joint: JointSpec) -> float:
    return USUAL_JAW_RAD if joint.is_gripper else joint.upper - joint.lower


def _place(joint: JointSpec, track: Track | None) -> float:
    """Where a joint is if what was swept is all it can do; its middle is 0 rad."""
    if track is None:
        return 0.0
    if joint.is_gripper:
        return (track.now - track.low) * RAD_PER_STEP / USUAL_JAW_RAD
    return (track.now - (track.low + track.high) / 2) * RAD_PER_STEP


def _remark(rows: Sequence[JointSwept]) -> str:
    """A joint that was swept over little of its way: probably stopped by something."""
    short = [row for row in rows if row.usual_rad and row.swept_rad < LITTLE * row.usual_rad]
    each = [
        f"{row.joint.replace('_', ' ')} only {math.degrees(row.swept_rad):.0f}° of about "
        f"{math.degrees(row.usual_rad):.0f}°"
        for row in short
    ]
    return f"Swept little: {'; '.join(each)}. Move it to both ends." if each else ""
