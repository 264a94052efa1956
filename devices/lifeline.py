"""What ties the rig to the studio and never queues: STOP, letting go, heartbeat, being left.

The rig reads it every tick. Knows neither pipes nor processes.
"""

from __future__ import annotations

from typing import Protocol


class Lifeline(Protocol):
    """Read by the control thread; must never block."""

    def stop_count(self) -> int:
        """How often STOP was pressed; every increase stops the arm."""
        ...

    def release_count(self) -> int:
        """How often the second stage of STOP was asked for: let the arm go limp."""
        ...

    def heartbeat_ns(self) -> int:
        """When the studio last said that it is alive."""
        ...

    def is_orphaned(self) -> bool:
        """Whether the studio is gone."""
        ...
