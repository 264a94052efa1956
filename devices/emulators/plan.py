"""Which arm is emulated, and what all emulated arms are made of. Knows no maker's motors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from devices.emulators.bodies import Body
from devices.emulators.bus import EmulatedBus
from devices.emulators.pty_port import PtyPort
from devices.emulators.station import EmulatedArm

SWAY_S = 6.0  # of the scripted hand, for one way out and back
SWAY_RAD = (0.4, 0.12, 0.12, 0.2, 0.4)  # of the joints, from the base on
SWAY_JAW = 0.3


@dataclass(frozen=True, slots=True)
class ArmPlan:
    """One arm to emulate. Picklable."""

    name: str
    link: str  # where its port appears
    is_leader: bool = False
    seed: int = 0
    calibrated: bool = True
    sways: bool = False  # a leader whose hand moves by itself
    light: bool = False  # a follower without physics: quick, for tests of the bus
    wakes_with_torque: bool = False
    fresh: bool = False  # its motors are as they leave the factory: all of them have id 1
    make: str = "so101"


def assembled(
    plan: ArmPlan, bus: EmulatedBus[Any], body: Body, *, home: npt.ArrayLike
) -> EmulatedArm:
    """The arm switched on, its cable not plugged in yet.

    Args:
        plan: what it is.
        bus: with its motors.
        body: its mechanics.
        home: (n,) rad, about which its hand sways.
    """
    for servo in bus.servos:
        servo.wakes_with_torque = plan.wakes_with_torque
    body.step_to(0, bus.servos)
    for servo in bus.servos:
        servo.power_on()
    body.step_to(0, bus.servos)
    path = swaying_about(home) if plan.sways else None
    return EmulatedArm(plan.name, PtyPort(Path(plan.link)), bus, body, path)


def swaying_about(home: npt.ArrayLike) -> Callable[[float], Sequence[float]]:
    """A hand that moves all joints to and fro about ``home``, jaws last: seconds → (n,) rad."""
    start = np.array(home, dtype=np.float64)
    phases = np.arange(len(start))
    ways = np.append(np.resize(SWAY_RAD, len(start) - 1), SWAY_JAW)

    def path(seconds: float) -> Sequence[float]:
        angle = 2 * math.pi * seconds / SWAY_S
        sway = ways * (np.sin(angle + phases) - np.sin(phases))
        sway[-1] = abs(sway[-1])
        return tuple(float(v) for v in start + sway)

    return path
