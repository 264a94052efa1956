"""Two leaders as one, for two hands. When one of them is lost, so is the whole. Knows no make."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from devices.base import Leader, Mirrored
from devices.bimanual.arm import counts_of, each
from devices.bimanual.halves import Halves
from recordings.types import F32, JointState, frozen_f32


class TwoLeaders:
    """A left and a right leader that are one. Used from the control thread."""

    def __init__(self, name: str, left: Leader, right: Leader, *, halves: Halves) -> None:
        """Two leaders that are not connected.

        Args:
            name: for the person who selects them.
            left: its errors name its side.
            right: the same.
            halves: of the follower.
        """
        self._name = name
        self._leaders = (left, right)
        self._halves = halves

    @property
    def name(self) -> str:
        return self._name

    @property
    def mirrored(self) -> bool:
        """Whether both have joints that the followers should come to stand like."""
        return all(isinstance(one, Mirrored) and one.mirrored for one in self._leaders)

    @property
    def counts(self) -> Mapping[str, int]:
        """What went wrong on both buses since they were connected."""
        return counts_of(*self._leaders)

    def connect(self) -> None:
        """Open both; when one does not open, neither stays open.

        Raises:
            DeviceError: in words what is wrong, and with which leader.
        """
        try:
            for leader in self._leaders:
                leader.connect()
        except BaseException:
            self.close()
            raise

    def engage(self, q: F32) -> None:
        """Close the clutch of both at the followers' command (n,) rad.

        Raises:
            DeviceError: one of them does not answer.
        """
        for leader, part in zip(self._leaders, self._halves.split(q), strict=True):
            leader.engage(part)

    def read(self, state: JointState) -> F32:
        """Where both hands hold them, (n,) rad.

        Raises:
            DeviceError: one of them does not answer.
        """
        parts = self._halves.split(state.q)
        return frozen_f32(
            np.concatenate(
                [
                    leader.read(JointState(part, t_ns=state.t_ns))
                    for leader, part in zip(self._leaders, parts, strict=True)
                ]
            )
        )

    def close(self) -> None:
        """Let go of both; may be called twice."""
        each(leader.close for leader in self._leaders)
