"""The objects of the simulated bench, for whoever shows or scores them; and a fresh start.

Knows no picture and no process.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from devices.base import Leader
from devices.commands import SceneState
from devices.kinematics import Kinematics
from devices.sim.demonstrator import Demonstrator
from devices.sim.missed_grasp import stand_beside
from devices.sim.world import World

MISSED = 1  # stream of random numbers for the place of a missed grasp


class SimScene:
    """Scene of one world. Runs on the thread that owns the world."""

    def __init__(
        self,
        world: World,
        *,
        kinematics: Kinematics,
        demonstrator: Demonstrator | None = None,
        leaders: Sequence[Leader] = (),
    ) -> None:
        """The scene of a world.

        Args:
            world: what is shown and reset.
            kinematics: of its arm.
            demonstrator: whose ``done`` is reported.
            leaders: told where the arm is after a reset.
        """
        self._world = world
        self._kinematics = kinematics
        self._demonstrator = demonstrator
        self._leaders = tuple(leaders)

    def reset(self, seed: int, *, missed: str | None = None) -> None:
        """Everything at the start drawn from ``seed``.

        The arm is put there too: the caller takes its measured joints as the last command.

        Args:
            seed: of the scene.
            missed: a cube beside which the arm stands as after a grasp that missed it; None for
                the usual start.

        Raises:
            UnknownObject: there is no such cube.
        """
        self._world.reset(seed)
        if missed is not None:
            self.stand_beside(missed)
        for leader in self._leaders:
            leader.engage(self._world.q)

    def stand_beside(self, cube: str) -> bool:
        """The arm low beside a cube, as after a missed grasp; False where it cannot be.

        Raises:
            UnknownObject: there is no such cube.
        """
        rng = np.random.default_rng((self._world.seed, MISSED))
        return stand_beside(self._world, cube, kinematics=self._kinematics, rng=rng)

    def state(self, t_ns: int) -> SceneState:
        """Where things are, stamped ``t_ns``."""
        world = self._world
        x, y, z = (float(v) for v in world.tray)
        return SceneState(
            t_ns=t_ns,
            seed=world.seed,
            cubes={c: tuple(float(v) for v in world.cube_pose(c)) for c in world.cubes},
            tray=(x, y, z),
            demonstrator_done=self._demonstrator is not None and self._demonstrator.done,
        )

    def lifted(self, cube: str) -> bool:
        """Whether the cube is clearly off the table."""
        return self._world.lifted(cube)

    def in_tray(self, cube: str) -> bool:
        """Whether the cube lies in the tray and nothing holds it."""
        return self._world.in_tray(cube)
