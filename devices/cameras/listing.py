"""Which cameras are plugged in, with names and addresses that survive unplugging.

On Linux from sysfs and /dev/v4l, without opening a camera's stream (that would light its lamp). A
camera of which two alike without serial number are plugged in is named by its port instead. Knows
no bench.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from devices.cameras.usb import UsbPlace

SYS = Path("/sys")
DEV = Path("/dev")
_QUERYCAP = 0x80685600  # VIDIOC_QUERYCAP, _IOR('V', 0, struct v4l2_capability)
_CAPABILITY_BYTES, _DEVICE_CAPS_AT = 104, 88
_VIDEO_CAPTURE = 0x1


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """One camera that is plugged in."""

    name: str  # as the maker calls it
    address: str  # what a bench file says; "" when nothing names it for good
    node: str  # /dev/video…, today's
    vendor: int = 0  # USB id
    product: int = 0  # USB id
    serial: str = ""
    usb: UsbPlace | None = None
    links: tuple[str, ...] = field(default=(), compare=False)  # all that point to it


def list_cameras(
    *,
    sys: Path = SYS,
    dev: Path = DEV,
    delivers_pictures: Callable[[Path], bool | None] | None = None,
) -> list[FoundCamera]:
    """The cameras of a Linux machine, in the order of their nodes.

    Args:
        sys: where sysfs is.
        dev: where the device nodes are.
        delivers_pictures: says of a node whether it is a camera's picture and not its metadata,
            None when that cannot be found out; asks the driver when absent.
    """
    ask = delivers_pictures or driver_says
    entries = sorted(sys.glob("class/video4linux/video*"), key=lambda p: int(p.name[5:]))
    nodes = [entry for entry in entries if _is_picture(entry, ask(dev / entry.name))]
    alike = Counter(_usb_key(entry) for entry in nodes)
    return [_found(entry, dev, unique=alike[_usb_key(entry)] == 1) for entry in nodes]


def driver_says(node: Path) -> bool | None:
    """Whether the node delivers pictures (VIDIOC_QUERYCAP); None when it cannot be asked."""
    try:
        descriptor = os.open(node, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        answer = fcntl.ioctl(descriptor, _QUERYCAP, bytes(_CAPABILITY_BYTES))
    except OSError:
        return None
    finally:
        os.close(descriptor)
    (capabilities,) = struct.unpack_from("<I", answer, _DEVICE_CAPS_AT)
    return bool(capabilities & _VIDEO_CAPTURE)


def links_to(node: Path, *, dev: Path = DEV) -> tuple[str, ...]:
    """Links under /dev/v4l that name the node, by-id before by-path."""
    found: list[str] = []
    for kind in ("by-id", "by-path"):
        links = sorted((dev / "v4l" / kind).glob("*"))
        found += [str(link) for link in links if link.resolve() == node.resolve()]
    return tuple(found)


def _is_picture(entry: Path, answer: bool | None) -> bool:
    """What the driver says, else the first node of a device: the others are its metadata."""
    return _text(entry / "index") == "0" if answer is None else answer


def _found(entry: Path, dev: Path, *, unique: bool) -> FoundCamera:
    usb = _usb_device(entry)
    links = links_to(dev / entry.name, dev=dev)
    usable = [link for link in links if unique or "/by-path/" in link]
    address = usable[0] if usable else ""
    node = str(dev / entry.name)
    name = _text(entry / "name") or entry.name
    if usb is None:
        return FoundCamera(name, address, node, links=links)
    return FoundCamera(
        name,
        address,
        node,
        vendor=int(_text(usb / "idVendor"), 16),
        product=int(_text(usb / "idProduct"), 16),
        serial=_text(usb / "serial"),
        usb=_place(usb),
        links=links,
    )


def _usb_key(entry: Path) -> tuple[str, ...]:
    """Equal for nodes that udev's by-id links cannot tell apart."""
    usb = _usb_device(entry)
    if usb is None:
        return (str(entry),)
    names = ("idVendor", "idProduct", "serial")
    return (*(_text(usb / name) for name in names), _text(entry / "index"))


def _usb_device(entry: Path) -> Path | None:
    """The folder of the USB device that a video node belongs to."""
    place = (entry / "device").resolve()
    for folder in (place, *place.parents):
        if (folder / "idVendor").is_file():
            return folder
    return None


def _place(usb: Path) -> UsbPlace:
    speed = _text(usb / "speed")
    return UsbPlace(int(_text(usb / "busnum") or 0), _text(usb / "devpath"), float(speed or 480))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
