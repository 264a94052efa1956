"""The objects of the simulated bench, for whoever shows or scores them; and a fresh start.

Knows no picture and no process.
"""

from __future__ import annotations

from collections.abc import Sequence

from devices.base import Leader
from devices.commands import SceneState
from devices.sim.demonstrator import Demonstrator
from devices.sim.world import World


class SimScene:
    """Scene of one world. Runs on the thread that owns the world."""

    def __init__(
        self,
        world: World,
        *,
        demonstrator: Demonstrator | None = None,
        leaders: Sequence[Leader] = (),
    ) -> None:
        """The scene of a world.

        Args:
            world: what is shown and reset.
            demonstrator: whose ``done`` is reported.
            leaders: told where the arm is after a reset.
        """
        self._world = world
        self._demonstrator = demonstrator
        self._leaders = tuple(leaders)

    def reset(self, seed: int) -> None:
        """Everything at the start drawn from ``seed``.

        The arm is put there too: the caller takes its measured joints as the last command.
        """
        self._world.reset(seed)
        for leader in self._leaders:
            leader.engage(self._world.q)

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
