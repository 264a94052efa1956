"""Where the links of an arm are for given joints, and which joints reach a given place.

Forward kinematics, inverse kinematics (mink), drawn shapes, and clearance to the table and to the
arm itself, all from ``assets/robots/<name>/robot.xml``. Knows no scene, no physics step, no bus.
One instance per thread: it keeps scratch memory.

Frames: base = robot base on the table top, x forward, z up. Tool = site "tip" (end of the fixed
finger; its z points out of the gripper). ``a_from_b`` maps points in b to a. A pair of arms is one
robot with two tools; its base frame is the bench's. Inverse kinematics is for one arm only.
"""

# pyright: reportAttributeAccessIssue=false
# (MuJoCo's compiled module carries no type information)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import mink
import mujoco
import numpy as np
import numpy.typing as npt

from devices.description import F64, JointMap, Standing
from devices.errors import UnreachablePose
from devices.robot_model import model_of
from devices.robot_shapes import SOLID_GROUP, LinkShape, link_shapes, transform
from recordings.types import F32, JointSpec

TIP_SITE = "tip"
PINCH_SITE = "pinch"
HAND_BODY = "gripper"
FAR_M = 0.5  # distances beyond this are not measured
_ITERATIONS = 60
_STEP_LIMIT_RAD = 0.35  # per iteration: keeps a cold start from jumping to another branch


@dataclass(frozen=True, slots=True)
class Clearance:
    """How far the arm is from hitting something."""

    table_m: float  # lowest point of the arm above the table top, negative = inside
    table_link: str
    self_m: float  # smallest distance between two links that do not share a joint
    self_links: tuple[str, str]

    @property
    def smallest_m(self) -> float:
        return min(self.table_m, self.self_m)


class Kinematics:
    """Forward and inverse kinematics of one arm description."""

    def __init__(self, model: mujoco.MjModel) -> None:
        self._model = model
        self._data = mujoco.MjData(self._model)
        self._joints = JointMap.of(self._model)
        self._tips = self._sites(TIP_SITE)
        self._pinch = self._sites(PINCH_SITE)[0]

    @classmethod
    def of(cls, robot: str) -> Kinematics:
        """Kinematics of a robot that ships with the program, e.g. "so101".

        Raises:
            UnknownRobot: no such description.
        """
        return cls.standing((Standing(robot),))

    @classmethod
    def standing(cls, arms: Sequence[Standing]) -> Kinematics:
        """Kinematics of the arms of a bench as one robot.

        Raises:
            UnknownRobot: no such description.
        """
        return cls(model_of(arms))

    # ── what it is ─────────────────────────────────────────────────────────────────────────

    @property
    def joints(self) -> tuple[JointSpec, ...]:
        """Names, limits and speeds in the order of q."""
        return self._joints.specs

    @property
    def model(self) -> mujoco.MjModel:
        return self._model

    @property
    def joint_map(self) -> JointMap:
        return self._joints

    @property
    def link_names(self) -> tuple[str, ...]:
        """Names of the rows of :meth:`link_poses`."""
        return tuple(self._model.body(i).name for i in range(1, self._model.nbody))

    def link_of(self, joint: str) -> int:
        """The row of :meth:`link_poses` that a joint turns."""
        return int(self._model.joint(joint).bodyid[0]) - 1

    def shapes(self) -> tuple[LinkShape, ...]:
        """What to draw, each shape fixed to a row of :meth:`link_poses`."""
        return link_shapes(self._model)

    # ── forward ────────────────────────────────────────────────────────────────────────────

    def tip_pose(self, q: npt.ArrayLike, *, tool: int = 0) -> F64:
        """(n,) rad → (4, 4) base_from_tool; ``tool`` counts the arms of a pair."""
        self._place(q)
        return self._site_pose(self._tips[tool])

    def pinch_pose(self, q: npt.ArrayLike) -> F64:
        """(n,) rad → (4, 4) base_from_pinch: the place between the jaws, axes as the tool's."""
        self._place(q)
        return self._site_pose(self._pinch)

    def tip_positions(self, q: npt.ArrayLike) -> F32:
        """(h, n) rad → (h, 3) float32 m in the base frame; of a pair, the tool that moves most."""
        paths = self.tip_paths(q)
        return paths[busiest(paths)]

    def tip_paths(self, q: npt.ArrayLike) -> F32:
        """(h, n) rad → (tools, h, 3) float32 m in the base frame."""
        rows = np.atleast_2d(np.asarray(q, dtype=np.float64))
        paths = np.empty((len(self._tips), len(rows), 3), dtype=np.float32)
        for i, row in enumerate(rows):
            self._place(row)
            paths[:, i] = self._data.site_xpos[self._tips]
        return paths

    def link_poses(self, q: npt.ArrayLike) -> F64:
        """(n,) rad → (l, 4, 4) base_from_link, base first."""
        self._place(q)
        poses = np.tile(np.eye(4), (self._model.nbody - 1, 1, 1))
        poses[:, :3, :3] = self._data.xmat[1:].reshape(-1, 3, 3)
        poses[:, :3, 3] = self._data.xpos[1:]
        return poses

    @cached_property
    def tool_from_pinch(self) -> F64:
        """(4, 4), constant: both frames are fixed to the gripper."""
        zero = np.zeros(len(self._joints.specs))
        return np.linalg.inv(self.tip_pose(zero)) @ self.pinch_pose(zero)

    @cached_property
    def pan_axis_xy(self) -> tuple[float, float]:
        """(x, y) m in the base frame: the vertical axis of the first joint."""
        x, y, _ = self._model.body_pos[self._model.jnt_bodyid[0]]
        return float(x), float(y)

    # ── inverse ────────────────────────────────────────────────────────────────────────────

    def inverse(
        self,
        base_from_tool: npt.ArrayLike,
        q_start: npt.ArrayLike,
        *,
        orientation_weight: float = 0.2,
        tolerance_m: float = 5e-4,
        tolerance_rad: float = 0.02,
    ) -> F32:
        """Joints that put the tool at a pose, near ``q_start``; the gripper keeps its opening.

        An arm of five joints reaches only poses whose pointing direction lies in its plane. A
        weight of 0.01 with a wide ``tolerance_rad`` meets the position and comes as near to the
        rotation as it can; a weight of 0 leaves the rotation free.

        Args:
            base_from_tool: (4, 4).
            q_start: (n,) rad, where the search begins; then again from the pan angle that faces
                the target.
            orientation_weight: what a radian counts against a metre.
            tolerance_m: allowed position error.
            tolerance_rad: allowed rotation error (unless the weight is 0).

        Returns:
            (n,) float32 rad within the joint limits.

        Raises:
            UnreachablePose: no joints within the limits come that close.
        """
        target = np.asarray(base_from_tool, dtype=np.float64)
        start = np.clip(np.asarray(q_start, dtype=float), self._joints.lower, self._joints.upper)
        best = (np.inf, np.inf)
        for guess in (start, self._facing(target, start)):
            q, error_m, error_rad = self._descend(target, guess, orientation_weight)
            if error_m <= tolerance_m and (not orientation_weight or error_rad <= tolerance_rad):
                return q
            best = min(best, (error_m, error_rad))
        x, y, z = (float(v) for v in target[:3, 3])
        raise UnreachablePose(position_m=(x, y, z), error_m=best[0], error_rad=best[1])

    def step_towards(
        self, q: npt.ArrayLike, base_from_tool: npt.ArrayLike, *, orientation_weight: float
    ) -> F32:
        """One Newton step from ``q`` (n,) rad towards a pose: for targets that move a little.

        Takes about half a millisecond and never fails; out of reach it comes as near as it can.
        """
        task = self._task(np.asarray(base_from_tool, dtype=np.float64), orientation_weight)
        here = self._configuration(q)
        velocity = mink.solve_ik(
            here, [task], 1.0, solver="daqp", damping=1e-6, limits=[self._limit]
        )
        here.integrate_inplace(self._short(velocity), 1.0)
        return self._keep_gripper(here, np.asarray(q))

    def table_clearance_m(self, q: npt.ArrayLike) -> float:
        """Height of the arm's lowest moving point above the table, negative = inside."""
        self._place(q)
        return min(self._lowest_m(g) for g in self._solids if self._moves(g))

    def _descend(
        self, target: F64, start: F64, orientation_weight: float
    ) -> tuple[F32, float, float]:
        task = self._task(target, orientation_weight)
        here = self._configuration(start)
        error = task.compute_error(here)
        for _ in range(_ITERATIONS):
            velocity = self._short(
                mink.solve_ik(here, [task], 1.0, solver="daqp", damping=1e-6, limits=[self._limit])
            )
            here.integrate_inplace(velocity, 1.0)
            error = task.compute_error(here)
            missed = max(np.abs(error[:3]).max(), orientation_weight * np.abs(error[3:]).max())
            if missed < 2e-5 or np.abs(velocity).max() < 5e-5:
                break
        q = self._keep_gripper(here, start)
        return q, float(np.linalg.norm(error[:3])), float(np.linalg.norm(error[3:]))

    def _task(self, target: F64, orientation_weight: float) -> mink.FrameTask:
        task = mink.FrameTask(
            self._model.site(self._tips[0]).name,
            "site",
            position_cost=1.0,
            orientation_cost=orientation_weight,
        )
        task.set_target(mink.SE3.from_matrix(target))
        return task

    @cached_property
    def _limit(self) -> mink.ConfigurationLimit:
        return mink.ConfigurationLimit(self._model)

    def _configuration(self, q: npt.ArrayLike) -> mink.Configuration:
        qpos = self._scratch.q.copy()
        self._joints.put(qpos, q)
        self._scratch.update(qpos)
        return self._scratch

    @cached_property
    def _scratch(self) -> mink.Configuration:
        return mink.Configuration(self._model)

    @staticmethod
    def _short(velocity: F64) -> F64:
        return velocity * min(1.0, _STEP_LIMIT_RAD / max(1e-9, float(np.abs(velocity).max())))

    def _keep_gripper(self, here: mink.Configuration, start: npt.NDArray[np.floating]) -> F32:
        q = self._joints.from_mujoco(here.q[self._joints.qpos])
        grips = [s.is_gripper for s in self._joints.specs]
        q[grips] = start[grips]
        return q

    def _facing(self, target: F64, start: F64) -> F64:
        """``start`` turned towards the target; some arms pan clockwise."""
        aim = target[:2, 3] - self.pan_axis_xy
        self._place(start)
        pan = self._model.dof_jntid[self._joints.dof[0]]
        upwards = 1.0 if self._data.xaxis[pan, 2] > 0 else -1.0
        guess = start.copy()
        angle = upwards * np.arctan2(aim[1], aim[0])
        guess[0] = np.clip(angle, self._joints.lower[0], self._joints.upper[0])
        return guess

    # ── clearance ──────────────────────────────────────────────────────────────────────────

    def collisions(self, q: npt.ArrayLike) -> Clearance:
        """Smallest distance of the arm to the table and to itself, and which links they are."""
        self._place(q)
        table_m, table_link = min(
            (self._lowest_m(g), self._owner(g)) for g in self._solids if self._moves(g)
        )
        self_m, pair = FAR_M, ("", "")
        for first, second in self._pairs:
            distance = mujoco.mj_geomDistance(self._model, self._data, first, second, FAR_M, None)
            if distance < self_m:
                self_m, pair = distance, (self._owner(first), self._owner(second))
        return Clearance(float(table_m), table_link, float(self_m), pair)

    @cached_property
    def _solids(self) -> tuple[int, ...]:
        return tuple(int(g) for g in np.flatnonzero(self._model.geom_group == SOLID_GROUP))

    @cached_property
    def _pairs(self) -> tuple[tuple[int, int], ...]:
        """Solids of links with at least one link between them; gripper and jaw are one hand.

        Links of different arms always count, unless neither moves.
        """
        bodies = [int(self._model.geom_bodyid[g]) for g in self._solids]
        hands = {int(self._model.body_rootid[h]): h for h in self._named(HAND_BODY)}
        arms = [int(self._model.body_rootid[body]) for body in bodies]
        ranks = [min(hands[arm], body) for arm, body in zip(arms, bodies, strict=True)]
        return tuple(
            (self._solids[i], self._solids[j])
            for i in range(len(bodies))
            for j in range(i + 1, len(bodies))
            if (abs(ranks[i] - ranks[j]) > 1 if arms[i] == arms[j] else self._either_moves(i, j))
        )

    def _either_moves(self, first: int, second: int) -> bool:
        return self._moves(self._solids[first]) or self._moves(self._solids[second])

    def _named(self, body: str) -> tuple[int, ...]:
        """Bodies of that name, one per arm."""
        names = [self._model.body(i).name for i in range(self._model.nbody)]
        return tuple(i for i, name in enumerate(names) if _is(name, body))

    def _sites(self, name: str) -> list[int]:
        """Sites of that name, one per arm."""
        return [i for i in range(self._model.nsite) if _is(self._model.site(i).name, name)]

    def _moves(self, geom: int) -> bool:
        body = self._model.geom_bodyid[geom]
        return bool(self._model.body_rootid[body] != body)

    def _owner(self, geom: int) -> str:
        return self._model.body(int(self._model.geom_bodyid[geom])).name

    def _lowest_m(self, geom: int) -> float:
        """Height of the lowest point of a box or capsule."""
        size, up = self._model.geom_size[geom], self._data.geom_xmat[geom].reshape(3, 3)[2]
        if self._model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_CAPSULE:
            reach = size[0] + size[1] * abs(up[2])
        else:
            reach = float(np.abs(up) @ size)
        return float(self._data.geom_xpos[geom, 2] - reach)

    # ── scratch ────────────────────────────────────────────────────────────────────────────

    def _place(self, q: npt.ArrayLike) -> None:
        self._joints.put(self._data.qpos, q)
        mujoco.mj_kinematics(self._model, self._data)

    def _site_pose(self, site: int) -> F64:
        return transform(self._data.site_xpos[site], self._data.site_xmat[site])


def busiest(paths: F32) -> int:
    """Which of the tools with ways (tools, h, 3) m travels farthest."""
    way = np.linalg.norm(np.diff(paths, axis=1), axis=2).sum(axis=1)
    return int(way.argmax())


def _is(found: str, name: str) -> bool:
    """Whether something in a model has this name; in a pair its side stands before it."""
    return found == name or found.endswith(f"_{name}")
