"""Two arms side by side as a bench file describes them, of one make or of two.

    version = 1
    kind = "bimanual"

    [left]
    kind = "so101"
    place = [0.0, 0.25, 0.0]            # m, of its base on the table; half a metre apart if absent
    turn = 0.0                          # rad about the vertical
    [left.follower]
    port = "…"
    calibration = "left_follower.toml"
    [left.leaders.main]                 # the leaders of both sides pair up by name
    port = "…"
    calibration = "left_leader.toml"

    [right]                             # the same

Joints are those of the left arm, then those of the right one. Knows no make and no rig.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from devices.arm_entries import OneArm, Shared
from devices.arm_kinds import ARM_TABLES, read_arm
from devices.base import Arm, Leader
from devices.bench_file import BenchTable
from devices.bimanual.arm import TwoFollowers
from devices.bimanual.halves import SIDES, Halves, joined, prefix_of
from devices.bimanual.leader import TwoLeaders
from devices.description import Standing
from recordings.types import JointSpec, RobotSpec

KIND = "bimanual"
APART_M = 0.5  # between the bases of two arms, unless the bench file says otherwise


@dataclass(frozen=True, slots=True)
class TwoArms:
    """A left and a right follower with their leaders. Picklable."""

    left: OneArm
    right: OneArm
    standing: tuple[Standing, ...]

    @property
    def name(self) -> str:
        """Of the robot: both kinds, or the one that both are."""
        kinds = dict.fromkeys((self.left.kind, self.right.kind))
        return "_".join((KIND, *kinds))

    @property
    def joints(self) -> tuple[JointSpec, ...]:
        return joined(self.left.joints, self.right.joints)

    @property
    def halves(self) -> Halves:
        return Halves(len(self.left.joints))

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Arm with its side → what tells its calibration from every other one."""
        both = zip(SIDES, (self.left, self.right), strict=True)
        return {f"{s} {arm}": told for s, one in both for arm, told in one.fingerprints.items()}

    @property
    def leader_names(self) -> tuple[str, ...]:
        return self.left.leader_names

    def build(self, robot: RobotSpec) -> tuple[Arm, dict[str, Leader]]:
        """Follower and leaders, none of them open."""
        arms: list[Arm] = []
        leaders: list[dict[str, Leader]] = []
        for side, one in zip(SIDES, (self.left, self.right), strict=True):
            own = replace(robot, name=one.kind, joints=one.joints, cameras=())
            arm, led_by = one.build(own, side=f"{side} ")
            arms.append(arm)
            leaders.append(led_by)
        pairs = {
            name: TwoLeaders(name, left, leaders[1][name], halves=self.halves)
            for name, left in leaders[0].items()
        }
        return TwoFollowers(robot, *arms), dict(pairs)


def read_two_arms(file: BenchTable, shared: Shared) -> TwoArms:
    """Both sides of a bench file.

    Raises:
        InvalidBench: something in it is missing or impossible.
        InvalidCalibration: a calibration cannot be read or cannot be true.
    """
    arms: list[OneArm] = []
    standing: list[Standing] = []
    for side, sign in zip(SIDES, (1, -1), strict=True):
        table = file.table(side)
        table.only(*ARM_TABLES, "place", "turn")
        arms.append(read_arm(table, shared))
        standing.append(_stands(table, side, arms[-1].kind, y_m=sign * APART_M / 2))
    left, right = arms
    if set(left.leaders) != set(right.leaders):
        names = ", ".join(left.leaders) or "none"
        expected = f"the leaders that the left arm has: {names}"
        raise file.table("right").refuse("leaders", ", ".join(right.leaders), expected)
    return TwoArms(left, right, tuple(standing))


def _stands(table: BenchTable, side: str, kind: str, *, y_m: float) -> Standing:
    x, y, z = table.numbers("place", 3, "three numbers, m") if table.has("place") else (0, y_m, 0)
    turn_rad = table.number("turn", 0.0, low=-math.tau, high=math.tau, unit="rad")
    return Standing(kind, prefix_of(side), (float(x), float(y), float(z)), turn_rad)
