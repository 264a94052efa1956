"""Who may open raw HID devices on Linux: the udev rules, and the command that installs them.

The file's number is below 73, where the system gives devices tagged ``uaccess`` to whoever sits at
the machine. Knows no device.
"""

from __future__ import annotations

from collections.abc import Iterable

RULES_FILE = "/etc/udev/rules.d/70-foresight.rules"
PUCKS_ONLY = 0x256F  # this maker makes nothing else; of others a rule opens one product alone, as
# their keyboards are nobody's business
_RELOAD = "sudo udevadm control --reload && sudo udevadm trigger"

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
    rules = dict.fromkeys(rule(*ids) for ids in sorted(set(devices)))
    lines = "\n".join(rules).replace("\n", "\\n")
    return f"printf '{lines}\\n' | sudo tee -a {RULES_FILE} && {_RELOAD}"
