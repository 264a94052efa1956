"""The torques that carry a YAM arm: its weight, and a little for what hangs on it.

Not thread-safe: it keeps scratch memory.
"""

from __future__ import annotations

from collections.abc import Sequence

from devices.description import F64
from devices.yam.gravity import Gravity
from devices.yam.parts import BODY, GRAVITY_FACTORS, ROBOT


class Carry:
    """Holding torques of the six joints, the same for leader and follower."""

    def __init__(self) -> None:
        self._gravity = Gravity(ROBOT)

    def torques(self, angles: Sequence[float]) -> F64:
        """(6,) rad → (6,) Nm."""
        return self._gravity.torques([*angles, 0.0])[:BODY] * GRAVITY_FACTORS
