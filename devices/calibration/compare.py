"""Two calibrations side by side: which joints differ, and by how much. Knows no screen."""

from __future__ import annotations

from dataclasses import dataclass

from devices.calibration.scale import RAD_PER_STEP
from devices.calibration.types import STEPS, ArmCalibration

NOTICEABLE_STEPS = 6  # half a degree; a hand at an end stop is not more exact than that


@dataclass(frozen=True, slots=True)
class Difference:
    """One joint that was measured otherwise."""

    joint: str
    shift_rad: float  # by how much its 0 rad moved, as seen from the encoder
    span_rad: float  # by how much its range grew

    @property
    def noticeable(self) -> bool:
        limit = NOTICEABLE_STEPS * RAD_PER_STEP
        return abs(self.shift_rad) > limit or abs(self.span_rad) > limit


def differences(new: ArmCalibration, old: ArmCalibration) -> tuple[Difference, ...]:
    """Joints of both that are not the same, in the order of ``new``."""
    found: list[Difference] = []
    for name, now in new.joints.items():
        before = old.joints.get(name)
        if before is None or before == now:
            continue
        moved = now.middle + now.homing_offset - before.middle - before.homing_offset
        shift = (moved + STEPS / 2) % STEPS - STEPS / 2  # the encoder goes round
        span = now.span - before.span
        found.append(Difference(name, shift * RAD_PER_STEP, span * RAD_PER_STEP))
    return tuple(found)
