"""What went wrong on the cables of a bench, also what was made good again, for its status."""

from __future__ import annotations

from devices.base import Counting
from devices.bench import Hardware


class CableCounts:
    """Counters of every device of a bench that has some."""

    def __init__(self, hardware: Hardware) -> None:
        devices = (("arm", hardware.arm), *hardware.leaders.items())
        self._counting = {name: d for name, d in devices if isinstance(d, Counting)}

    def now(self) -> dict[str, int]:
        """Device and failure → how often."""
        return {
            f"{name} {what}": number
            for name, device in self._counting.items()
            for what, number in device.counts.items()
        }
