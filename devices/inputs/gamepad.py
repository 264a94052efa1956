"""Gamepads: raw reports, or events of the Linux joystick device, to sticks, triggers and buttons.

Pure. Sticks are -1 … 1 with x to the right and y away from the person; triggers 0 … 1. Buttons
carry the names printed on an Xbox pad, by place: "a" is the lower one also where it is a cross.
Report layouts: DualShock 4 and DualSense over USB and Bluetooth, Logitech F310/F710 in D mode, Xbox
pads over Bluetooth. Wired Xbox pads have no HID reports on Linux: they come as joystick events.
Knows no transport.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass, replace

VENDORS = (0x054C, 0x046D, 0x045E)


class PadKind(enum.Enum):
    """Which layout."""

    DUALSHOCK_4 = "DualShock 4"
    DUALSENSE = "DualSense"
    LOGITECH_D = "Logitech gamepad"
    XBOX_BLUETOOTH = "Xbox pad"
    JOYSTICK = "gamepad"


PRODUCTS = {
    (0x054C, 0x05C4): PadKind.DUALSHOCK_4,
    (0x054C, 0x09CC): PadKind.DUALSHOCK_4,
    (0x054C, 0x0CE6): PadKind.DUALSENSE,
    (0x054C, 0x0DF2): PadKind.DUALSENSE,  # Edge
    (0x046D, 0xC216): PadKind.LOGITECH_D,
    (0x046D, 0xC219): PadKind.LOGITECH_D,
    (0x045E, 0x02E0): PadKind.XBOX_BLUETOOTH,
    (0x045E, 0x02FD): PadKind.XBOX_BLUETOOTH,
    (0x045E, 0x0B05): PadKind.XBOX_BLUETOOTH,
    (0x045E, 0x0B13): PadKind.XBOX_BLUETOOTH,
    (0x045E, 0x0B20): PadKind.XBOX_BLUETOOTH,
}
SILENCE_S = {  # without a report for this long the pad counts as let go; the others are quiet
    PadKind.DUALSHOCK_4: 0.5,  # when nothing changes, so silence says nothing
    PadKind.DUALSENSE: 0.5,
}

_HATS = ("up", "up right", "right", "down right", "down", "down left", "left", "up left")
_SONY_FACE = ("x", "a", "b", "y")  # square, cross, circle, triangle: bits 4 … 7
_SONY_SHOULDER = ("lb", "rb", "lt", "rt", "view", "menu", "ls", "rs")
_XBOX_LOW = {0: "a", 1: "b", 3: "x", 4: "y", 6: "lb", 7: "rb"}
_XBOX_HIGH = {2: "view", 3: "menu", 4: "guide", 5: "ls", 6: "rs"}
_JS_BUTTONS = ("a", "b", "x", "y", "lb", "rb", "view", "menu", "guide", "ls", "rs")
_JS_EVENT = struct.Struct("<IhBB")  # time ms, value, type, number
JS_EVENT_BYTES = _JS_EVENT.size
_JS_BUTTON, _JS_AXIS, _JS_INIT = 0x01, 0x02, 0x80

Stick = tuple[float, float]
MIDDLE: Stick = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Pad:
    """What is held."""

    left: Stick = MIDDLE
    right: Stick = MIDDLE
    left_trigger: float = 0.0
    right_trigger: float = 0.0
    buttons: frozenset[str] = frozenset()
    hat: str = ""

    def at_rest(self) -> Pad:
        """Let go."""
        return Pad()


def parse(kind: PadKind, report: bytes, before: Pad) -> Pad:
    """The pad after a report; reports of other kinds and broken ones change nothing."""
    if kind is PadKind.JOYSTICK:
        return parse_joystick(report, before)
    if kind is PadKind.DUALSHOCK_4:
        return _dualshock(report, before)
    if kind is PadKind.DUALSENSE:
        return _dualsense(report, before)
    if kind is PadKind.LOGITECH_D:
        return _logitech(report, before)
    return _xbox(report, before)


def parse_joystick(event: bytes, before: Pad) -> Pad:
    """The pad after one event of ``/dev/input/js…`` (axes as the kernel's xpad driver orders them).

    Source: Linux input/joystick-api; axes 0 1 left stick, 2 left trigger, 3 4 right stick, 5 right
    trigger, 6 7 hat.
    """
    if len(event) != JS_EVENT_BYTES:
        return before
    _, value, kind, number = _JS_EVENT.unpack(event)
    kind &= ~_JS_INIT
    if kind == _JS_BUTTON and number < len(_JS_BUTTONS):
        name = _JS_BUTTONS[number]
        held = before.buttons | {name} if value else before.buttons - {name}
        return replace(before, buttons=held)
    return _joystick_axis(number, value / 32767, before) if kind == _JS_AXIS else before


def _joystick_axis(number: int, value: float, before: Pad) -> Pad:
    value = max(-1.0, min(1.0, value))
    if number == 0:
        return replace(before, left=(value, before.left[1]))
    if number == 1:
        return replace(before, left=(before.left[0], -value))
    if number == 2:
        return replace(before, left_trigger=(value + 1) / 2)
    if number == 3:
        return replace(before, right=(value, before.right[1]))
    if number == 4:
        return replace(before, right=(before.right[0], -value))
    if number == 5:
        return replace(before, right_trigger=(value + 1) / 2)
    return before


def _dualshock(report: bytes, before: Pad) -> Pad:
    """USB and plain Bluetooth: report 01; extended Bluetooth: report 11, two bytes later."""
    if len(report) >= 10 and report[0] == 0x01:
        return _sony(report[1:5], report[5], report[6], report[8:10])
    if len(report) >= 12 and report[0] == 0x11:
        return _sony(report[3:7], report[7], report[8], report[10:12])
    return before


def _dualsense(report: bytes, before: Pad) -> Pad:
    """USB: report 01 of 64 bytes; Bluetooth: 01 of 10 bytes as the DualShock, or 31, one later."""
    if len(report) >= 11 and report[0] == 0x01:
        return _sony(report[1:5], report[8], report[9], report[5:7])
    if len(report) == 10 and report[0] == 0x01:
        return _dualshock(report, before)
    if len(report) >= 12 and report[0] == 0x31:
        return _sony(report[2:6], report[9], report[10], report[6:8])
    return before


def _logitech(report: bytes, before: Pad) -> Pad:
    """The F310 sends 8 bytes without a number in front, the F710 a number first."""
    at = 0 if len(report) == 8 else 1
    if len(report) < at + 6:
        return before
    sticks, face, shoulder = report[at : at + 4], report[at + 4], report[at + 5]
    triggers = (0xFF * (shoulder >> 2 & 1), 0xFF * (shoulder >> 3 & 1))  # buttons only
    return _sony(sticks, face, shoulder, bytes(triggers))


def _xbox(report: bytes, before: Pad) -> Pad:
    """Report 01: four u16 stick axes, two 10 bit triggers, hat 1 … 8, buttons."""
    if len(report) < 16 or report[0] != 0x01:
        return before
    lx, ly, rx, ry, lt, rt = struct.unpack_from("<6H", report, 1)
    low = {name for bit, name in _XBOX_LOW.items() if report[14] >> bit & 1}
    high = {name for bit, name in _XBOX_HIGH.items() if report[15] >> bit & 1}
    hat = report[13]
    return Pad(
        (_wide(lx), -_wide(ly)),
        (_wide(rx), -_wide(ry)),
        min(1.0, lt / 1023),
        min(1.0, rt / 1023),
        frozenset(low | high),
        _HATS[hat - 1] if 1 <= hat <= 8 else "",
    )


def _sony(sticks: bytes, face: int, shoulder: int, triggers: bytes) -> Pad:
    lx, ly, rx, ry = sticks
    held = {name for bit, name in enumerate(_SONY_FACE, start=4) if face >> bit & 1}
    held |= {name for bit, name in enumerate(_SONY_SHOULDER) if shoulder >> bit & 1}
    hat = face & 0x0F
    return Pad(
        (_narrow(lx), -_narrow(ly)),
        (_narrow(rx), -_narrow(ry)),
        triggers[0] / 255,
        triggers[1] / 255,
        frozenset(held),
        _HATS[hat] if hat < 8 else "",
    )


def _narrow(value: int) -> float:
    return max(-1.0, (value - 128) / 127)


def _wide(value: int) -> float:
    return max(-1.0, (value - 32768) / 32767)
