"""What is plugged in, on the Connect page: looked at again whenever something comes or goes.

Opens no device. Knows the listings and the bench, not how a list looks.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtWidgets import QApplication

from devices.bench import Bench
from devices.cameras.listing import FoundCamera, list_cameras
from devices.inputs.listing import FoundInput, list_inputs
from studio.plugged_in import notes_on
from widgets.device_list import DeviceItem, DeviceList, DeviceNote

WATCHED = ("class/video4linux", "class/hidraw", "class/input")  # folders of sysfs
SYS, DEV = Path("/sys"), Path("/dev")


class DevicesCard(DeviceList):
    """The list, kept up to date by :meth:`look`."""

    def __init__(self, bench: Bench, *, sys: Path = SYS, dev: Path = DEV) -> None:
        super().__init__()
        self._roles = roles_of(bench)
        self._sys = sys
        self._dev = dev
        self._seen: tuple[frozenset[str], ...] | None = None
        self.copyRequested.connect(self._on_copy_requested)

    def look(self) -> None:
        """Look again if something was plugged in or out; costs three folder listings else."""
        seen = tuple(_names(self._sys / folder) for folder in WATCHED)
        if seen == self._seen:
            return
        self._seen = seen
        cameras = list_cameras(sys=self._sys, dev=self._dev)
        inputs = list_inputs(sys=self._sys, dev=self._dev)
        notes = [DeviceNote(n.text, n.command) for n in notes_on(cameras, inputs)]
        self.set_devices(items_of(cameras, inputs, self._roles), notes)

    def _on_copy_requested(self, text: str) -> None:
        QApplication.clipboard().setText(text)


def roles_of(bench: Bench) -> Mapping[str, str]:
    """Address → what the bench uses it as."""
    cameras = {camera.address: camera.spec.name for camera in bench.cameras}
    return cameras | {entry.device: entry.name for entry in bench.inputs}


def items_of(
    cameras: Sequence[FoundCamera], inputs: Sequence[FoundInput], roles: Mapping[str, str]
) -> list[DeviceItem]:
    """Rows of the list. A camera is known by any of its lasting names."""
    rows = [
        DeviceItem(c.name, "camera", c.address, _role((c.address, *c.links), roles))
        for c in cameras
    ]
    by_address = {i.address: i for i in inputs}  # one device may have several nodes
    for address, i in by_address.items():
        without_serial = f"hid:{i.vendor:04x}:{i.product:04x}"
        role = _role((address, without_serial), roles)
        rows.append(DeviceItem(i.name, i.kind, address, role))
    return rows


def _role(addresses: Sequence[str], roles: Mapping[str, str]) -> str:
    return next((roles[address] for address in addresses if address in roles), "")


def _names(folder: Path) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))
    except OSError:  # a system without it
        return frozenset()
