"""A person (or a demonstrator) drives: leader targets, clutched so that engaging never jumps.

``q = q_c + (q_L - q_L0)``: the follower starts from its own last command and repeats the leader's
movements. A leader that itself starts from there is followed exactly. One with joints of its own
is mirrored in the end: what the two arms are apart is worked off while, and only while, the hand
moves. A leader that is silent, not finite or jumps is an error, never a movement. Knows no
authority and no guard.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from devices.base import Leader, Mirrored, TaskAware, ToolDriven
from devices.commands import MoveTool
from devices.driving.holding import coasted
from devices.errors import DeviceError, LeaderLost, NotAllowed
from devices.rig_settings import RigSettings
from recordings.types import JointState

F64 = npt.NDArray[np.float64]

CATCH_UP = 0.5  # of the hand's movement: how much faster than it the follower may move meanwhile
STILL = 0.002  # rad or fraction per tick: a hand this slow is at rest, the sensor is not
ALIGNED = 0.05  # rad or fraction: a leader this close is followed as it is, not as an offset


class Leading:
    """The bench's leaders and the one that is selected."""

    def __init__(self, leaders: Mapping[str, Leader], *, settings: RigSettings) -> None:
        self._leaders = leaders
        self._settings = settings
        self._selected = next(iter(leaders), "")
        self._offset: F64 | None = None
        self._apart = np.zeros(0, dtype=bool)  # (n,) joints that were not aligned at engagement
        self._last: F64 | None = None  # leader's own targets
        self._q = np.zeros(0)  # command at engagement
        self._v = np.zeros(0)
        self._since_s = 0.0
        self._misses = 0

    @property
    def selected(self) -> str:
        """Name of the leader that drives when somebody takes over."""
        return self._selected

    @property
    def acts_alone(self) -> bool:
        """The selected leader is no person: it does the task by itself."""
        return isinstance(self._leaders.get(self._selected), TaskAware)

    def select(self, name: str) -> None:
        """Choose a leader; it drives after the next :meth:`engage`.

        Raises:
            NotAllowed: the bench has no such leader.
        """
        if name not in self._leaders:
            known = ", ".join(self._leaders) or "none"
            what = f"Driving with {name!r}"
            raise NotAllowed(what, reason="the bench has no such leader", hint=f"It has: {known}.")
        self._selected = name

    def connect(self) -> None:
        for leader in self._leaders.values():
            leader.connect()

    def close(self) -> None:
        for leader in self._leaders.values():
            leader.close()

    def engage(self, q: npt.ArrayLike, v: npt.ArrayLike) -> None:
        """Close the clutch at command ``q`` (n,) rad, moving with ``v`` (n,) rad/s.

        Raises:
            NotAllowed: the bench has no leader.
            LeaderLost: it does not answer.
        """
        if not self._leaders:
            raise NotAllowed("Taking over", reason="the bench has no leader", hint="Add a leader.")
        self._q = np.array(q, dtype=np.float64)
        self._v = np.array(v, dtype=np.float64)
        self._offset, self._last = None, None
        self._since_s, self._misses = 0.0, 0
        try:
            self._leaders[self._selected].engage(self._q.astype(np.float32))
        except DeviceError as error:
            raise LeaderLost(self._selected, reason=error.message) from error

    def target(self, state: JointState, elapsed_s: float) -> F64:
        """Follower target (n,) rad, one control period on.

        Raises:
            LeaderLost: the leader is silent, not finite, or jumped.
        """
        self._since_s += elapsed_s
        leader_q = self._read(state)
        if leader_q is None:
            return self._q if self._last is None else self._clutched(self._last)
        self._work_off(leader_q)
        self._last = leader_q
        return self._clutched(leader_q)

    def move_tool(self, command: MoveTool) -> None:
        """Hand control, for leaders that a person drives with mouse and keys."""
        leader = self._leaders.get(self._selected)
        if isinstance(leader, ToolDriven):
            leader.move(command)

    def set_task(self, task: str) -> None:
        """What is to be done, for leaders that do it by themselves."""
        for leader in self._leaders.values():
            if isinstance(leader, TaskAware):
                leader.set_task(task)

    def _read(self, state: JointState) -> F64 | None:
        """The leader's own targets (n,) rad; None when one read failed."""
        try:
            leader_q = np.array(self._leaders[self._selected].read(state), dtype=np.float64)
        except DeviceError as error:
            self._misses += 1
            if self._misses >= self._settings.leader_misses:
                raise LeaderLost(self._selected, reason=error.message) from error
            return None
        self._misses = 0
        if leader_q.shape != self._q.shape or not np.isfinite(leader_q).all():
            raise LeaderLost(self._selected, reason="its joints are not finite numbers")
        if self._last is not None:
            jump = float(np.abs(leader_q - self._last).max())
            if jump > self._settings.leader_jump_rad:
                raise LeaderLost(self._selected, reason=f"it jumped by {jump:.2f} rad in one tick")
        return leader_q

    def _work_off(self, leader_q: F64) -> None:
        """Bring a mirrored follower nearer to its leader, by a share of what the hand moved."""
        leader = self._leaders[self._selected]
        if self._last is None or self._offset is None or not isinstance(leader, Mirrored):
            return
        moved = float(np.abs(leader_q - self._last).max())
        if leader.mirrored and moved > STILL:
            share = CATCH_UP * moved
            self._offset = self._offset - np.clip(self._offset + self._coasted(), -share, share)

    def _clutched(self, leader_q: F64) -> F64:
        if self._offset is None:
            offset = self._q - leader_q
            self._apart = np.abs(offset) >= ALIGNED
            self._offset = np.where(self._apart, offset, 0.0)
        return leader_q + self._offset + self._coasted()

    def _coasted(self) -> F64:
        """How far the follower has coasted since the engagement, where it is not aligned."""
        return np.where(self._apart, coasted(self._v, self._since_s), 0.0)
