"""The second stage of STOP: park, let go, and come back without a jump.

A state of its own beside authority: it decides what a request to let go means now. It moves nothing
and knows no arm.
"""

from __future__ import annotations

from devices.commands import TorqueChanged
from recordings.rig_status import Torque


class LettingGo:
    """ON → PARKING → OFF → ON.

    Asked for while the arm holds, it is parked first. STOP ends parking like any other motion; who
    asks again after that has seen it and means it: the arm is let go where it is.
    """

    def __init__(self, *, parks_first: bool) -> None:
        self._parks_first = parks_first
        self._insisted = False
        self._torque = Torque.ON
        self._changes: list[TorqueChanged] = []

    @property
    def torque(self) -> Torque:
        return self._torque

    @property
    def is_limp(self) -> bool:
        return self._torque is Torque.OFF

    @property
    def parks_first(self) -> bool:
        """Whether the next request means parking before letting go."""
        return self._parks_first and not self._insisted

    def drain(self) -> list[TorqueChanged]:
        """Changes since the last call, oldest first."""
        changes, self._changes = self._changes, []
        return changes

    def begin(self, *, now_ns: int) -> None:
        """It was asked for: on the way now, whether that takes a moment or not."""
        self._become(Torque.PARKING, now_ns)

    def interrupt(self, *, now_ns: int) -> None:
        """STOP: whoever was on the way to be let go holds again."""
        if self._torque is Torque.PARKING:
            self._insisted = True
            self._become(Torque.ON, now_ns)

    def done(self, *, now_ns: int) -> None:
        """The torque is off."""
        self._become(Torque.OFF, now_ns)

    def hold_again(self, *, now_ns: int) -> None:
        """The torque is on; the next request begins with parking again."""
        self._insisted = False
        self._become(Torque.ON, now_ns)

    def _become(self, torque: Torque, now_ns: int) -> None:
        if torque is not self._torque:
            self._torque = torque
            self._changes.append(TorqueChanged(torque, now_ns))
