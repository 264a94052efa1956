"""What the health numbers of an episode mean, in plain sentences with a weight.

Knows the numbers only. A sentence names what, how much, when, and what it does to learning.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from recordings.health.motion import MotionHealth
from recordings.health.pictures import CameraHealth

SLOW = 0.95  # of the wanted rate: below this it is worth a word
RESTS = 0.05  # share of steps at a joint's end that is worth a word
CUT = 0.5  # share of gripper commands at an end that is worth a word
LONG_IDLE_S = 2.0
FROZEN_S = 0.5


class Weight(enum.Enum):
    """How bad it is: GOOD < NOTE < WARN < BAD."""

    GOOD = "good"
    NOTE = "note"  # worth knowing
    WARN = "warn"  # may hurt learning
    BAD = "bad"  # should not be learned from as it is


@dataclass(frozen=True, slots=True)
class Remark:
    """One sentence about one episode."""

    weight: Weight
    sentence: str


def motion_remarks(health: MotionHealth) -> Iterator[Remark]:
    """About joints and clock."""
    if health.steps < 2:
        yield Remark(Weight.BAD, f"It has {health.steps} steps: there is nothing to learn from.")
        return
    yield from _clock_remarks(health)
    if health.not_numbers:
        yield Remark(
            Weight.BAD,
            f"{health.not_numbers} joint values are not numbers: trash it or cut it out.",
        )
    if health.jumps:
        jump = health.largest_jump
        yield Remark(
            Weight.WARN,
            f"{health.jumps} jumps no motor can do; the largest, {jump.value:.2f} rad of"
            f" {_words(jump.joint)}, at {jump.at_s:.1f} s: look at the cable or the encoder.",
        )
    yield from _range_remarks(health)
    for where, idle_s in (("starts", health.idle_start_s), ("ends", health.idle_end_s)):
        if idle_s >= LONG_IDLE_S:
            yield Remark(
                Weight.NOTE, f"It {where} with {idle_s:.1f} s in which nothing moves: trim it."
            )


def _words(joint: str) -> str:
    """What people call a joint."""
    return joint.replace("_", " ")


def _clock_remarks(health: MotionHealth) -> Iterator[Remark]:
    if health.backwards:
        yield Remark(Weight.BAD, f"The clock jumped backwards {health.backwards} times.")
    if health.rate_hz < SLOW * health.wanted_hz:
        yield Remark(
            Weight.WARN,
            f"Joints were recorded at {health.rate_hz:.1f} instead of {health.wanted_hz:.0f} Hz:"
            " the computer was too busy.",
        )
    if health.gaps:
        gap = health.longest_gap
        yield Remark(
            Weight.WARN,
            f"{health.gaps} gaps between joint values; the longest, {1e3 * gap.value:.0f} ms,"
            f" at {gap.at_s:.1f} s.",
        )


def _range_remarks(health: MotionHealth) -> Iterator[Remark]:
    for joint, share in health.at_limit.items():
        if share >= RESTS:
            yield Remark(
                Weight.NOTE,
                f"The {_words(joint)} rests against the end of its range in {share:.0%}"
                " of the steps.",
            )
    if health.gripper_beyond > 0.01:
        yield Remark(
            Weight.WARN,
            f"The gripper goes {health.gripper_beyond:.2f} beyond its range 0 … 1: calibrate it.",
        )
    for gripper, share in health.gripper_cut.items():
        if share >= CUT:
            yield Remark(
                Weight.NOTE,
                f"The {_words(gripper)} is commanded fully open or closed in {share:.0%} of the"
                " steps: anything beyond was clipped.",
            )


def camera_remarks(health: CameraHealth) -> Iterator[Remark]:
    """About one camera."""
    camera = health.camera
    if not health.frames:
        yield Remark(Weight.BAD, f"Camera {camera} delivered no picture.")
        return
    if health.missed or health.lost_before:
        missed = max(health.missed, health.lost_before)
        share = missed / (missed + health.frames)
        yield Remark(
            Weight.WARN if share > 0.01 else Weight.NOTE,
            f"Camera {camera} missed {missed} pictures ({share:.1%}); the longest gap,"
            f" {1e3 * health.longest_gap.value:.0f} ms, at {health.longest_gap.at_s:.1f} s.",
        )
    if health.rate_hz and health.rate_hz < SLOW * health.wanted_hz:
        yield Remark(
            Weight.WARN,
            f"Camera {camera} ran at {health.rate_hz:.1f} instead of {health.wanted_hz:.0f}"
            " pictures per second: more light or a smaller picture may help.",
        )
    if health.frozen.value >= FROZEN_S:
        yield Remark(
            Weight.BAD,
            f"Camera {camera} was frozen for {health.frozen.value:.1f} s at"
            f" {health.frozen.at_s:.1f} s while the arm moved.",
        )
