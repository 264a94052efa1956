"""One arm as physics: its servos push, gravity pulls, advanced in steps of 2 ms.

Any robot description steps as it is; the simulated bench adds table and cubes around one. Knows no
process, no picture and nobody who drives. Not thread-safe: one thread owns it.
"""

# pyright: reportAttributeAccessIssue=false
# (MuJoCo's compiled module carries no type information)

from __future__ import annotations

import mujoco
import numpy as np
import numpy.typing as npt

from devices.description import F64, JointMap
from recordings.types import F32, frozen_f32

LONGEST_CATCH_UP_S = 0.25  # after a longer pause the world goes on from where it was
JAMMED_NM = 60.0  # friction that no servo of this size overcomes
_AT_REST_RAD_S = 0.1
_NS = 1_000_000_000


class ArmPhysics:
    """One arm in one MuJoCo model, whatever else is in it."""

    def __init__(self, model: mujoco.MjModel) -> None:
        self.model = model
        self._data = mujoco.MjData(model)
        self._joints = JointMap.of(model)
        self._full_force = model.actuator_forcerange.copy()  # (n, 2) Nm
        self._friction = model.dof_frictionloss.copy()  # (nv,) Nm
        self._clock_ns: int | None = None

    # ── time ───────────────────────────────────────────────────────────────────────────────

    @property
    def time_s(self) -> float:
        """Simulated time since the reset."""
        return float(self._data.time)

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
    def force(self) -> F32:
        """(n,) float32 Nm (a gripper that slides: N): what each actuator pushes with."""
        return frozen_f32(self._data.actuator_force)

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

    def set_control(self, actuator: int, value: float) -> None:
        """What one actuator is told, in MuJoCo's own units, as it is."""
        self._data.ctrl[actuator] = value

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

    def stand(self, q: npt.ArrayLike) -> None:
        """The arm at joints (n,) rad at once, standing still, whatever is in its way."""
        taken = np.clip(np.asarray(q, dtype=float), self._joints.lower, self._joints.upper)
        angles = self._joints.to_mujoco(taken)
        self._joints.put(self._data.qpos, taken)
        self._data.qvel[self._joints.dof] = 0.0
        self._data.ctrl[:] = angles
        if self.model.na:  # servos with lag; torque motors have none
            self._data.act[:] = angles
        mujoco.mj_forward(self.model, self._data)

    def qpos(self) -> F64:
        """(nq,) float64, a copy: all that a renderer needs."""
        return self._data.qpos.copy()
