"""A puck or a gamepad as leader: it drives the tool, inverse kinematics does the rest.

Engaging is a clutch: motion starts from the follower's command, and only after everything was let
go once, so that a cap that lies on its side or a held stick never starts the arm. The device's own
clutch counts in between. Knows reports' meaning through its parser only, and no bus.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic

import numpy as np

from devices.commands import MoveTool
from devices.inputs.hand import HandLeader
from devices.inputs.listener import Listener, S
from devices.inputs.speed import ToolSpeed
from devices.inputs.wish import Axes, Wish
from devices.kinematics import Kinematics
from devices.workspace import Workspace
from recordings.types import F32, JointState


class ToolLeader(Generic[S]):
    """A leader around a :class:`Listener` and a :class:`HandLeader`."""

    def __init__(
        self,
        name: str,
        listener: Listener[S],
        interpret: Callable[[S], Wish],
        kinematics: Kinematics,
        *,
        speed: ToolSpeed | None = None,
        box: Workspace | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """A closed leader.

        Args:
            name: on the bench.
            listener: to the device.
            interpret: its state → what the person wants.
            kinematics: of the follower; used on the reading thread only.
            speed: full speeds and the person's seat.
            box: where the tip may be led; in front of an SO-101 when absent.
            clock: nanoseconds, the one the states are stamped with.
        """
        self._name = name
        self._listener = listener
        self._interpret = interpret
        self._speed = speed or ToolSpeed()
        self._hand = (
            HandLeader(kinematics, clock=clock)
            if box is None
            else HandLeader(kinematics, box=box, clock=clock)
        )
        self._let_go = False
        self._clutch = False

    @property
    def name(self) -> str:
        return self._name

    @property
    def waits_for_release(self) -> bool:
        """Engaged, but something is still held from before."""
        return not self._let_go

    def connect(self) -> None:
        """Open the device.

        Raises:
            DeviceError: it is not there or may not be opened.
        """
        self._listener.open()

    def engage(self, q: F32) -> None:
        """Start from these joints (n,) rad.

        Raises:
            NotConnected, InputLost: the device is not there.
        """
        self._let_go = self._interpret(self._listener.state()).is_still
        self._hand.engage(q)

    def read(self, state: JointState) -> F32:
        """Targets (n,) rad for the time of ``state``.

        Raises:
            NotConnected, InputLost: the device is gone; the arm is to hold.
        """
        wish = self._interpret(self._listener.state())
        self._let_go = self._let_go or wish.is_still
        if self._let_go and wish.clutch:
            self._hand.move(motion_of(wish, self._speed))
        else:
            self._hand.move(motion_of(Wish(), self._speed))
        return self._hand.read(state)

    def close(self) -> None:
        """Let go of the device; may be called twice."""
        self._listener.close()
        self._hand.close()


def motion_of(wish: Wish, speed: ToolSpeed) -> MoveTool:
    """The tool speed in the base frame (x ahead of the person when the seat is 0, z up)."""
    return MoveTool(
        _in_base(wish.linear, speed.linear_m_s, speed.seat_rad),
        _in_base(wish.angular, speed.angular_rad_s, speed.seat_rad),
        wish.gripper * speed.gripper_per_s,
    )


def _in_base(axes: Axes, full: float, seat_rad: float) -> Axes:
    """The person's right, away and up → base x, y, z, times full speed."""
    right, away, up = axes
    c, s = np.cos(seat_rad), np.sin(seat_rad)
    ahead_x, ahead_y = c * away + s * right, s * away - c * right
    return float(full * ahead_x), float(full * ahead_y), full * up
