"""Who may open raw HID devices on Linux: the udev rules. Knows no device."""

from __future__ import annotations

from collections.abc import Iterable

from devices import udev

PUCKS_ONLY = 0x256F  # this maker makes nothing else; of others a rule opens one product alone, as
# their keyboards are nobody's business

Ids = tuple[int, int]  # vendor, product


def rule(vendor: int, product: int) -> str:
    """The lines that let the person at the machine open one kind of HID device.

    Bluetooth devices have no USB ids to match: they are matched by the kernel's HID name.
    """
    usb, air = f'ATTRS{{idVendor}}=="{vendor:04x}"', f"0005:{vendor:04X}:*"
    if vendor != PUCKS_ONLY:
        usb += f', ATTRS{{idProduct}}=="{product:04x}"'
        air = f"0005:{vendor:04X}:{product:04X}.*"
    return (
        f'KERNEL=="hidraw*", {usb}, TAG+="uaccess"\n'
        f'KERNEL=="hidraw*", KERNELS=="{air}", TAG+="uaccess"'
    )


def install_command(devices: Iterable[Ids]) -> str:
    """A command that a person can paste into a terminal, for all of these devices."""
    return udev.install_command(rule(*ids) for ids in sorted(set(devices)))
