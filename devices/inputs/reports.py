"""Raw reports from a device file, one at a time.

On Linux the kernel's own file (``/dev/hidraw…``, ``/dev/input/js…``): each read is one report, and
errors carry their reason. Elsewhere hidapi. Knows no report's meaning.
"""

from __future__ import annotations

import errno
import os
import select
import sys
from typing import Any, Protocol

from devices.errors import ConnectFailed
from devices.inputs.errors import InputForbidden, InputLost, InputMissing
from devices.inputs.listing import FoundInput

LONGEST_REPORT = 128  # bytes; the longest known has 78
_GONE = (errno.ENOENT, errno.ENODEV, errno.ENXIO)


class Reports(Protocol):
    """An open device."""

    def read(self, timeout_s: float) -> bytes | None:
        """The next report; None when none came in time.

        Raises:
            InputLost: the device is gone.
        """
        ...

    def close(self) -> None: ...


def open_reports(name: str, found: FoundInput, *, report_bytes: int = LONGEST_REPORT) -> Reports:
    """Open a device that was found.

    Args:
        name: of the input on the bench, for errors.
        found: where it is today.
        report_bytes: of one report; joystick events are 8.

    Raises:
        InputForbidden: no permission, with the rule that grants it.
        InputMissing: it was unplugged meanwhile.
        ConnectFailed: another reason, with it.
    """
    if sys.platform.startswith("linux"):
        return FileReports(name, found, report_bytes=report_bytes)
    return HidapiReports(name, found, report_bytes=report_bytes)


class FileReports:
    """A device file of the Linux kernel."""

    def __init__(self, name: str, found: FoundInput, *, report_bytes: int) -> None:
        self._name = name
        self._report_bytes = report_bytes
        try:
            self._file = os.open(found.node, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise _refusal(name, found, error) from error
        self._poll = select.poll()
        self._poll.register(self._file, select.POLLIN)

    def read(self, timeout_s: float) -> bytes | None:
        """See :class:`Reports`."""
        events = self._poll.poll(round(timeout_s * 1000))
        if not events:
            return None
        try:
            report = os.read(self._file, self._report_bytes)
        except BlockingIOError:
            return None
        except OSError as error:
            raise InputLost(self._name) from error
        if not report:
            raise InputLost(self._name)
        return report

    def close(self) -> None:
        """Once."""
        os.close(self._file)


class HidapiReports:
    """A device through hidapi, on macOS and Windows."""

    def __init__(self, name: str, found: FoundInput, *, report_bytes: int) -> None:
        import hid

        self._name = name
        self._report_bytes = report_bytes
        self._device: Any = hid.device()
        try:
            self._device.open_path(found.node.encode())
        except OSError as error:
            hint = (
                "Allow it under Privacy & Security, Input Monitoring (macOS), and close "
                "3Dconnexion's own driver."
            )
            raise ConnectFailed(name, reason=str(error), hint=hint) from error

    def read(self, timeout_s: float) -> bytes | None:
        """See :class:`Reports`. hidapi takes a time-out of 0 for "wait for ever"."""
        try:
            report = self._device.read(self._report_bytes, max(1, round(timeout_s * 1000)))
        except (OSError, ValueError) as error:
            raise InputLost(self._name) from error
        return bytes(report) if report else None

    def close(self) -> None:
        """Once."""
        self._device.close()


def _refusal(name: str, found: FoundInput, error: OSError) -> ConnectFailed:
    if error.errno in (errno.EACCES, errno.EPERM):
        return InputForbidden(name, node=found.node, ids=found.ids)
    if error.errno in _GONE:
        return InputMissing(name, address=found.address)
    return ConnectFailed(name, reason=f"{found.node}: {error.strerror}")
