"""The cameras of a kit while it is set up: which there are, and what each of them sees.

A process of its own looks through them. Those that the rig has, or is about to have, are left to
it. Knows no widget and no role.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from devices.cameras.address import check_address
from devices.cameras.glance import Glance
from devices.cameras.listing import list_cameras
from devices.setup.bench_draft import CameraDraft
from studio.setting_up.host import WorkerHost
from studio.setting_up.peeking import LookingAt, run_peek

LOOK_S = 1.5  # between two looks at what is plugged in
NOT_SEEN = Glance("", None)


class SeenCameras(QObject):
    """Found cameras and their pictures; the only writer of both."""

    changed = Signal()  # which cameras there are
    seen = Signal(str)  # address whose picture is new

    def __init__(
        self,
        drafted: Callable[[], tuple[CameraDraft, ...]],
        taken: Callable[[], frozenset[str]],
        parent: QObject | None = None,
    ) -> None:
        """Nothing is opened yet.

        Args:
            drafted: cameras of the bench file as it is now.
            taken: addresses that the rig has or is about to have.
            parent: of the object.
        """
        super().__init__(parent)
        self.found: Mapping[str, str] = {}  # address → what it is called
        self._drafted = drafted
        self._taken = taken
        self._typed: dict[str, str] = {}
        self._free: frozenset[str] = frozenset()  # of the rig, at the last look
        self._wanted: dict[str, CameraDraft] = {}
        self._held: frozenset[str] = frozenset()
        self._glances: dict[str, Glance] = {}
        self._looked_s = 0.0
        self._host: WorkerHost[tuple[CameraDraft, ...], LookingAt | Glance] = WorkerHost(
            run_peek, "foresight-peek"
        )

    def glance(self, address: str) -> Glance:
        """What a camera saw last, or why it sees nothing; neither while it is being opened."""
        return self._glances.get(address, NOT_SEEN)

    def holds(self, addresses: frozenset[str]) -> bool:
        """Whether one of these is still open here."""
        return bool(addresses & (self._held | self._wanted.keys()))

    def add(self, address: str) -> None:
        """Look through a camera that no listing tells: a stream or a file.

        Raises:
            InvalidAddress: it names no camera for good.
        """
        check_address(address)
        self._typed[address] = address
        self.look()

    def look(self) -> None:
        """Look what is there. What the rig let go of is opened with the second look after that."""
        self._looked_s = time.monotonic()
        drafted = {camera.address: camera for camera in self._drafted()}
        found = {c.address: c.name for c in list_cameras() if c.address} | self._typed
        found |= {address: address for address in drafted if address not in found}
        free = frozenset(found) - self._taken()
        both, self._free = free & (self._free | self._wanted.keys() | self._typed.keys()), free
        self._want({a: replace(drafted.get(a) or CameraDraft("", a), role="") for a in both})
        if found != self.found:
            self.found = found
            self.changed.emit()

    def tick(self) -> None:
        """Take in pictures, and let go of what the rig wants."""
        taken = self._taken()
        if taken & self._wanted.keys():
            self._want({a: draft for a, draft in self._wanted.items() if a not in taken})
        elif time.monotonic() - self._looked_s > LOOK_S:
            self.look()
        for told in self._host.poll():
            if isinstance(told, LookingAt):
                self._held = told.addresses
            elif told.address in self._wanted:
                self._glances[told.address] = told
                self.seen.emit(told.address)

    def rest(self) -> None:
        """Let go of all cameras."""
        self._free = frozenset()
        self._want({})

    def close(self) -> None:
        """Let go of all cameras and end the process."""
        self._wanted, self._held = {}, frozenset()
        self._host.close()

    def _want(self, cameras: dict[str, CameraDraft]) -> None:
        """Look through these, whatever their place: another place does not open one anew."""
        if cameras == self._wanted and (self._host.alive or not cameras):
            return
        self._wanted = cameras
        self._glances = {a: g for a, g in self._glances.items() if a in cameras}
        self._host.ask(tuple(cameras.values()))
