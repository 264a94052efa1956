"""Arms that hang limp until a hand moves one of them: then it is known which is which.

Torque goes off and stays off. Knows no screen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack

from devices.arm_make import ArmMake, LimpArm
from devices.setup.messages import ArmMoved, Limp, Report
from devices.setup.moving import MovedArm


class Finding:
    """Watches limp arms and tells which one moves."""

    words = "The arms are limp: move one."

    def __init__(
        self,
        makes: Mapping[str, ArmMake],
        arms: tuple[tuple[str, str], ...],
        tell: Callable[[Report], None],
    ) -> None:
        """Let go of the arms.

        Args:
            makes: of arms that are known.
            arms: make and port of each.
            tell: told when an arm was moved.

        Raises:
            DeviceError: an arm could not be opened or let go of; then none is held.
        """
        self._tell = tell
        self._moved = MovedArm()
        self._arms: dict[str, LimpArm] = {}
        with ExitStack() as stack:
            for make, port in arms:
                self._arms[port] = stack.enter_context(makes[make].hang(port))
            self._stack = stack.pop_all()
        tell(Limp(tuple(self._arms)))

    def turn(self) -> None:
        """Look at all arms once.

        Raises:
            DeviceError: one of them does not answer any more.
        """
        now = {port: arm.angles() for port, arm in self._arms.items()}
        found = self._moved.moved(now, at_s=time.monotonic())
        if found is not None:
            self._tell(ArmMoved(found.arm, found.joint, found.by_rad))

    def close(self) -> None:
        """Let go of the ports; the arms stay limp."""
        self._stack.close()
