"""Which kinds of arms a bench file can name: one line each.

To add one, write ``follower`` and ``leader`` readers beside its driver (see
:class:`devices.arm_entries.ArmKind`) and name their module here; its robot description has the
same name. A module is imported only when a bench has such an arm. Knows no port.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from devices.arm_entries import RESERVED, ArmKind, LeaderEntry, OneArm, Shared
from devices.bench_file import BenchTable


def _so101() -> ArmKind:
    from devices.so101.bench import KIND

    return KIND


def _koch() -> ArmKind:
    from devices.koch.bench import KIND

    return KIND


def _gello() -> ArmKind:
    from devices.gello.bench import KIND

    return KIND


def _yam() -> ArmKind:
    from devices.yam.bench import KIND

    return KIND


def _franka() -> ArmKind:
    from devices.franka.bench import KIND

    return KIND


KINDS: Mapping[str, Callable[[], ArmKind]] = {
    "so101": _so101,
    "so100": _so101,
    "koch": _koch,
    "gello": _gello,
    "yam": _yam,
    "franka": _franka,
}
ARM_TABLES = ("kind", "follower", "leaders")


def followers() -> tuple[str, ...]:
    """Kinds of arms that can follow."""
    return tuple(kind for kind, kind_of in KINDS.items() if kind_of().follower is not None)


def read_arm(table: BenchTable, shared: Shared) -> OneArm:
    """One follower and its leaders, from a whole bench file or from one side of it.

    Raises:
        InvalidBench: something in it is missing or impossible.
        InvalidCalibration: a calibration cannot be read or cannot be true.
    """
    kind = table.choice("kind", *followers())
    if not table.has("follower"):
        raise table.refuse("follower", None, "a table with port and calibration")
    read = KINDS[kind]().follower
    assert read is not None
    follower = read(table.table("follower"), shared)
    shared = replace(shared, joints=follower.joints)
    leaders = {name: _leader(own, kind, shared) for name, own in table.tables("leaders").items()}
    if RESERVED in leaders:
        expected = "another name: this one drives with mouse and keys"
        raise table.table("leaders").refuse(RESERVED, "a leader", expected)
    return OneArm(kind, follower, leaders)


def _leader(table: BenchTable, kind: str, shared: Shared) -> LeaderEntry:
    """A leader of the follower's kind unless its table names another one."""
    known = tuple(name for name, kind_of in KINDS.items() if kind_of().leader is not None)
    own = table.choice("kind", *known) if table.has("kind") else kind
    read = KINDS[own]().leader
    if read is None:
        raise table.refuse("kind", None, " or ".join(map(repr, known)))
    return read(table, shared)
