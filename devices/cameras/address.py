"""Addresses that name one camera for good: a link under /dev/v4l, a serial number, a URL, a file.

A number like 0 or /dev/video0 is refused: it means another camera after the next restart. Opens
nothing and does not load OpenCV: the window asks here too.
"""

from __future__ import annotations

import re
from pathlib import Path

from devices.cameras.errors import InvalidAddress
from devices.cameras.listing import links_to

REALSENSE, FILE, DEVICE = "realsense:", "file:", "/dev/"
STREAMS = ("http://", "https://")
_NUMBERED = re.compile(r"^(/dev/video)?\d+$")


def check_address(address: str) -> None:
    """Refuse what does not name one camera for good.

    Raises:
        InvalidAddress: with what to write instead.
    """
    if _NUMBERED.match(address):
        number = address.removeprefix("/dev/video")
        links = links_to(Path(f"/dev/video{number}"))
        now = f" Today it is {links[0]}." if links else ""
        hint = f"Write a link from /dev/v4l/by-id or /dev/v4l/by-path instead.{now}"
        raise InvalidAddress(
            address, reason="the numbers change when cameras are unplugged", hint=hint
        )
    kinds = (*STREAMS, REALSENSE, FILE, DEVICE)
    if not address.startswith(kinds):
        hint = (
            "Write a link like /dev/v4l/by-id/…, http://…, realsense:<serial number>, "
            "or file:<path of a video or picture>."
        )
        raise InvalidAddress(address, reason="it is of no known kind", hint=hint)
