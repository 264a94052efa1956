"""The gripper of a YAM arm: where its ends are, and how hard it may squeeze.

Its motor forgets with the power where it stands, and turns more than once from end to end: the ends
are found by pushing gently until it stalls. Pure; knows no bus.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.damiao.mit import Feedback, Push
from devices.yam.parts import Gripper

SEEK_NM = 0.5
SEEK_KD = 0.15
STALL_RAD_S = 0.3  # slower than this it has come to rest
STALLED_S = 0.15  # for so long
TIMEOUT_S = 8.0
SHORTEST, LONGEST = 0.7, 1.15  # of the stroke that the maker gives
BLOCKED_NM = 0.5  # more torque than this without moving: it holds something


@dataclass(frozen=True, slots=True)
class Jaws:
    """Ends of one gripper, as its motor counts, and how it is told."""

    gripper: Gripper
    closed_rad: float
    open_rad: float

    def opening(self, angle: float) -> float:
        """0 closed … 1 open."""
        return (angle - self.closed_rad) / (self.open_rad - self.closed_rad)

    def push(self, opening: float, now: Feedback) -> Push:
        """Drive to an opening; what is between the jaws is held with a bounded force.

        Args:
            opening: 0 closed … 1 open.
            now: what the motor told last, positions as it counts.
        """
        kp, kd = self.gripper.kp, self.gripper.kd
        goal = self.closed_rad + opening * (self.open_rad - self.closed_rad)
        blocked = abs(now.torque_nm) > BLOCKED_NM and abs(now.speed_rad_s) < STALL_RAD_S
        if blocked:
            most = self.gripper.grip_nm / kp
            goal = now.position_rad + min(max(goal - now.position_rad, -most), most)
        return Push(goal, kp=kp, kd=kd)


def seek(gripper: Gripper, *, opening: bool) -> Push:
    """Push gently towards one end."""
    sign = gripper.direction if opening else -gripper.direction
    return Push(kd=SEEK_KD, torque_nm=SEEK_NM * sign)


class Stall:
    """Tells when a motor has come to rest at an end."""

    def __init__(self) -> None:
        self._slow_since_s: float | None = None

    def is_at_end(self, speed_rad_s: float, now_s: float) -> bool:
        """To be asked with every reading."""
        if abs(speed_rad_s) >= STALL_RAD_S:
            self._slow_since_s = None
            return False
        if self._slow_since_s is None:
            self._slow_since_s = now_s
        return now_s - self._slow_since_s >= STALLED_S


def is_plausible(gripper: Gripper, moved_rad: float) -> bool:
    """Whether what lies between two ends is about the stroke of this gripper."""
    return SHORTEST * gripper.stroke_rad <= abs(moved_rad) <= LONGEST * gripper.stroke_rad
