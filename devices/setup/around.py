"""Looking at every serial port: which arms are there, and what is wrong with them.

Opens only adapters that are known from robot arms, and ports it is told about: opening a port of
something else may reset it. Reads; writes and moves nothing.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from devices.arm_make import ArmMake
from devices.errors import DeviceError
from devices.motor_errors import PortDenied
from devices.ports import (
    ADAPTERS,
    PortInfo,
    access_command,
    identity_of,
    lasting_name,
    same_port,
    serial_ports,
)
from devices.setup.messages import PortLook

NOT_OURS = "It is no adapter known from robot arms, so it was not opened. Type it below to look."
ALIKE = (
    "Another adapter has the same serial number, so only the USB socket tells them apart: "
    "keep each in its socket."
)


def look_around(
    makes: Mapping[str, ArmMake],
    *,
    extra: Iterable[str] = (),
    taken: Collection[str] = (),
    listing: Callable[[], Iterable[PortInfo]] = serial_ports,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[PortLook, ...]:
    """Every serial port and who answers there.

    Args:
        makes: of arms that may be there.
        extra: ports to look at besides those of known adapters.
        taken: ports that are open elsewhere and must not be touched.
        listing: of USB adapters.
        tell: told the port that is being looked at.
    """
    infos = list(listing())
    known = {info.name for info in infos}
    infos += [_named(name) for name in dict.fromkeys(extra) if not _listed(name, known)]
    alike = Counter(info.identity for info in infos if info.identity)
    found: list[PortLook] = []
    for info in infos:
        twins = alike[info.identity] > 1
        look = _plain(info, unique=not twins, note=ALIKE if twins else "")
        if any(same_port(info.name, port) for port in taken):
            found.append(replace(look, taken=True))
        elif info.adapter not in ADAPTERS.values() and not _asked_for(info, extra):
            found.append(replace(look, note=NOT_OURS))
        else:
            tell(info.name)
            found.append(look_at(look, makes))
    return tuple(found)


def look_at(look: PortLook, makes: Mapping[str, ArmMake]) -> PortLook:
    """Who answers on one port; the first make that recognises its own."""
    seen = look
    for kind, make in makes.items():
        try:
            arm = make.look(look.port)
        except DeviceError as error:
            command = access_command(look.port) if isinstance(error, PortDenied) else ""
            fault = error.to_fault(t_ns=time.monotonic_ns())
            seen = replace(look, make=kind, trouble=fault, command=command)
        else:
            if arm is not None:
                return replace(look, make=kind, arm=arm)
    return seen


def _plain(info: PortInfo, *, unique: bool, note: str) -> PortLook:
    return PortLook(
        info.name, lasting_name(info, unique=unique), info.adapter, info.identity, info.hub,
        note=note,
    )  # fmt: skip


def _named(name: str) -> PortInfo:
    """A port somebody typed in or a bench file names."""
    return PortInfo(name, identity_of(name), "serial port", "")


def _listed(name: str, known: Collection[str]) -> bool:
    return any(same_port(name, other) for other in known)


def _asked_for(info: PortInfo, extra: Iterable[str]) -> bool:
    return any(same_port(info.name, name) for name in extra)
