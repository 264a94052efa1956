"""An input that drives the tool, as a bench file describes it; and the leader.

``[inputs.puck]`` with ``kind``, ``device`` and how fast. Knows only its table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from devices.base import Leader
from devices.bench_file import BenchTable
from devices.inputs.listing import PAD, PUCK, parse_address
from devices.inputs.speed import ToolSpeed
from devices.workspace import Workspace

if TYPE_CHECKING:  # heavy to import; only the process that builds the devices needs it
    from devices.kinematics import Kinematics

_DEFAULT = ToolSpeed()


@dataclass(frozen=True, slots=True)
class InputEntry:
    """One input of a bench. Picklable."""

    name: str
    kind: str  # "puck" or "gamepad"
    device: str  # hid:<vendor>:<product>[:<serial>]
    speed: ToolSpeed = field(default_factory=ToolSpeed)
    arm: str = ""  # of a pair: "left" or "right"; "" the right one

    @classmethod
    def from_table(cls, name: str, table: BenchTable) -> InputEntry:
        """The input a table describes.

        Raises:
            InvalidBench: something in it is missing or impossible.
            InvalidInput: the device is named in no known way.
        """
        table.only(
            *("kind", "device", "arm", "linear_m_s", "angular_rad_s", "gripper_per_s", "seat_rad")
        )
        device = table.text("device", "hid:<vendor>:<product> as `foresight devices` prints it")
        parse_address(device)
        speed = ToolSpeed(
            table.number("linear_m_s", _DEFAULT.linear_m_s, low=0.01, high=0.5, unit="m/s"),
            table.number("angular_rad_s", _DEFAULT.angular_rad_s, low=0.05, high=3.0, unit="rad/s"),
            table.number("gripper_per_s", _DEFAULT.gripper_per_s, low=0.1, high=5.0, unit="1/s"),
            table.number("seat_rad", _DEFAULT.seat_rad, low=-6.3, high=6.3, unit="rad"),
        )
        arm = table.choice("arm", "left", "right") if table.has("arm") else ""
        return cls(name, table.choice("kind", PUCK, PAD), device, speed, arm)

    def build(self, kinematics: Kinematics, *, box: Workspace | None = None) -> Leader:
        """The leader, closed, in the process that will own it.

        Args:
            kinematics: of the follower, for this leader alone.
            box: where the tip may be led; in front of an SO-101 when absent.
        """
        from devices.inputs.described import tool_leader

        return tool_leader(self.name, self.kind, self.device, kinematics, speed=self.speed, box=box)
