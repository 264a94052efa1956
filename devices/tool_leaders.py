"""What drives the tool of a bench: mouse and keys, pucks and gamepads, on one arm or on a side.

On a pair of arms each of them drives one: mouse and keys the right one as "hand" and the left one
as "left hand", an input the one that its table names. Knows no make.
"""

from __future__ import annotations

from collections.abc import Sequence

from devices.base import Leader
from devices.bimanual.halves import SIDES, Halves
from devices.bimanual.one_hand import OneHand
from devices.description import Standing
from devices.inputs.entry import InputEntry
from devices.inputs.hand import HandLeader
from devices.kinematics import Kinematics


def hand_leaders(standing: Sequence[Standing], *, name: str) -> dict[str, Leader]:
    """What mouse and keys drive, by name, each with kinematics of its own.

    Args:
        standing: the arms of the bench.
        name: of the one that is usually meant.
    """
    sides = {SIDES[1]: name, SIDES[0]: f"{SIDES[0]} {name}"} if len(standing) > 1 else {"": name}
    return {
        name: _on(standing, side, HandLeader(Kinematics.of(_arm(standing, side).robot)))
        for side, name in sides.items()
    }


def input_leaders(standing: Sequence[Standing], entries: Sequence[InputEntry]) -> dict[str, Leader]:
    """Pucks and gamepads by name, closed, each with kinematics of its own."""
    return {
        entry.name: _on(
            standing, entry.arm, entry.build(Kinematics.of(_arm(standing, entry.arm).robot))
        )
        for entry in entries
    }


def _arm(standing: Sequence[Standing], side: str) -> Standing:
    """The arm on a side; the right one of a pair when none is named."""
    return standing[0] if len(standing) == 1 or side == SIDES[0] else standing[1]


def _on(standing: Sequence[Standing], side: str, leader: Leader) -> Leader:
    if len(standing) == 1:
        return leader
    count = len(Kinematics.of(standing[0].robot).joints)
    part = Halves(count).part(side or SIDES[1])
    return OneHand(leader, part, turn_rad=_arm(standing, side).turn_rad)
