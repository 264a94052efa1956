"""Rules that let whoever sits at a Linux machine open a device, and the command to install them.

The file's number is below 73, where the system gives devices tagged ``uaccess`` to the person at
the machine. Knows no device.
"""

from __future__ import annotations

from collections.abc import Iterable

RULES_FILE = "/etc/udev/rules.d/70-foresight.rules"
_RELOAD = "sudo udevadm control --reload && sudo udevadm trigger"


def install_command(rules: Iterable[str]) -> str:
    """A command that a person can paste into a terminal; each rule once, in this order."""
    lines = "\\n".join(dict.fromkeys(rules)).replace("\n", "\\n")
    return f"printf '{lines}\\n' | sudo tee -a {RULES_FILE} && {_RELOAD}"
