"""A leader made of servos: an arm without torque that a hand moves.

Its joints are measured in the follower's radians, because both arms are built alike and both zeros
are the middle of the range. Knows no follower and no maker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from devices.errors import DeviceError
from devices.servos.chain import ServoChain, Setting
from devices.servos.pumped_leader import PumpedLeader
from recordings.types import JointState


class ServoLeader(PumpedLeader):
    """A leader on one chain of servos. Used from the control thread."""

    def __init__(
        self,
        name: str,
        chain: ServoChain,
        settings: Mapping[int, Sequence[Setting]],
        *,
        springs: Mapping[str, float] | None = None,
    ) -> None:
        """A leader that is not connected.

        Args:
            name: of the leader, for the person who selects it.
            chain: its motors, not open.
            settings: id → what that motor must have.
            springs: joint → where its motor pulls it back to, weakly: a trigger.
        """
        super().__init__(name, device=chain.name, hz=chain.hz, stale_s=chain.stale_s)
        self._chain = chain
        self._settings = settings
        self._springs = dict(springs or {})

    @property
    def counts(self) -> Mapping[str, int]:
        """What went wrong on the bus since it was connected."""
        return self._chain.counts

    def _set_up(self) -> JointState:
        self._chain.open()
        self._chain.let_go()
        self._chain.configure(self._settings)
        self._chain.pull(self._springs)
        state = self._chain.read()
        self._chain.be_brisk()
        return state

    def _measure(self) -> JointState:
        return self._chain.read()

    def _shut(self) -> None:
        self._chain.close()

    def _say_goodbye(self) -> None:
        if self._springs:
            with suppress(DeviceError):  # without a cable it keeps its weak pull
                self._chain.let_go()
