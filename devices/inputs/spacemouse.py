"""3Dconnexion pucks: raw reports to six axes and buttons. Pure.

Report 1 is translation, report 2 rotation, newer models send both in report 1; report 3 is the
buttons. Numbers are little-endian int16, about ±350. Raw axes: x right, y towards the person, z
down. Knows no transport.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

FULL_SCALE = 350.0  # counts at the end stop
SILENCE_S = 0.2  # a puck that is moved reports about 100 times a second, at rest not at all
VENDORS = (0x046D, 0x256F)
PRODUCTS = {
    (0x046D, 0xC625): "SpacePilot",
    (0x046D, 0xC626): "SpaceNavigator",
    (0x046D, 0xC627): "SpaceExplorer",
    (0x046D, 0xC629): "SpacePilot Pro",
    (0x046D, 0xC62B): "SpaceMouse Pro",
    (0x256F, 0xC62E): "SpaceMouse Wireless",
    (0x256F, 0xC631): "SpaceMouse Pro Wireless",
    (0x256F, 0xC632): "SpaceMouse Pro Wireless receiver",
    (0x256F, 0xC633): "SpaceMouse Enterprise",
    (0x256F, 0xC635): "SpaceMouse Compact",
    (0x256F, 0xC638): "SpaceMouse Bluetooth",
    (0x256F, 0xC63A): "SpaceMouse Wireless (new)",
    (0x256F, 0xC641): "SpaceMouse receiver",
    (0x256F, 0xC652): "3Dconnexion universal receiver",
}
_TRANSLATION, _ROTATION, _BUTTONS = 1, 2, 3
_BOTH_BYTES = 13  # of a report 1 that carries the rotation too

Axes = tuple[float, float, float]
STILL: Axes = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Puck:
    """Where the cap is pushed and turned, fractions of full scale, raw axes."""

    translation: Axes = STILL
    rotation: Axes = STILL  # about the same axes
    buttons: frozenset[int] = frozenset()  # 0 = left, 1 = right

    def at_rest(self) -> Puck:
        """The cap let go, the buttons as they are."""
        return replace(self, translation=STILL, rotation=STILL)


def parse(report: bytes, before: Puck) -> Puck:
    """The puck after a report; reports of other kinds and broken ones change nothing."""
    kind = report[0] if report else 0
    if kind == _TRANSLATION and len(report) >= _BOTH_BYTES:
        return replace(before, translation=_axes(report, 1), rotation=_axes(report, 7))
    if kind == _TRANSLATION and len(report) >= 7:
        return replace(before, translation=_axes(report, 1))
    if kind == _ROTATION and len(report) >= 7:
        return replace(before, rotation=_axes(report, 1))
    if kind == _BUTTONS and len(report) >= 2:
        bits = int.from_bytes(report[1:], "little")
        held = frozenset(n for n in range(8 * (len(report) - 1)) if bits >> n & 1)
        return replace(before, buttons=held)
    return before


def _axes(report: bytes, at: int) -> Axes:
    x, y, z = struct.unpack_from("<3h", report, at)
    return _fraction(x), _fraction(y), _fraction(z)


def _fraction(count: int) -> float:
    return max(-1.0, min(1.0, count / FULL_SCALE))
