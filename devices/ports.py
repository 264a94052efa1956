"""Which serial ports there are and whose they are: an arm is known by its adapter, not by a number.

``/dev/ttyACM0`` is whoever was plugged in first. The serial number of the USB adapter stays with
the arm. Knows no protocol.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from devices.udev import install_command

DEV = Path("/dev")
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


def lasting_name(info: PortInfo, *, unique: bool = True, dev: Path = DEV) -> str:
    """What a bench file should call a port so that it means the same arm tomorrow.

    Args:
        info: of the port.
        unique: False: another adapter has the same identity, only the USB socket tells them apart.
        dev: where the device nodes are.
    """
    target = Path(info.name).resolve()
    for kind in ("by-id", "by-path") if unique and info.identity else ("by-path",):
        for link in sorted((dev / "serial" / kind).glob("*")):
            if link.resolve() == target:
                return str(link)
    return info.identity if unique and info.identity.startswith(USB) else info.name


def current_port(name: str) -> str:
    """What to open now for a port or an identity; as it is while no such adapter is plugged in."""
    return (port_of(name) or name) if name.startswith(USB) else name


def same_port(a: str, b: str) -> bool:
    """Whether two names (ports, links, identities) mean the same port now."""
    return Path(current_port(a)).resolve() == Path(current_port(b)).resolve()


def access_command(name: str) -> str:
    """The command that lets whoever sits at this Linux machine open the adapter behind a port."""
    target = Path(name).resolve()
    ids = next(
        ((p.vid, p.pid) for p in list_ports.comports() if Path(p.device).resolve() == target), None
    )
    if ids is None or ids[0] is None:
        return ""
    vendor, product = ids
    usb = f'ATTRS{{idVendor}}=="{vendor:04x}", ATTRS{{idProduct}}=="{product:04x}"'
    return install_command([f'SUBSYSTEM=="tty", {usb}, TAG+="uaccess"'])


def _info(port: ListPortInfo) -> PortInfo:
    vid, pid = port.vid or 0, port.pid or 0
    identity = f"{USB}{vid:04X}:{pid:04X}:{port.serial_number}" if port.serial_number else ""
    adapter = ADAPTERS.get((vid, pid), port.description or "serial port")
    return PortInfo(port.device, identity, adapter, port.location or "")
