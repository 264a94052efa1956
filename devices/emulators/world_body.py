"""An arm with weight behind emulated servos; on the simulated bench with a table and cubes.

Needs MuJoCo; emulators without physics do not load it. Knows no bus.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from devices.description import F64
from devices.emulators.bodies import BodyClock, Mounting
from devices.emulators.motor import Motor
from devices.sim.arm_physics import ArmPhysics
from recordings.types import F32

JAW_FORCE = 0.5  # the robot description gives the jaw half of what its servo could

PosesShown = Callable[[F64, int], None]  # (positions (nq,), t_ns)


class WorldBody:
    """An arm that MuJoCo moves, with gravity and whatever else is in its world."""

    def __init__(
        self,
        world: ArmPhysics,
        mounting: Mounting,
        *,
        on_moved: PosesShown | None = None,
        jaw_force: float = JAW_FORCE,
    ) -> None:
        self._world = world
        self._mounting = mounting
        self._on_moved = on_moved
        self._clock = BodyClock()
        grips = [joint.is_gripper for joint in world.joint_map.specs]
        self._stuck = (False,) * len(grips)
        self._described = np.where(grips, jaw_force, 1.0)  # (n,) of the servo's full force

    @property
    def q(self) -> F32:
        return self._world.q

    def push(self, q: npt.ArrayLike) -> None:
        """Hands do not move this arm: it is driven."""

    def angles(self, steps: Sequence[float]) -> tuple[float, ...]:
        return self._mounting.angles(steps)

    def step_to(self, now_ns: int, servos: Sequence[Motor]) -> None:
        world, seconds = self._world, self._clock.elapsed_s(now_ns)
        for servo in servos:
            servo.advance(seconds)
        stuck = tuple(servo.stuck for servo in servos)
        if stuck != self._stuck:
            self._stuck = stuck
            world.jam(stuck)
        strength = np.array([servo.strength for servo in servos])
        world.set_strength(np.minimum(strength / self._described, 1.0))
        here = self._mounting.steps(world.q)
        wanted = [
            h if s.setpoint is None else s.setpoint for s, h in zip(servos, here, strict=True)
        ]
        driven = np.array([servo.setpoint is not None for servo in servos])
        world.set_target_of(driven, self._mounting.q(wanted))
        world.step_to(now_ns)
        steps, speed = self._mounting.steps(world.q), world.speed * self._mounting.per_unit
        load = world.load * self._described * np.sign(self._mounting.per_unit)
        for i, servo in enumerate(servos):
            servo.measure(
                actual=float(steps[i]),
                speed=float(speed[i]),
                load=float(load[i]),
                seconds=seconds,
            )
        if self._on_moved is not None:
            self._on_moved(world.qpos(), now_ns)
