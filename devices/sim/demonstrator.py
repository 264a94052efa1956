"""A leader that does the task by itself: picks the cube of the task and puts it into the tray.

For people who want demonstrations quickly, and for tests. It looks into the simulated world, which
no person and no policy can. Knows no rig and no recording; whoever drives with it asks
:attr:`Demonstrator.done` and, afterwards, :attr:`Demonstrator.succeeded`.
"""

from __future__ import annotations

import numpy as np

from devices.description import F64
from devices.errors import UnreachablePose
from devices.kinematics import Kinematics
from devices.sim.joint_path import JointPath
from devices.sim.pick_and_place import Manner, Waypoint, waypoints
from devices.sim.reach import reach_down
from devices.sim.world import World
from recordings.types import F32, JointState, frozen_f32

DEFAULT_TASK = "put the red cube in the tray"
_TREMOR_RAD = 0.0012
_TREMOR_HZ = (1.7, 4.3)
SLACK = 2.0  # a piece takes at least this times as long as its quickest joint at full speed
_SETTLE_S = 0.25  # after the last waypoint, before it says done
_NS = 1e9


class Demonstrator:
    """Leader "demonstrator".

    ``engage`` begins an attempt from there; the first reads find the joints of one waypoint each
    (a few milliseconds), then the motion follows the times of the states it is given. After the
    last waypoint it stays.
    """

    name = "demonstrator"

    def __init__(self, world: World, *, kinematics: Kinematics, seed: int = 0) -> None:
        """A demonstrator of the bench in ``world``.

        Args:
            world: looked into, never changed.
            kinematics: of the arm; used on the same thread only.
            seed: of its variation; every attempt differs.
        """
        self._world = world
        self._kinematics = kinematics
        self._rng = np.random.default_rng(seed)
        self._task = DEFAULT_TASK
        self._attempt: _Attempt | None = None

    # ── what to do ─────────────────────────────────────────────────────────────────────────

    @property
    def task(self) -> str:
        return self._task

    def set_task(self, task: str) -> None:
        """The sentence whose cube is meant; takes effect with the next ``engage``."""
        self._task = task

    @property
    def cube(self) -> str:
        """The cube named in the task; the first of the bench when it names none."""
        words = self._task.lower().replace(",", " ").split()
        cubes = self._world.cubes
        return next((c for c in cubes if c in words), cubes[0])

    # ── how it went ────────────────────────────────────────────────────────────────────────

    @property
    def done(self) -> bool:
        """Whether the attempt is over (also when it cannot reach the cube)."""
        return self._attempt is not None and self._attempt.is_over

    @property
    def succeeded(self) -> bool:
        """Whether the cube lies in the tray."""
        return self.done and self._world.in_tray(self.cube)

    # ── Leader ─────────────────────────────────────────────────────────────────────────────

    def connect(self) -> None:
        """Nothing to open."""

    def engage(self, q: F32) -> None:
        """Begin an attempt at the present task from joints (n,) rad."""
        manner = Manner.draw(self._rng)
        start = self._kinematics.pinch_pose(q)[:3, 3]
        cube, tray = self._world.cube_pose(self.cube)[:3], self._world.tray
        self._attempt = _Attempt(
            q,
            waypoints(start, cube, tray, manner=manner, axis_xy=self._kinematics.pan_axis_xy),
            kinematics=self._kinematics,
            phase=self._rng.uniform(0, 2 * np.pi, (len(_TREMOR_HZ), len(q))),
        )

    def read(self, state: JointState) -> F32:
        """Targets (n,) rad for the time of ``state``."""
        if self._attempt is None:
            self.engage(state.q)
        assert self._attempt is not None
        return self._attempt.target(state.t_ns)

    def close(self) -> None:
        self._attempt = None


class _Attempt:
    """One way through the waypoints: SOLVING (one waypoint per call) → MOVING → over."""

    def __init__(
        self,
        q: F32,
        plan: tuple[Waypoint, ...],
        *,
        kinematics: Kinematics,
        phase: F64,
    ) -> None:
        self._plan = plan
        self._kinematics = kinematics
        self._phase = phase  # (tremors, n) rad
        self._speed = np.array([j.max_speed for j in kinematics.joints])
        self._times = [0.0]
        self._knots: list[F64] = [np.asarray(q, dtype=float)]
        self._path: JointPath | None = None
        self._began_ns = 0
        self._seconds = 0.0
        self._gave_up = False

    @property
    def is_over(self) -> bool:
        path = self._path
        return self._gave_up or (path is not None and self._seconds > path.duration_s + _SETTLE_S)

    def target(self, t_ns: int) -> F32:
        if self._gave_up:
            return frozen_f32(self._knots[0])
        if self._path is None:
            self._solve_next(t_ns)
            return frozen_f32(self._knots[0])
        self._seconds = (t_ns - self._began_ns) / _NS
        return frozen_f32(self._path.at(self._seconds) + self._tremor(self._path))

    def _solve_next(self, t_ns: int) -> None:
        waypoint = self._plan[len(self._knots) - 1]
        try:
            q = reach_down(waypoint.position, self._knots[-1], kinematics=self._kinematics)
        except UnreachablePose:
            self._gave_up = True
            return
        knot = np.asarray(q, dtype=float)
        knot[-1] = waypoint.opening
        far_s = SLACK * float(np.max(np.abs(knot - self._knots[-1]) / self._speed))
        self._knots.append(knot)
        self._times.append(self._times[-1] + max(waypoint.after_s, far_s))
        if len(self._knots) > len(self._plan):
            self._path = JointPath(self._times, self._knots)
            self._began_ns = t_ns

    def _tremor(self, path: JointPath) -> F64:
        """(n,) rad; none at both ends and none in the gripper."""
        t = self._seconds
        fade = min(1.0, 4 * t, max(0.0, 4 * (path.duration_s - t)))
        waves = [
            np.sin(2 * np.pi * hz * t + p) for hz, p in zip(_TREMOR_HZ, self._phase, strict=True)
        ]
        tremor = _TREMOR_RAD * fade * np.sum(waves, axis=0)
        tremor[-1] = 0.0
        return tremor
