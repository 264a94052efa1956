"""A serial port that is a program: a pseudo-terminal under a name that stays when it is replugged.

The name is a link to the terminal of the moment, as ``/dev/serial/by-id`` has for real adapters.
POSIX only.
"""

from __future__ import annotations

import fcntl
import os
import struct
import sys
import tty
from pathlib import Path

CHUNK = 4096
_TCGETS2 = 0x802C542A  # _IOR('T', 0x2A, struct termios2): the only call that tells any speed
_TERMIOS2 = struct.Struct("4IB19B2I")
_OUTPUT_SPEED = -1


class PtyPort:
    """The emulator's end of the cable."""

    def __init__(self, link: Path) -> None:
        """A cable that is not plugged in.

        Args:
            link: what a driver opens.
        """
        self.link = link
        self._master: int | None = None
        self._slave: int | None = None

    @property
    def descriptor(self) -> int | None:
        """To wait for bytes on; None while unplugged."""
        return self._master

    @property
    def baud(self) -> int | None:
        """The speed that the driver has set, bit/s; None where the system does not tell."""
        if self._slave is None or sys.platform != "linux":
            return None
        settings = fcntl.ioctl(self._slave, _TCGETS2, bytes(_TERMIOS2.size))
        return int(_TERMIOS2.unpack(settings)[_OUTPUT_SPEED])

    def plug(self) -> None:
        """Appear; does nothing when it is there."""
        if self._master is not None:
            return
        master, slave = os.openpty()
        tty.setraw(master)
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._master, self._slave = master, slave  # our slave keeps it open between two drivers
        self.link.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.link.with_name(self.link.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(slave))
        os.replace(fresh, self.link)

    def unplug(self) -> None:
        """Vanish; whoever has it open gets errors from now on. May be called twice."""
        self.link.unlink(missing_ok=True)
        for descriptor in (self._master, self._slave):
            if descriptor is not None:
                os.close(descriptor)
        self._master = self._slave = None

    def receive(self) -> bytes:
        """What the driver has sent, b"" when nothing."""
        if self._master is None:
            return b""
        try:
            return os.read(self._master, CHUNK)
        except (BlockingIOError, OSError):
            return b""

    def send(self, data: bytes) -> None:
        """Bytes to the driver; lost while nobody reads them for long, as on a real wire."""
        if self._master is None:
            return
        try:
            os.write(self._master, data)
        except (BlockingIOError, OSError):
            return
