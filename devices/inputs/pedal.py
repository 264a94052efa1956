"""USB foot pedals: they are keyboards, so a raw report says which keys are down. Pure.

In a window they work as keys without any of this; read raw, they work while another window has the
focus. Boot report, 8 bytes: modifiers, a zero, six HID usages. Knows no transport.
"""

from __future__ import annotations

from dataclasses import dataclass, field

VENDORS = (0x0C45, 0x413D, 0x1A86, 0x0426, 0x05F3)
PRODUCTS = {
    (0x0C45, 0x7403): "PCsensor pedal",
    (0x0C45, 0x7404): "PCsensor pedal",
    (0x413D, 0x2107): "PCsensor pedal",
    (0x1A86, 0xE026): "PCsensor pedal",
    (0x1A86, 0xE02D): "PCsensor pedal",
    (0x0426, 0x3011): "Scythe pedal",
}
_ROLL_OVER = 0x01  # more keys than the report can name
_NAMED = {
    0x28: "Return",
    0x29: "Escape",
    0x2A: "Backspace",
    0x2B: "Tab",
    0x2C: "Space",
    0x4A: "Home",
    0x4B: "PageUp",
    0x4D: "End",
    0x4E: "PageDown",
    0x4F: "Right",
    0x50: "Left",
    0x51: "Down",
    0x52: "Up",
}
_MODIFIERS = ("Ctrl", "Shift", "Alt", "Meta", "Ctrl", "Shift", "Alt", "Meta")


@dataclass(frozen=True, slots=True)
class Pedals:
    """Keys that are down, by the names Qt gives them."""

    keys: frozenset[str] = field(default_factory=frozenset[str])

    def at_rest(self) -> Pedals:
        """All feet off."""
        return Pedals()


def parse(report: bytes, before: Pedals) -> Pedals:
    """The pedals after a report; too many keys at once and broken reports change nothing.

    Some pedals put a report number in front of the eight bytes.
    """
    boot = report[1:] if len(report) == 9 else report
    if len(boot) != 8 or _ROLL_OVER in boot[2:]:
        return before
    keys = {name for usage in boot[2:] if (name := key_name(usage))}
    keys |= {name for bit, name in enumerate(_MODIFIERS) if boot[0] >> bit & 1}
    return Pedals(frozenset(keys))


def pressed(before: Pedals, after: Pedals) -> frozenset[str]:
    """Keys that went down."""
    return after.keys - before.keys


def key_name(usage: int) -> str:
    """Name of a HID keyboard usage; "" for none and for what pedals do not send.

    Source: HID Usage Tables, page 0x07.
    """
    if 0x04 <= usage <= 0x1D:
        return chr(ord("A") + usage - 0x04)
    if 0x1E <= usage <= 0x27:
        return str((usage - 0x1D) % 10)
    if 0x3A <= usage <= 0x45:
        return f"F{usage - 0x39}"
    if 0x68 <= usage <= 0x73:
        return f"F{usage - 0x5B}"
    return _NAMED.get(usage, "")
