"""A serial port that is ours alone, read in short slices, with errors that say what to do.

Short slices, because whoever waits for an answer knows better when enough has come; and changing
the timeout of an open port costs more than a read. Knows bytes, not packets. Not thread-safe: the
bus above it takes care of that.
"""

from __future__ import annotations

import errno
from pathlib import Path

import serial

from devices.errors import ConnectFailed
from devices.motor_errors import PortBusy, PortDenied, PortGone, PortMissing

try:
    from termios import error as _terminal_error  # what a vanished port raises on POSIX
except ImportError:  # Windows
    _terminal_error = OSError

GONE = (OSError, _terminal_error)  # serial.SerialException is an OSError
SLICE_S = 0.002  # of one read
WRITE_S = 2.0  # a port that takes longer is as good as gone; starved threads are late too
_BUSY = {errno.EAGAIN, errno.EBUSY}
_DENIED = {errno.EACCES, errno.EPERM}
_MISSING = {errno.ENOENT, errno.ENODEV, errno.ENXIO}


class Port:
    """One open serial port."""

    def __init__(self, device: str, name: str, *, baud: int) -> None:
        """Open the port for us alone.

        Args:
            device: what is behind it, for error sentences.
            name: e.g. ``/dev/serial/by-id/…`` or ``COM3``.
            baud: bit/s.

        Raises:
            ConnectFailed: in words why it does not open.
        """
        self._device = device
        self._name = name
        try:
            self._serial = serial.Serial(
                name, baud, timeout=SLICE_S, write_timeout=WRITE_S, exclusive=True
            )
        except (*GONE, ValueError) as error:
            raise _reason(device, name, error) from error

    def write(self, data: bytes) -> None:
        """Forget what came in before, then send.

        Raises:
            PortGone: the port has vanished.
        """
        try:
            self._serial.reset_input_buffer()
            self._serial.write(data)
        except GONE as error:
            raise PortGone(self._device, port=self._name) from error

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes: all of them, or what came within 2 ms.

        Raises:
            PortGone: the port has vanished.
        """
        try:
            return self._serial.read(size)
        except GONE as error:
            raise PortGone(self._device, port=self._name) from error

    def close(self) -> None:
        self._serial.close()


def group_of(name: str) -> str:
    """The group whose members may open a port; Debian's name for it where that is not told."""
    try:
        return Path(name).group()
    except (OSError, KeyError, NotImplementedError):  # not there, a group without name, Windows
        return "dialout"


def _reason(device: str, name: str, error: Exception) -> ConnectFailed:
    number = getattr(error, "errno", None)
    text = str(error)
    if number in _BUSY or "exclusively lock" in text:
        return PortBusy(device, port=name)
    if number in _DENIED or "PermissionError" in text or "Access is denied" in text:
        return PortDenied(device, port=name, group=group_of(name))
    if number in _MISSING or "FileNotFoundError" in text:
        return PortMissing(device, port=name)
    return ConnectFailed(device, reason=text)
