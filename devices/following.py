"""Does the arm do what it is sent? Compares commands with what is measured, joint by joint.

A joint that stays behind is blocked, too weak or broken, and pushing on makes it worse. What a
servo's ordinary lag explains is allowed for. Grippers are left out: they are meant to stay behind
what they squeeze. Knows no authority and moves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from devices.rig_settings import RigSettings
from recordings.types import RobotSpec

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Behind:
    """The joint that does not follow."""

    joint: str
    behind_rad: float
    bound_rad: float
    for_s: float


class Following:
    """Watches one arm; one :meth:`look` per control period."""

    def __init__(self, robot: RobotSpec, *, settings: RigSettings) -> None:
        self._names = robot.joint_names
        self._arm = np.array([not joint.is_gripper for joint in robot.joints], dtype=bool)
        self._lag_s = settings.servo_lag_s
        self._press_rad = settings.press_rad
        self._rules = (
            (settings.behind_rad, settings.behind_s),
            (settings.behind_little_rad, settings.behind_little_s),
        )
        self._since_s = np.zeros((len(self._rules), len(robot.joints)))

    def forget(self) -> None:
        """The arm was put elsewhere, or holds what is measured: begin anew."""
        self._since_s[:] = 0.0

    def look(
        self, sent: npt.ArrayLike, v: npt.ArrayLike, q: npt.ArrayLike, elapsed_s: float
    ) -> Behind | None:
        """The joint that has stayed behind for too long, if any.

        Args:
            sent: (n,) rad, the command sent last.
            v: (n,) rad/s, its speed.
            q: (n,) rad, measured after it.
            elapsed_s: since the last look.
        """
        behind = np.abs(np.asarray(sent, dtype=np.float64) - np.asarray(q, dtype=np.float64))
        lag = self._lag_s * np.abs(np.asarray(v, dtype=np.float64))
        found: Behind | None = None
        for since_s, (bound_rad, limit_s) in zip(self._since_s, self._rules, strict=True):
            too_far = self._arm & (behind > bound_rad + lag)
            since_s[:] = np.where(too_far, since_s + elapsed_s, 0.0)
            joint = int(np.where(too_far, since_s, 0.0).argmax())
            if found is None and since_s[joint] > limit_s:
                found = Behind(
                    self._names[joint], float(behind[joint]), bound_rad, float(since_s[joint])
                )
        return found

    def relaxed(self, sent: npt.ArrayLike, q: npt.ArrayLike) -> F64:
        """Where to hold a blocked arm (n,) rad: as measured, pressing on a little; same grip."""
        command, measured = np.asarray(sent, dtype=np.float64), np.asarray(q, dtype=np.float64)
        gently = measured + np.clip(command - measured, -self._press_rad, self._press_rad)
        return np.where(self._arm, gently, command)
