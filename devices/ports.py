"""Which serial ports there are and whose they are: an arm is known by its adapter, not by a number.

``/dev/ttyACM0`` is whoever was plugged in first. The serial number of the USB adapter stays with
the arm. Knows no protocol.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

USB = "usb:"  # how the identity of a USB adapter begins
ADAPTERS = {
    (0x1A86, 0x55D3): "Feetech bus adapter (CH343)",
    (0x1A86, 0x7523): "serial adapter (CH340)",
    (0x0403, 0x6014): "U2D2",
}
"""USB vendor and product → what it usually is on a robot arm."""


@dataclass(frozen=True, slots=True)
class PortInfo:
    """One serial port of this machine."""

    name: str  # what to open
    identity: str  # stays with the adapter; "" when nothing tells it from another of its kind
    adapter: str  # in words
    hub: str  # USB place, e.g. "1-1.2"


def serial_ports() -> tuple[PortInfo, ...]:
    """Ports of USB adapters, those that are known from robot arms first."""
    found = [_info(port) for port in list_ports.comports() if port.vid is not None]
    return tuple(sorted(found, key=lambda p: (p.adapter not in ADAPTERS.values(), p.name)))


def identity_of(name: str) -> str:
    """Identity of the adapter behind a port, "" when it has none that stays."""
    target = Path(name).resolve()
    for port in list_ports.comports():
        if Path(port.device).resolve() == target:
            return _info(port).identity
    link = Path(name)
    return f"link:{link.name}" if link.is_symlink() else ""


def port_of(identity: str) -> str | None:
    """The port where the adapter of this identity is now, None while it is not plugged in."""
    return next((port.name for port in serial_ports() if port.identity == identity), None)


def _info(port: ListPortInfo) -> PortInfo:
    vid, pid = port.vid or 0, port.pid or 0
    identity = f"{USB}{vid:04X}:{pid:04X}:{port.serial_number}" if port.serial_number else ""
    adapter = ADAPTERS.get((vid, pid), port.description or "serial port")
    return PortInfo(port.device, identity, adapter, port.location or "")
