"""Two arms as one list of joints: left first, then right, each name with its side before it.

The order and the names are those of MolmoAct 2's bimanual checkpoints and of LeRobot's bimanual
robots. Knows no device.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recordings.types import F32, JointSpec, JointState, frozen_f32

SIDES = ("left", "right")


def prefix_of(side: str) -> str:
    """What stands before the names of joints and links of a side."""
    return f"{side}_"


def joined(left: tuple[JointSpec, ...], right: tuple[JointSpec, ...]) -> tuple[JointSpec, ...]:
    """The joints of both arms, with their sides."""
    return tuple(
        replace(joint, name=prefix_of(side) + joint.name)
        for side, joints in zip(SIDES, (left, right), strict=True)
        for joint in joints
    )


@dataclass(frozen=True, slots=True)
class Halves:
    """Where the joints of each arm are in the list of both."""

    left: int  # joints of the left arm

    def split(self, q: F32) -> tuple[F32, F32]:
        """(n,) of both → those of the left and of the right arm."""
        return frozen_f32(q[: self.left]), frozen_f32(q[self.left :])

    def part(self, side: str) -> slice:
        """Of the joints of one side."""
        return slice(0, self.left) if side == SIDES[0] else slice(self.left, None)


def both(left: JointState, right: JointState) -> JointState:
    """The state of both arms; as old as the older one. What only one of them measures is left out.

    Alarms are named with the side of their joint.
    """
    return JointState(
        q=frozen_f32(np.concatenate((left.q, right.q))),
        t_ns=min(left.t_ns, right.t_ns),
        temperature_c=_both(left.temperature_c, right.temperature_c),
        current_a=_both(left.current_a, right.current_a),
        load=_both(left.load, right.load),
        voltage_v=_both(left.voltage_v, right.voltage_v),
        alarms={
            prefix_of(side) + joint: words
            for side, state in zip(SIDES, (left, right), strict=True)
            for joint, words in state.alarms.items()
        },
    )


def _both(left: F32 | None, right: F32 | None) -> F32 | None:
    if left is None or right is None:
        return None
    return frozen_f32(np.concatenate((left, right)))
