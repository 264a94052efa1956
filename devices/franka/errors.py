"""What goes wrong with a Franka robot; each with its fix."""

from __future__ import annotations

from devices.errors import ConnectFailed


class FrankaDriverMissing(ConnectFailed):
    """The optional driver is not installed."""

    code = "franka_driver_missing"

    def __init__(self, device: str) -> None:
        super().__init__(
            device,
            reason="its driver is not installed",
            hint="Run `pip install 'foresight-studio[franka]'` (Linux), then connect again.",
        )


class FrankaUnreachable(ConnectFailed):
    """Nobody answers at its address."""

    code = "franka_unreachable"

    def __init__(self, device: str, *, address: str, reason: str) -> None:
        super().__init__(
            device,
            reason=f"no robot answers at {address} ({reason})",
            hint="Check the network cable to its control box and the address in the bench file; "
            "in its Desk, unlock the joints and activate FCI.",
        )


class FrankaVersion(ConnectFailed):
    """The driver speaks another version than the robot."""

    code = "franka_version"

    def __init__(self, device: str, *, reason: str) -> None:
        super().__init__(
            device,
            reason=f"its system and the driver do not fit together ({reason})",
            hint="The driver that ships here is for FR3 systems from 5.9 on. For another one "
            "install the franky-control wheel built for its server version.",
        )


class FrankaNotReady(ConnectFailed):
    """The robot answers but would not move."""

    code = "franka_not_ready"

    def __init__(self, device: str, *, mode: str) -> None:
        super().__init__(
            device,
            reason=f"it is in mode {mode!r}, expected 'idle'",
            hint="Release its stop button, unlock the joints in Desk and leave guiding mode; then "
            "connect again.",
        )
