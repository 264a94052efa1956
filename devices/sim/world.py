"""The simulated bench as physics: arm, table, cubes, tray, advanced in steps of 2 ms.

Everything that is true in the simulated world is here: joints, cubes, time. Knows no process, no
picture and nobody who drives. Not thread-safe: one thread owns a world.
"""

# pyright: reportAttributeAccessIssue=false
# (MuJoCo's compiled module carries no type information)

from __future__ import annotations

from functools import cached_property

import mujoco
import numpy as np
import numpy.typing as npt

from devices.description import F64, robot_folder
from devices.errors import UnknownObject
from devices.sim.arm_physics import ArmPhysics
from devices.sim.robot import HOME
from devices.sim.scene_layout import CUBE_EDGE_M, CUBES, CubePlace, TrayPlace, draw_cubes

ROBOT = "so101"
HOME_SPREAD = (0.30, 0.12, 0.12, 0.12, 0.15, 0.05)  # rad, ± around HOME at a reset
LIFTED_M = 0.06  # height of the cube's centre


class World(ArmPhysics):
    """One simulated bench."""

    def __init__(self, seed: int = 0, *, cubes: tuple[str, ...] = CUBES) -> None:
        """A world at its start for ``seed``.

        Args:
            seed: of the scene.
            cubes: which cubes are on the table; the others are put far away.
        """
        super().__init__(load_bench_model())
        self._cubes = cubes
        self._seed = seed
        self.reset(seed)

    @property
    def seed(self) -> int:
        """Seed of the present scene."""
        return self._seed

    # ── the scene ──────────────────────────────────────────────────────────────────────────

    def reset(self, seed: int) -> None:
        """Cubes and arm at the start drawn from ``seed``; the arm stands still there.

        Whoever drives must take :attr:`q` as the last command: the arm is elsewhere now.
        """
        rng = np.random.default_rng(seed)
        mujoco.mj_resetData(self.model, self._data)
        places = draw_cubes(rng, tray=self._tray_place(), names=self._cubes)
        for number, name in enumerate(CUBES):
            self._put(name, places.get(name), aside=number)
        start = np.array(HOME) + np.array(HOME_SPREAD) * rng.uniform(-1, 1, len(HOME))
        self._seed = seed
        self.stand(start)
        self.advance(0.1)  # cubes come to rest
        self._data.time = 0.0

    def put_arm(self, q: npt.ArrayLike) -> bool:
        """The arm at joints (n,) rad at once, standing still; back again if it touches anything.

        Returns:
            Whether it is there now.
        """
        before = self._data.qpos[self._joints.qpos].copy()
        self.stand(q)
        if self._touches_anything():
            self.stand(self._joints.from_mujoco(before))
            return False
        return True

    def put_cube(self, cube: str, xy: tuple[float, float], *, yaw_rad: float = 0.0) -> None:
        """Lay a cube on the table at (x, y) m.

        Raises:
            UnknownObject: there is no such cube.
        """
        self._require(cube)
        self._put(cube, CubePlace(*xy, yaw_rad), aside=0)
        mujoco.mj_forward(self.model, self._data)

    @property
    def cubes(self) -> tuple[str, ...]:
        """Names of the cubes on the table."""
        return self._cubes

    def cube_pose(self, cube: str) -> F64:
        """(7,) x y z in m, qw qx qy qz, in the base frame.

        Raises:
            UnknownObject: there is no such cube.
        """
        self._require(cube)
        return self._data.joint(cube).qpos.copy()

    @property
    def tray(self) -> F64:
        """(3,) m, centre of the tray on the table."""
        return self.model.body("tray").pos.copy()

    def lifted(self, cube: str) -> bool:
        """Whether the cube is clearly off the table."""
        return bool(self.cube_pose(cube)[2] > LIFTED_M)

    def in_tray(self, cube: str) -> bool:
        """Whether the cube lies inside the tray's walls and nothing holds it up."""
        x, y, z = self.cube_pose(cube)[:3]
        tray = self._tray_place()
        inside = max(abs(x - tray.x), abs(y - tray.y)) < tray.half_m
        return bool(inside and z < 0.03 and not self._touches_hand(cube))

    def _require(self, cube: str) -> None:
        if cube not in self._cubes:
            raise UnknownObject(name=cube, known=self._cubes)

    def _touches_hand(self, cube: str) -> bool:
        geom = self.model.geom(cube).id
        fingers = {self.model.geom("fixed_finger").id, self.model.geom("moving_finger").id}
        pairs = self._data.contact.geom[: self._data.ncon]
        return any(geom in pair and fingers & set(pair) for pair in pairs.tolist())

    def _touches_anything(self) -> bool:
        """Whether a part of the arm is in contact with the table, a cube or the tray."""
        arm = self._arm_bodies
        for one, other in self._data.contact.geom[: self._data.ncon].tolist():
            bodies = self.model.geom_bodyid[one], self.model.geom_bodyid[other]
            if (bodies[0] in arm) != (bodies[1] in arm):
                return True
        return False

    @cached_property
    def _arm_bodies(self) -> frozenset[int]:
        """Bodies that move with the arm's joints."""
        moved = {int(b) for b in self.model.jnt_bodyid[self.model.dof_jntid[self._joints.dof]]}
        return frozenset(moved)

    def _tray_place(self) -> TrayPlace:
        x, y, _ = (float(v) for v in self.tray)
        return TrayPlace(x, y, float(self.model.geom("tray_floor").size[0]))

    def _put(self, cube: str, place: CubePlace | None, *, aside: int) -> None:
        pose = self._data.joint(cube).qpos
        if place is None:  # behind the wall of every picture
            pose[:] = (-2.0, 0.2 * aside, CUBE_EDGE_M / 2, 1, 0, 0, 0)
            return
        half = place.yaw_rad / 2
        pose[:] = (place.x, place.y, CUBE_EDGE_M / 2, np.cos(half), 0, 0, np.sin(half))


def load_bench_model() -> mujoco.MjModel:
    """The bench of ``assets/robots/so101/bench.xml``, compiled."""
    return mujoco.MjModel.from_xml_path(str(robot_folder(ROBOT) / "bench.xml"))
