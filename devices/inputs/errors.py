"""What can go wrong with a hand-held input, each with the sentence a person reads.

    DeviceError
    ├── ConnectFailed
    │   ├── InputMissing     not plugged in
    │   ├── InputAmbiguous   several alike are plugged in
    │   └── InputForbidden   no permission, with the rule that grants it
    ├── ReadFailed
    │   └── InputLost        it was unplugged
    └── InvalidInput         an address that names no input

Knows no device.
"""

# ruff: noqa: N818 - the names say what happened, the base says that it is an error

from __future__ import annotations

from devices.errors import ConnectFailed, DeviceError, ReadFailed
from devices.inputs.access import Ids, install_command
from devices.udev import RULES_FILE


class InputMissing(ConnectFailed):
    """Nothing of that kind is plugged in."""

    code = "input_missing"

    def __init__(self, name: str, *, address: str, present: tuple[str, ...] = ()) -> None:
        known = f"Plugged in: {', '.join(present)}." if present else "None is plugged in."
        hint = f"Plug it in, switch it on, or choose another. {known}"
        super().__init__(name, reason=f"{address} was not found", hint=hint)


class InputAmbiguous(ConnectFailed):
    """Several alike."""

    code = "input_ambiguous"

    def __init__(self, name: str, *, address: str, present: tuple[str, ...]) -> None:
        hint = f"Unplug the others, or write one of: {', '.join(present)}."
        super().__init__(name, reason=f"several devices fit {address}", hint=hint)


class InputForbidden(ConnectFailed):
    """No permission to open it."""

    code = "input_forbidden"

    def __init__(self, name: str, *, node: str, ids: Ids) -> None:
        hint = (
            f"Add a rule to {RULES_FILE} with:\n{install_command([ids])}\n"
            "then unplug it and plug it in again."
        )
        super().__init__(name, reason=f"no permission to open {node}", hint=hint)


class InputLost(ReadFailed):
    """It was there and is gone."""

    code = "input_lost"

    def __init__(self, name: str, *, reason: str = "it was unplugged or switched off") -> None:
        super().__init__(name, reason=reason)


class InvalidInput(DeviceError):
    """An address that names no input."""

    code = "input_address"

    def __init__(self, address: str, *, expected: str) -> None:
        super().__init__(
            "bench", f"{address!r} is no address of an input.", f"Expected: {expected}."
        )
