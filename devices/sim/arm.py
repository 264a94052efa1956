"""The simulated arm: the ``Arm`` protocol in front of a :class:`World`.

Its physics follows a clock: every ``read`` advances the world to now and shows the new positions to
whoever draws them. Knows no leader, no camera and no authority.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from devices.description import F64
from devices.errors import NotConnected
from devices.sim.robot import sim_robot
from devices.sim.world import World
from recordings.types import F32, JointState, RobotSpec

PosesShown = Callable[[F64, int], None]  # (positions (nq,), t_ns)


class SimArm:
    """A follower made of physics. Runs on the thread that owns the world."""

    def __init__(
        self,
        world: World,
        *,
        spec: RobotSpec | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
        on_moved: PosesShown | None = None,
    ) -> None:
        """An arm that is not connected yet.

        Args:
            world: the simulated bench.
            spec: what it presents itself as; the default bench's robot when absent.
            clock: nanoseconds; a test or a lockstep run brings its own.
            on_moved: called after every step with positions and time.
        """
        self._world = world
        self._spec = spec or sim_robot()
        self._clock = clock
        self._on_moved = on_moved
        self._connected = False

    @property
    def spec(self) -> RobotSpec:
        return self._spec

    def connect(self) -> None:
        """Torque on where the arm stands."""
        if self._connected:
            return
        self._connected = True
        self.hold()

    def read(self) -> JointState:
        """Advance the physics to now, then measure.

        Raises:
            NotConnected: before ``connect``.
        """
        self._check()
        t_ns = self._clock()
        self._world.step_to(t_ns)
        if self._on_moved is not None:
            self._on_moved(self._world.qpos(), t_ns)
        return JointState(q=self._world.q, t_ns=t_ns, load=self._world.load)

    def write(self, q: F32) -> F32:
        """Send targets (n,) rad; returns them clipped to the joint limits.

        Raises:
            NotConnected: before ``connect``.
        """
        self._check()
        return self._world.set_target(q)

    def hold(self) -> None:
        """Keep the present position with torque on.

        Raises:
            NotConnected: before ``connect``.
        """
        self._check()
        self._world.hold_here()

    def release(self) -> None:
        """Torque off: the arm sinks.

        Raises:
            NotConnected: before ``connect``.
        """
        self._check()
        self._world.set_torque(on=False)

    def close(self) -> None:
        """Let go; the world keeps its last targets."""
        self._connected = False

    def _check(self) -> None:
        if not self._connected:
            raise NotConnected("arm")
