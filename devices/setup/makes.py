"""The makes of arms that can be set up: one entry each.

To add a make, write a class that follows :class:`devices.arm_make.ArmMake` beside its driver and
put its instance into :data:`MAKES`. Knows no port.
"""

from __future__ import annotations

from collections.abc import Mapping

from devices.arm_make import ArmMake
from devices.koch.make import KOCH
from devices.so101.make import SO101

MAKES: Mapping[str, ArmMake] = {make.kind: make for make in (SO101, KOCH)}


def names_of(make: ArmMake) -> tuple[str, ...]:
    """Its joints by name, in order."""
    return tuple(joint.name for joint in make.joints)
