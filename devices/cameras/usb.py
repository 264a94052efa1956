"""Where a USB camera is plugged in, and whether cameras there get in each other's way.

High-speed (USB 2) devices of one controller share 480 Mbit/s, of which a camera may reserve four
fifths; a hub in front of a USB 3 port does not change that. Knows no camera and no file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

USB2_MBIT_S = 480.0
USABLE = 0.8  # of a USB 2 bus for isochronous transfers (80 % of a microframe)
USABLE_USB3 = 0.6  # of a USB 3 link, after its 8b/10b coding


@dataclass(frozen=True, slots=True)
class UsbPlace:
    """One plug: bus number and the ports on the way to it."""

    bus: int
    ports: str  # "2.3": port 3 of the hub in port 2 of the root hub
    speed_mbit_s: float

    @property
    def hub(self) -> str:
        """The hub it is plugged into; "" for the machine itself."""
        return self.ports.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class UsbLoad:
    """A camera and what its mode takes."""

    camera: str
    place: UsbPlace
    mbit_s: float


@dataclass(frozen=True, slots=True)
class UsbCrowd:
    """Cameras that together ask for more than their cable carries."""

    cameras: tuple[str, ...]
    mbit_s: float
    limit_mbit_s: float
    hub: str  # the hub they share, "" when it is a bus of the machine
    bus: int

    @property
    def message(self) -> str:
        """One sentence and what to do."""
        where = f"one hub (bus {self.bus}, port {self.hub})" if self.hub else f"USB bus {self.bus}"
        names = ", ".join(self.cameras[:-1]) + f" and {self.cameras[-1]}"
        return (
            f"Cameras {names} on {where} ask for about {self.mbit_s:.0f} Mbit/s of "
            f"{self.limit_mbit_s:.0f} Mbit/s: pictures will be late or missing. "
            "Ask for MJPG, a smaller picture or fewer pictures per second, or plug one of them "
            "into a USB port of another controller."
        )


def crowds(loads: Sequence[UsbLoad]) -> list[UsbCrowd]:
    """Every bus whose cameras ask for more than it carries, and the hub they share, if they do."""
    buses: defaultdict[tuple[int, float], list[UsbLoad]] = defaultdict(list)
    for load in loads:
        buses[load.place.bus, _shared_mbit_s(load.place)].append(load)
    found = [_crowd(on_bus, limit) for (_, limit), on_bus in sorted(buses.items())]
    return [crowd for crowd in found if crowd is not None]


def _shared_mbit_s(place: UsbPlace) -> float:
    """What all devices of this speed on the bus share."""
    if place.speed_mbit_s <= USB2_MBIT_S:
        return USB2_MBIT_S * USABLE
    return place.speed_mbit_s * USABLE_USB3


def _crowd(loads: list[UsbLoad], limit: float) -> UsbCrowd | None:
    total = sum(load.mbit_s for load in loads)
    if len(loads) < 2 or total <= limit:
        return None
    hubs = {load.place.hub for load in loads}
    names = tuple(sorted(load.camera for load in loads))
    return UsbCrowd(names, total, limit, hubs.pop() if len(hubs) == 1 else "", loads[0].place.bus)
