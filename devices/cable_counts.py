"""What the devices of a bench tell of themselves beside poses, for its status.

What went wrong on their cables, also what was made good again; how the motors of leaders are.
"""

from __future__ import annotations

from devices.base import Counting, Motorised
from devices.bench import Hardware
from recordings.types import JointState


class CableCounts:
    """Counters of every device of a bench that has some."""

    def __init__(self, hardware: Hardware) -> None:
        devices = (("arm", hardware.arm), *hardware.leaders.items())
        self._motorised = {n: d for n, d in hardware.leaders.items() if isinstance(d, Motorised)}
        self._counting = {name: d for name, d in devices if isinstance(d, Counting)}

    def leader_states(self) -> dict[str, JointState]:
        """Leader → what its motors measured last."""
        states = {name: leader.state for name, leader in self._motorised.items()}
        return {name: state for name, state in states.items() if state is not None}

    def now(self) -> dict[str, int]:
        """Device and failure → how often."""
        return {
            f"{name} {what}": number
            for name, device in self._counting.items()
            for what, number in device.counts.items()
        }
