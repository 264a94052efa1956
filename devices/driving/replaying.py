"""A recording drives: slowly to where it begins, then along what was sent then.

The way to the beginning is straight in joint space and takes 3 s or, where it is far, longer. Knows
no obstacle, no authority and no guard: whoever sends these targets guards them like any others.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from devices.commands import Replay
from devices.driving.parking import Parking
from devices.errors import NotAllowed
from recordings.types import RobotSpec

F64 = npt.NDArray[np.float64]

REPLAY: Final = "recording"  # who leads meanwhile, in ``RigStatus.leader``
RAMP_S: Final = 3.0  # s, least time to the beginning
_ROUNDING_RAD: Final = 1e-3  # beyond a limit: less is rounding of the file


class Replaying:
    """One run along a recorded path; a second one is another object."""

    def __init__(self, start: npt.ArrayLike, wanted: Replay, *, rad_s: float) -> None:
        """From command ``start`` (n,) rad; the way to the beginning at most ``rad_s`` on average.

        ``wanted`` was checked by :func:`check_path`.
        """
        self._q = np.array(wanted.q, dtype=np.float64)
        self._t_s = np.array(wanted.t_s, dtype=np.float64)
        self._ramp = Parking(start, self._q[0], rad_s=rad_s, least_s=RAMP_S)
        self._since_s = 0.0  # on the path

    @property
    def done(self) -> bool:
        return self._ramp.done and self._since_s >= self._t_s[-1]

    @property
    def duration_s(self) -> float:
        """The way to the beginning and the path."""
        return self._ramp.duration_s + float(self._t_s[-1])

    def target(self, elapsed_s: float) -> F64:
        """Target (n,) rad, one control period on."""
        if not self._ramp.done:
            return self._ramp.target(elapsed_s)
        self._since_s += elapsed_s
        return np.array([np.interp(self._since_s, self._t_s, joint) for joint in self._q.T])


def check_path(wanted: Replay, robot: RobotSpec) -> None:
    """Refuse what is no path of this robot.

    Raises:
        NotAllowed: names what is wrong with it.
    """
    q, t_s = np.asarray(wanted.q), np.asarray(wanted.t_s)
    joints = len(robot.joints)
    reason = ""
    if q.ndim != 2 or q.shape[1] != joints or t_s.shape != q.shape[:1] or len(q) < 2:
        reason = f"its values are {q.shape} at {t_s.shape} times, expected (2 or more, {joints})"
    elif not (np.isfinite(q).all() and np.isfinite(t_s).all()):
        reason = "some of its values are not numbers"
    elif t_s[0] != 0.0 or (np.diff(t_s) <= 0).any():
        reason = "its times do not grow from zero"
    else:
        beyond = np.maximum(robot.lower - q, q - robot.upper).max(axis=0)
        if beyond.max() > _ROUNDING_RAD:
            worst = robot.joint_names[int(beyond.argmax())]
            reason = f"it leaves the range of {worst} by {beyond.max():.3f} rad"
    if reason:
        hint = "Choose another episode, or trim it."
        raise NotAllowed("Replaying the recording", reason=reason, hint=hint)
