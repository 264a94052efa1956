"""What goes wrong on a CAN bus and with DM motors; each with its fix. Knows no protocol."""

from __future__ import annotations

from collections.abc import Mapping

from devices.errors import ConnectFailed


class CanDown(ConnectFailed):
    """The network interface exists but is switched off."""

    code = "can_down"

    def __init__(self, device: str, *, channel: str) -> None:
        super().__init__(
            device,
            reason=f"the CAN interface {channel} is down",
            hint=f"Run `sudo ip link set {channel} up type can bitrate 1000000`, then connect "
            "again.",
        )


class CanMissing(ConnectFailed):
    """There is no such interface."""

    code = "can_missing"

    def __init__(self, device: str, *, channel: str) -> None:
        super().__init__(
            device,
            reason=f"there is no CAN interface {channel}",
            hint="Plug in its adapter (`ip link` lists CAN interfaces), or correct the port in the "
            "bench file.",
        )


class CanRefused(ConnectFailed):
    """The adapter does not open for a reason of its own."""

    code = "can_refused"

    def __init__(
        self,
        device: str,
        *,
        channel: str,
        reason: str,
        hint: str = "Unplug it and plug it in again, and check that no other program uses it.",
    ) -> None:
        super().__init__(
            device, reason=f"the CAN adapter {channel} does not open ({reason})", hint=hint
        )


class CanMotorsMissing(ConnectFailed):
    """Some motors of the arm do not answer."""

    code = "motors_missing"

    def __init__(self, device: str, *, missing: Mapping[int, str], found: tuple[int, ...]) -> None:
        names = ", ".join(f"{joint} (id {motor})" for motor, joint in missing.items())
        hint = "Check the power supply, the emergency stop and the CAN cable with its terminator."
        if found:
            hint = "Check the cable in front of the first missing motor, and that each has its id."
        super().__init__(
            device,
            reason=f"no answer from {names}; answering ids: {', '.join(map(str, found)) or 'none'}",
            hint=hint,
        )


class HandleMissing(ConnectFailed):
    """The trigger board of a teaching handle does not answer."""

    code = "handle_missing"

    def __init__(self, device: str) -> None:
        super().__init__(
            device,
            reason="the board of its teaching handle does not answer (CAN id 0x50E)",
            hint="Check the cable and the power of the handle. A follower has no handle: are the "
            "two arms swapped?",
        )


class WrongMode(ConnectFailed):
    """A motor is set to another way of control and does not take ours."""

    code = "wrong_mode"

    def __init__(
        self, device: str, *, joint: str, register: str, wrote: float, reads: float
    ) -> None:
        super().__init__(
            device,
            reason=f"{joint} does not take {register} {wrote:g}, it reads back {reads:g}",
            hint="Set it with the maker's tool, switch the arm off and on, then connect again.",
        )


class StrangeScale(ConnectFailed):
    """A motor says that its numbers mean something that cannot be."""

    code = "strange_scale"

    def __init__(
        self, device: str, *, joint: str, register: str, reads: float, expected: str
    ) -> None:
        super().__init__(
            device,
            reason=f"{joint} says its {register} is {reads:g}, expected {expected}",
            hint="Set it with the maker's tool: every command would be misread.",
        )


class OutOfItsRange(ConnectFailed):
    """A joint stands where it cannot be: its zero is another one, or it was forced."""

    code = "out_of_range"

    def __init__(self, device: str, *, joint: str, at_rad: float, low: float, high: float) -> None:
        super().__init__(
            device,
            reason=f"{joint} says it stands at {at_rad:.2f} rad, outside {low:.2f} to {high:.2f}",
            hint="Switch the arm off, put it into its rest pose and switch it on. If it says so "
            "again, its zero was changed: set it with the maker's tool.",
        )


class JawsBlocked(ConnectFailed):
    """The ends of the gripper were not found."""

    code = "jaws_blocked"

    def __init__(self, device: str, *, moved_rad: float, expected_rad: float) -> None:
        super().__init__(
            device,
            reason=f"the jaws moved {moved_rad:.2f} rad between their ends, expected about "
            f"{expected_rad:.2f}",
            hint="Take away what is between the jaws, check which gripper the bench file names, "
            "then connect again.",
        )
