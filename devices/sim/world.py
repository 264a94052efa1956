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

from devices.description import F64, JointMap, robot_folder
from devices.errors import UnknownObject
from devices.sim.robot import HOME
from devices.sim.scene_layout import CUBE_EDGE_M, CUBES, CubePlace, TrayPlace, draw_cubes
from recordings.types import F32, frozen_f32

ROBOT = "so101"
HOME_SPREAD = (0.30, 0.12, 0.12, 0.12, 0.15, 0.05)  # rad, ± around HOME at a reset
LIFTED_M = 0.06  # height of the cube's centre
LONGEST_CATCH_UP_S = 0.25  # after a longer pause the world goes on from where it was
JAMMED_NM = 60.0  # friction that no servo of this size overcomes
_AT_REST_RAD_S = 0.1
_NS = 1_000_000_000


class World:
    """One simulated bench."""

    def __init__(self, seed: int = 0, *, cubes: tuple[str, ...] = CUBES) -> None:
        """A world at its start for ``seed``.

        Args:
            seed: of the scene.
            cubes: which cubes are on the table; the others are put far away.
        """
        self.model = load_bench_model()
        self._data = mujoco.MjData(self.model)
        self._joints = JointMap.of(self.model)
        self._full_force = self.model.actuator_forcerange.copy()  # (n, 2) Nm
        self._friction = self.model.dof_frictionloss.copy()  # (nv,) Nm
        self._cubes = cubes
        self._clock_ns: int | None = None
        self._seed = seed
        self.reset(seed)

    # ── time ───────────────────────────────────────────────────────────────────────────────

    @property
    def time_s(self) -> float:
        """Simulated time since the reset."""
        return float(self._data.time)

    @property
    def seed(self) -> int:
        """Seed of the present scene."""
        return self._seed

    def advance(self, seconds: float) -> None:
        """Step the physics by ``seconds``, rounded to whole steps."""
        steps = round(seconds / self.model.opt.timestep)
        if steps > 0:
            mujoco.mj_step(self.model, self._data, nstep=steps)

    def step_to(self, t_ns: int) -> None:
        """Step the physics until it stands at clock time ``t_ns``.

        The first call, and a clock that was set back, only set the clock.

        Whole steps only; what is left over is made up by the next call. After a pause longer than
        0.25 s the missing time is skipped: a stalled process must not see the arm leap.
        """
        step_ns = round(self.model.opt.timestep * _NS)
        clock_ns = self._clock_ns
        if clock_ns is None or not 0 <= t_ns - clock_ns <= LONGEST_CATCH_UP_S * _NS:
            clock_ns = t_ns - step_ns
        steps = (t_ns - clock_ns) // step_ns
        if steps > 0:
            mujoco.mj_step(self.model, self._data, nstep=steps)
        self._clock_ns = clock_ns + steps * step_ns

    # ── the arm ────────────────────────────────────────────────────────────────────────────

    @property
    def joint_map(self) -> JointMap:
        return self._joints

    @property
    def q(self) -> F32:
        """(n,) float32 rad, measured."""
        return frozen_f32(self._joints.from_mujoco(self._data.qpos[self._joints.qpos]))

    @property
    def load(self) -> F32:
        """(n,) float32, torque as a fraction of what the servo can give, signed."""
        return frozen_f32(self._data.actuator_force / self._full_force[:, 1])

    @property
    def speed(self) -> F32:
        """(n,) float32 rad/s, measured."""
        return frozen_f32(self._data.qvel[self._joints.dof] / self._joints.scale)

    def set_target(self, q: npt.ArrayLike) -> F32:
        """Where the servos should go: (n,) rad, clipped to the limits; returns what was taken."""
        taken = np.clip(np.asarray(q, dtype=float), self._joints.lower, self._joints.upper)
        self._data.ctrl[:] = self._joints.to_mujoco(taken)
        return frozen_f32(taken)

    def set_target_of(self, which: npt.ArrayLike, q: npt.ArrayLike) -> None:
        """Goals (n,) rad of some servos, (n,) bool; the goals of the others stay."""
        chosen = np.asarray(which, dtype=bool)
        taken = np.clip(np.asarray(q, dtype=float), self._joints.lower, self._joints.upper)
        self._data.ctrl[chosen] = self._joints.to_mujoco(taken)[chosen]

    def hold_here(self) -> None:
        """Every servo's goal where its joint is now, then torque on.

        A gripper that has come to rest keeps its goal, so that it goes on squeezing what it holds;
        unless it was limp: then it holds nothing.
        """
        limp = self.is_limp
        resting = np.abs(self._data.qvel[self._joints.dof]) < _AT_REST_RAD_S
        grips = np.array([s.is_gripper for s in self._joints.specs])
        stop = ~(grips & resting) | limp
        angles = self._data.qpos[self._joints.qpos]
        self._data.ctrl[stop] = angles[stop]
        self._data.act[stop] = angles[stop]
        self.set_torque(on=True)

    @property
    def is_limp(self) -> bool:
        """The servos do not push."""
        return bool(self.model.opt.disableactuator)

    def set_torque(self, *, on: bool) -> None:
        """Whether the servos push at all."""
        self.model.opt.disableactuator = 0 if on else 1

    def set_strength(self, fractions: npt.ArrayLike) -> None:
        """What each servo may push with, (n,) of its full force; 0 is limp.

        A limp servo has no goal of its own: its goal goes with its joint.
        """
        strength = np.asarray(fractions, dtype=float)
        self.model.actuator_forcerange[:] = self._full_force * strength[:, None]
        limp = strength == 0.0
        angles = self._data.qpos[self._joints.qpos]
        self._data.ctrl[limp] = angles[limp]
        self._data.act[limp] = angles[limp]

    def jam(self, jammed: npt.ArrayLike) -> None:
        """Joints (n,) bool that something blocks, whatever their servos do."""
        dof = self._joints.dof
        self.model.dof_frictionloss[dof] = np.where(jammed, JAMMED_NM, self._friction[dof])

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
        self._stand(start)
        self.advance(0.1)  # cubes come to rest
        self._data.time = 0.0

    def put_arm(self, q: npt.ArrayLike) -> bool:
        """The arm at joints (n,) rad at once, standing still; back again if it touches anything.

        Returns:
            Whether it is there now.
        """
        before = self._data.qpos[self._joints.qpos].copy()
        self._stand(q)
        if self._touches_anything():
            self._stand(self._joints.from_mujoco(before))
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

    def qpos(self) -> F64:
        """(nq,) float64, a copy: all that a renderer needs."""
        return self._data.qpos.copy()

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

    def _stand(self, q: npt.ArrayLike) -> None:
        taken = np.clip(np.asarray(q, dtype=float), self._joints.lower, self._joints.upper)
        angles = self._joints.to_mujoco(taken)
        self._data.qpos[self._joints.qpos] = angles
        self._data.qvel[self._joints.dof] = 0.0
        self._data.ctrl[:] = angles
        self._data.act[:] = angles
        mujoco.mj_forward(self.model, self._data)

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
