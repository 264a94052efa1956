"""A person drives the tool: wanted speeds of the tool become joints.

Whoever holds the wish (a window with its keys, a puck, a gamepad) sends the wanted speed again and
again; the tool moves only as long as such messages keep coming. Knows no key, no device and no
physics.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import mink
import numpy as np

from devices.commands import MoveTool
from devices.description import F64
from devices.kinematics import Kinematics
from devices.workspace import Workspace
from recordings.types import F32, JointState, frozen_f32

SILENCE_S = 0.2  # without a message for this long the tool stands still
LONGEST_TICK_S = 0.05  # a stalled loop must not make the tool leap
DESK = Workspace(low=(0.05, -0.34, 0.008), high=(0.42, 0.34, 0.40))  # m, in front of an SO-101
TABLE_GAP_M = 0.002
ROTATION_WEIGHT = 0.03  # m per rad: position first, an arm of five joints cannot do both
LEASH_M = 0.015  # how far the wanted pose may run ahead of what the arm can reach
LEASH_RAD = 0.25
_NS = 1e9
_STILL = MoveTool((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.0)


class HandLeader:
    """Leader "hand". ``engage`` is the clutch: motion starts from the joints given there."""

    name = "hand"

    def __init__(
        self,
        kinematics: Kinematics,
        *,
        box: Workspace = DESK,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """A leader that stands still.

        Args:
            kinematics: of the follower; used on the reading thread only.
            box: where the tip may be led, base frame.
            clock: nanoseconds, the one the states are stamped with.
        """
        self._kinematics = kinematics
        self._box = box
        self._clock = clock
        self._speed = np.array([j.max_speed for j in kinematics.joints])
        self._motion = _STILL
        self._moved_ns = 0
        self._read_ns = 0
        self._q: F32 | None = None
        self._target: F64 = np.eye(4)

    def connect(self) -> None:
        """Nothing to open."""

    def engage(self, q: F32) -> None:
        """Take these joints (n,) rad as the present pose; what was asked before is forgotten."""
        self._q = frozen_f32(q)
        self._target = self._kinematics.tip_pose(q)
        self._motion = _STILL
        self._read_ns = 0

    def move(self, motion: MoveTool) -> None:
        """Wanted speed of the tool, valid for 0.2 s."""
        self._motion = motion
        self._moved_ns = self._clock()

    def read(self, state: JointState) -> F32:
        """Targets (n,) rad for the time of ``state``."""
        if self._q is None:
            self.engage(state.q)
        assert self._q is not None
        tick_s = min(LONGEST_TICK_S, max(0.0, (state.t_ns - self._read_ns) / _NS))
        tick_s = tick_s if self._read_ns else 0.0
        self._read_ns = state.t_ns
        if state.t_ns - self._moved_ns > SILENCE_S * _NS:
            self._motion = _STILL
        if self._motion != _STILL and tick_s > 0:
            self._q = frozen_f32(self._moved(self._q, tick_s))
        return self._q

    def close(self) -> None:
        self._q = None

    def _moved(self, q: F32, tick_s: float) -> F32:
        wanted = q.copy()
        if any(self._motion.linear) or any(self._motion.angular):
            self._target = self._advanced(tick_s)
            wanted = self._kinematics.step_towards(
                q, self._target, orientation_weight=ROTATION_WEIGHT
            )
            wanted = self._slowed(q, wanted, tick_s)
            if self._hits_table(q, wanted):
                wanted = q.copy()
            self._target = _leashed(self._target, self._kinematics.tip_pose(wanted))
        opening = float(q[-1]) + self._motion.gripper * tick_s
        wanted[-1] = min(1.0, max(0.0, opening))
        return wanted

    def _advanced(self, tick_s: float) -> F64:
        target = self._target.copy()
        target[:3, 3] = np.clip(
            target[:3, 3] + np.array(self._motion.linear) * tick_s, self._box.low, self._box.high
        )
        turn = mink.SO3.exp(np.array(self._motion.angular) * tick_s).as_matrix()
        target[:3, :3] = turn @ target[:3, :3]
        return target

    def _slowed(self, q: F32, wanted: F32, tick_s: float) -> F32:
        """The same direction, no joint above its speed."""
        step = wanted - q
        ratio = float(np.max(np.abs(step) / (self._speed * tick_s)))
        return (q + step / max(1.0, ratio)).astype(np.float32)

    def _hits_table(self, q: F32, wanted: F32) -> bool:
        gap_m = self._kinematics.table_clearance_m(wanted)
        return gap_m < TABLE_GAP_M and gap_m < self._kinematics.table_clearance_m(q)


def _leashed(target: F64, reached: F64) -> F64:
    """``target`` (4, 4) pulled to within the leash of the pose the arm really has."""
    held = target.copy()
    ahead = target[:3, 3] - reached[:3, 3]
    distance = float(np.linalg.norm(ahead))
    if distance > LEASH_M:
        held[:3, 3] = reached[:3, 3] + ahead * LEASH_M / distance
    turn = mink.SO3.from_matrix(reached[:3, :3].T @ target[:3, :3]).log()
    angle = float(np.linalg.norm(turn))
    if angle > LEASH_RAD:
        held[:3, :3] = reached[:3, :3] @ mink.SO3.exp(turn * LEASH_RAD / angle).as_matrix()
    return held
