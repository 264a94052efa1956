"""Which pucks, gamepads and pedals are plugged in, and finding the one a bench names.

An address is ``hid:<vendor>:<product>`` or ``hid:<vendor>:<product>:<serial>``, in hexadecimal; it
names the device, not its number of today. On Linux from sysfs; elsewhere through hidapi. Knows no
report.
"""

from __future__ import annotations

import re
import sys as system
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devices.inputs import gamepad, pedal, spacemouse
from devices.inputs.errors import InputAmbiguous, InputMissing, InvalidInput

SYS = Path("/sys")
DEV = Path("/dev")
PUCK, PAD, PEDAL, JOYSTICK = "puck", "gamepad", "pedal", "joystick"
PUCK_MAKER = 0x256F  # the kernel offers its pucks as joysticks too, which they are not
_ADDRESS = re.compile(r"^hid:([0-9a-fA-F]{4}):([0-9a-fA-F]{4})(?::(.+))?$")
_MULTI_AXIS = bytes((0x05, 0x01, 0x09, 0x08))  # usage page "generic desktop", "multi-axis"


@dataclass(frozen=True, slots=True)
class FoundInput:
    """One device that is plugged in."""

    name: str
    kind: str  # PUCK, PAD, PEDAL or JOYSTICK
    vendor: int  # USB or Bluetooth id
    product: int
    serial: str
    node: str  # today's: a device file, or hidapi's path

    @property
    def ids(self) -> tuple[int, int]:
        """Vendor and product."""
        return self.vendor, self.product

    @property
    def address(self) -> str:
        """What a bench file says."""
        tail = f":{self.serial}" if self.serial else ""
        return f"hid:{self.vendor:04x}:{self.product:04x}{tail}"


def list_inputs(*, sys: Path = SYS, dev: Path = DEV) -> list[FoundInput]:
    """What is plugged in and known, pucks first."""
    found = _linux_hid(sys, dev) if _is_linux() else _hidapi()
    found += _linux_joysticks(sys, dev, taken={f.ids for f in found})
    order = (PUCK, PAD, JOYSTICK, PEDAL)
    return sorted(found, key=lambda f: (order.index(f.kind), f.node))


def find_input(name: str, address: str, present: Sequence[FoundInput]) -> FoundInput:
    """The device of that address.

    Args:
        name: of the input on the bench, for errors.
        address: from the bench file.
        present: what is plugged in.

    Raises:
        InvalidInput: the address names nothing.
        InputMissing: it is not plugged in.
        InputAmbiguous: several are, and the address has no serial number.
    """
    vendor, product, serial = parse_address(address)
    same = [f for f in present if f.ids == (vendor, product)]
    fits = [f for f in same if not serial or f.serial == serial]
    others = tuple(sorted({f.address for f in present}))
    if not fits:
        raise InputMissing(name, address=address, present=others)
    if len({f.serial for f in fits}) > 1:
        raise InputAmbiguous(name, address=address, present=tuple(sorted(f.address for f in fits)))
    return fits[0]


def parse_address(address: str) -> tuple[int, int, str]:
    """Vendor, product, and the serial number or "".

    Raises:
        InvalidInput: it names no input.
    """
    match = _ADDRESS.match(address)
    if match is None:
        expected = "hid:<vendor>:<product> or hid:<vendor>:<product>:<serial>, e.g. hid:256f:c635"
        raise InvalidInput(address, expected=expected)
    return int(match[1], 16), int(match[2], 16), match[3] or ""


def _is_linux() -> bool:
    return system.platform.startswith("linux")


def _kind(vendor: int, product: int, descriptor: bytes) -> str:
    ids = (vendor, product)
    if ids in spacemouse.PRODUCTS:
        return PUCK
    if vendor in spacemouse.VENDORS and descriptor.startswith(_MULTI_AXIS):
        return PUCK
    if ids in gamepad.PRODUCTS:
        return PAD
    return PEDAL if ids in pedal.PRODUCTS else ""


def _linux_hid(sys: Path, dev: Path) -> list[FoundInput]:
    found: list[FoundInput] = []
    for entry in sorted(sys.glob("class/hidraw/hidraw*"), key=lambda p: int(p.name[6:])):
        facts = _uevent(entry / "device" / "uevent")
        ids = facts.get("HID_ID", "").split(":")  # bus : vendor : product, hexadecimal
        if len(ids) != 3:
            continue
        vendor, product = int(ids[1], 16), int(ids[2], 16)
        kind = _kind(vendor, product, _bytes(entry / "device" / "report_descriptor"))
        if kind:
            name, serial = facts.get("HID_NAME", ""), facts.get("HID_UNIQ", "")
            node = str(dev / entry.name)
            found.append(FoundInput(name, kind, vendor, product, serial, node))
    return found


def _linux_joysticks(sys: Path, dev: Path, *, taken: set[tuple[int, int]]) -> list[FoundInput]:
    """Gamepads that the kernel translates (wired Xbox pads), unless they have raw reports too."""
    found: list[FoundInput] = []
    for entry in sorted(sys.glob("class/input/js*"), key=lambda p: int(p.name[2:])):
        device = entry / "device"
        ids = [_text(device / "id" / name) for name in ("vendor", "product")]
        if not all(ids):
            continue
        vendor, product = (int(i, 16) for i in ids)
        if (vendor, product) in taken or vendor == PUCK_MAKER:
            continue
        name, serial = _text(device / "name"), _text(device / "uniq")
        node = str(dev / "input" / entry.name)
        found.append(FoundInput(name, JOYSTICK, vendor, product, serial, node))
    return found


def _hidapi() -> list[FoundInput]:
    """MacOS and Windows; keyboards (pedals) cannot be opened there, they work as keys."""
    import hid

    entries: list[dict[str, Any]] = hid.enumerate()
    found: list[FoundInput] = []
    for entry in entries:
        vendor, product = int(entry["vendor_id"]), int(entry["product_id"])
        kind = _kind(vendor, product, b"")
        wanted_usage = kind != PUCK or (entry["usage_page"], entry["usage"]) == (1, 8)
        if kind in (PUCK, PAD) and wanted_usage:
            name, serial = entry["product_string"] or "", entry["serial_number"] or ""
            node = entry["path"].decode()
            found.append(FoundInput(name, kind, vendor, product, serial, node))
    return found


def _uevent(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in _text(path).splitlines() if "=" in line)


def _text(path: Path) -> str:
    return _bytes(path).decode(errors="replace").strip()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
