"""Two followers as one: both move or both hold.

As long as one of them does not answer, nothing is sent to the other either; whoever drives then
finds the whole robot lost, not half of it. Each arm has its own bus and thread, so reading both
takes no longer than reading one. Knows no make and no authority.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from devices.base import Arm, Counting
from devices.bimanual.halves import SIDES, Halves, both
from devices.errors import DeviceError
from recordings.types import F32, JointState, RobotSpec, frozen_f32


class TwoFollowers:
    """A left and a right arm that are one follower. Used from the control thread."""

    def __init__(self, spec: RobotSpec, left: Arm, right: Arm) -> None:
        """Two arms that are not connected.

        Args:
            spec: of both, joints of the left arm first.
            left: its errors name its side.
            right: the same.
        """
        self._spec = spec
        self._arms = (left, right)
        self._halves = Halves(len(left.spec.joints))
        self._trouble: DeviceError | None = None

    @property
    def spec(self) -> RobotSpec:
        return self._spec

    @property
    def counts(self) -> Mapping[str, int]:
        """What went wrong on both buses since they were connected."""
        return counts_of(*self._arms)

    def connect(self) -> None:
        """Both hold their present position; when one does not open, neither stays open.

        Raises:
            DeviceError: in words what is wrong, and with which arm.
        """
        try:
            for arm in self._arms:
                arm.connect()
        except BaseException:
            self.close()
            raise
        self._trouble = None

    def read(self) -> JointState:
        """The newest of both.

        Raises:
            DeviceError: one of them does not answer.
        """
        self._trouble = None
        try:
            left, right = (arm.read() for arm in self._arms)
        except DeviceError as error:
            self._trouble = error
            raise
        return both(left, right)

    def write(self, q: F32) -> F32:
        """Post targets (n,) rad for both; returns what was really sent.

        Raises:
            DeviceError: one of them does not answer or take it; the other is not sent on its own.
        """
        if self._trouble is not None:
            raise self._trouble
        sent = [
            arm.write(part) for arm, part in zip(self._arms, self._halves.split(q), strict=True)
        ]
        return frozen_f32(np.concatenate(sent))

    def hold(self) -> None:
        """Both keep their present position, also when one of them reports an error.

        Raises:
            DeviceError: one of them did not answer or obey.
        """
        each(arm.hold for arm in self._arms)

    def release(self) -> None:
        """Torque off on both, also when one of them reports an error.

        Raises:
            DeviceError: one of them still has its torque.
        """
        each(arm.release for arm in self._arms)

    def close(self) -> None:
        """Let go of both buses; may be called twice."""
        each(arm.close for arm in self._arms)


def each(calls: Iterable[Callable[[], None]]) -> None:
    """Do it on both sides, then report the first error, if any.

    Raises:
        DeviceError: of the first that failed.
    """
    troubles: list[DeviceError] = []
    for call in calls:
        try:
            call()
        except DeviceError as error:
            troubles.append(error)
    if troubles:
        raise troubles[0]


def counts_of(*devices: object) -> dict[str, int]:
    """Counters of a left and a right device, with their sides."""
    return {
        f"{side} {what}": number
        for side, device in zip(SIDES, devices, strict=True)
        if isinstance(device, Counting)
        for what, number in device.counts.items()
    }
