"""Which makes of arms can be emulated: one entry each. Knows no port and no process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from devices.calibration.types import ArmCalibration
from devices.emulators import koch, so101, yam
from devices.emulators.plan import ArmPlan
from devices.emulators.station import EmulatedArm

if TYPE_CHECKING:  # MuJoCo: only arms with weight need it
    from devices.emulators.world_body import PosesShown


@dataclass(frozen=True, slots=True)
class EmulatedMake:
    """How arms of one make are emulated."""

    build: Callable[[ArmPlan, PosesShown | None], EmulatedArm]
    calibration: Callable[[int, bool], ArmCalibration] | None
    """Of the arm of a seed; whether it is a leader. None: its motors keep it themselves."""
    has_bench: bool
    """Whether its follower stands on the simulated bench, which cameras can look at."""
    interface: str = ""
    """What stands before its port in a bench file, "" nothing."""


MAKES: Mapping[str, EmulatedMake] = {
    "so101": EmulatedMake(
        lambda plan, shown: so101.emulated(plan, on_moved=shown),
        lambda seed, _: so101.so101_calibration(seed),
        has_bench=True,
    ),
    "koch": EmulatedMake(
        lambda plan, _: koch.emulated(plan),
        lambda seed, is_leader: koch.koch_calibration(seed, is_leader=is_leader),
        has_bench=False,
    ),
    "yam": EmulatedMake(
        lambda plan, _: yam.emulated(plan), None, has_bench=False, interface="slcan"
    ),
}


def emulated(plan: ArmPlan, *, on_moved: PosesShown | None = None) -> EmulatedArm:
    """One arm, its cable not plugged in yet.

    Args:
        plan: what it is.
        on_moved: told the positions of the simulated bench after every step of a follower.
    """
    return MAKES[plan.make].build(plan, on_moved)
