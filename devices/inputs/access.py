"""Who may open raw HID devices on Linux: the udev rules, and the command that installs them.

The file's number is below 73, where the system gives devices tagged ``uaccess`` to whoever sits at
the machine. Knows no device.
"""

from __future__ import annotations

from collections.abc import Iterable

RULES_FILE = "/etc/udev/rules.d/70-foresight.rules"
_LINE = 'KERNEL=="hidraw*", ATTRS{{idVendor}}=="{vendor:04x}", TAG+="uaccess"'
_RELOAD = "sudo udevadm control --reload && sudo udevadm trigger"


def rule(vendor: int) -> str:
    """The line that lets the person at the machine open this maker's HID devices.

    Bluetooth devices have no USB vendor to match: they are matched by the kernel's HID name.
    """
    return _LINE.format(vendor=vendor) + (
        f'\nKERNEL=="hidraw*", KERNELS=="0005:{vendor:04X}:*", TAG+="uaccess"'
    )


def rules(vendors: Iterable[int]) -> str:
    """A whole rules file."""
    head = "# Foresight: pucks, gamepads and pedals for the person at the machine\n"
    return head + "".join(rule(vendor) + "\n" for vendor in sorted(set(vendors)))


def install_command(vendor: int) -> str:
    """A command that a person can paste into a terminal."""
    lines = rule(vendor).replace("\n", "\\n")
    return f"printf '{lines}\\n' | sudo tee -a {RULES_FILE} && {_RELOAD}"
