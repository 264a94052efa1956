"""A leader of one arm in front of a pair: it drives its side, the other one stays where it is.

What drives a tool (mouse and keys, a puck, a gamepad) can only be in one place. Knows no device.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from devices.base import Leader, ToolDriven
from devices.commands import MoveTool
from recordings.types import F32, JointState, frozen_f32


class OneHand:
    """Drives one side of a pair."""

    def __init__(self, leader: Leader, part: slice, *, turn_rad: float = 0.0) -> None:
        """A leader around another one.

        Args:
            leader: of one arm.
            part: where the joints of that arm are.
            turn_rad: how the base of that arm is turned on the table.
        """
        self._leader = leader
        self._part = part
        self._turn_rad = turn_rad
        self._q = np.zeros(0, dtype=np.float32)

    @property
    def name(self) -> str:
        return self._leader.name

    def connect(self) -> None:
        """Open the leader.

        Raises:
            DeviceError: it does not open.
        """
        self._leader.connect()

    def engage(self, q: F32) -> None:
        """Start from these joints (n,) rad of both arms.

        Raises:
            DeviceError: the leader does not answer.
        """
        self._q = np.array(q, dtype=np.float32)
        self._leader.engage(frozen_f32(q[self._part]))

    def move(self, command: MoveTool) -> None:
        """Wanted speed of the tool in the bench's frame, for leaders that are driven so."""
        if isinstance(self._leader, ToolDriven):
            linear, angular = (self._in_base(v) for v in (command.linear, command.angular))
            self._leader.move(replace(command, linear=linear, angular=angular))

    def read(self, state: JointState) -> F32:
        """Targets (n,) rad of both arms; those of the other side are as they were engaged.

        Raises:
            DeviceError: the leader does not answer.
        """
        own = JointState(frozen_f32(state.q[self._part]), t_ns=state.t_ns)
        if not len(self._q):
            self.engage(state.q)
        wanted = self._q.copy()
        wanted[self._part] = self._leader.read(own)
        return frozen_f32(wanted)

    def close(self) -> None:
        """Let go of the leader; may be called twice."""
        self._leader.close()

    def _in_base(self, v: tuple[float, float, float]) -> tuple[float, float, float]:
        """From the bench's frame into that of the arm's base, which may stand turned."""
        c, s = math.cos(self._turn_rad), math.sin(self._turn_rad)
        return (c * v[0] + s * v[1], c * v[1] - s * v[0], v[2])
