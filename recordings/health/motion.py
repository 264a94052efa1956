"""How healthy the joint rows of an episode are: rate, gaps, missing numbers, jumps, end stops.

Pure functions on arrays; knows no file and no camera. ``sentences`` says what the numbers mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recordings.types import F32, RobotSpec

GAP_PERIODS = 3.0  # a step that comes later than this many periods is a gap
JUMP_FACTOR = 3.0  # times the joint's top speed: no motor does that, an encoder or a bus did
NEAR_LIMIT = 0.005  # of the range: this close to an end a joint rests against it
STILL = 0.002  # of the range per second: slower than this nothing moves
_EPS = 1e-9


@dataclass(frozen=True, slots=True)
class Peak:
    """The worst moment of something."""

    value: float
    at_s: float
    joint: str = ""


@dataclass(frozen=True, slots=True)
class MotionHealth:
    """Numbers about the rows of one episode."""

    steps: int
    duration_s: float
    rate_hz: float
    wanted_hz: float
    gaps: int
    longest_gap: Peak  # s
    backwards: int  # steps whose time lies before the one before: the clock jumped
    not_numbers: int  # NaN or infinite values in state and action
    jumps: int
    largest_jump: Peak  # rad (gripper: of its opening) between two steps
    at_limit: dict[str, float]  # joint → share of the steps at an end of its range
    gripper_beyond: float  # largest command or measurement outside 0 … 1
    gripper_cut: dict[str, float]  # gripper → share of the commands exactly 0 or 1
    idle_start_s: float  # nothing moves yet
    idle_end_s: float  # nothing moves any more


def motion_health(
    t_ns: npt.NDArray[np.int64], state: F32, action: F32, *, robot: RobotSpec
) -> MotionHealth:
    """Look at (t,) times ns, (t, n) measured and (t, n) sent joint values, rad."""
    since_s = (t_ns - t_ns[0]) / 1e9 if len(t_ns) else np.zeros(0)
    dt_s = np.diff(since_s)
    wanted = robot.control_hz
    late = dt_s > GAP_PERIODS / wanted
    jump = _jumps(state, dt_s, robot)
    duration_s = float(since_s[-1]) if len(since_s) else 0.0
    idle_start_s, idle_end_s = _idle(since_s, state, robot)
    return MotionHealth(
        steps=len(t_ns),
        duration_s=duration_s,
        rate_hz=len(dt_s) / duration_s if duration_s > 0 else 0.0,
        wanted_hz=wanted,
        gaps=int(late.sum()),
        longest_gap=_worst(dt_s, since_s),
        backwards=int((dt_s < 0).sum()),
        not_numbers=int((~np.isfinite(state)).sum() + (~np.isfinite(action)).sum()),
        jumps=int(jump.any(axis=1).sum()) if len(jump) else 0,
        largest_jump=_largest_jump(state, jump, since_s, robot),
        at_limit=_at_limit(state, robot),
        gripper_beyond=_gripper_beyond(state, action, robot),
        gripper_cut=_gripper_cut(action, robot),
        idle_start_s=idle_start_s,
        idle_end_s=idle_end_s,
    )


def _jumps(state: F32, dt_s: npt.NDArray[np.float64], robot: RobotSpec) -> npt.NDArray[np.bool_]:
    """(t - 1, n) where a joint moved faster than it can."""
    period_s = 1.0 / robot.control_hz
    allowed = JUMP_FACTOR * np.maximum(dt_s, period_s)[:, None] * robot.max_speed
    with np.errstate(invalid="ignore"):
        return np.abs(np.diff(state, axis=0)) > allowed


def _largest_jump(
    state: F32,
    jump: npt.NDArray[np.bool_],
    since_s: npt.NDArray[np.float64],
    robot: RobotSpec,
) -> Peak:
    if not jump.any():
        return Peak(0.0, 0.0)
    size = np.where(jump, np.abs(np.diff(state, axis=0)), 0.0)
    row, joint = np.unravel_index(int(size.argmax()), size.shape)
    return Peak(float(size[row, joint]), float(since_s[row + 1]), robot.joint_names[int(joint)])


def _worst(dt_s: npt.NDArray[np.float64], since_s: npt.NDArray[np.float64]) -> Peak:
    if not len(dt_s):
        return Peak(0.0, 0.0)
    row = int(dt_s.argmax())
    return Peak(float(dt_s[row]), float(since_s[row]))


def _at_limit(state: F32, robot: RobotSpec) -> dict[str, float]:
    margin = NEAR_LIMIT * (robot.upper - robot.lower)
    at_end = (state <= robot.lower + margin) | (state >= robot.upper - margin)
    shares = at_end.mean(axis=0) if len(state) else np.zeros(len(robot.joints))
    return {j.name: float(s) for j, s in zip(robot.joints, shares, strict=True) if not j.is_gripper}


def _gripper_beyond(state: F32, action: F32, robot: RobotSpec) -> float:
    grippers = [i for i, joint in enumerate(robot.joints) if joint.is_gripper]
    if not grippers or not len(state):
        return 0.0
    values = np.nan_to_num(np.concatenate([state[:, grippers], action[:, grippers]]), nan=0.5)
    return float(max(0.0, values.max() - 1.0, -values.min()))


def _gripper_cut(action: F32, robot: RobotSpec) -> dict[str, float]:
    return {
        joint.name: float(np.mean((action[:, i] <= 0.0) | (action[:, i] >= 1.0)))
        for i, joint in enumerate(robot.joints)
        if joint.is_gripper and len(action)
    }


def _idle(since_s: npt.NDArray[np.float64], state: F32, robot: RobotSpec) -> tuple[float, float]:
    """Seconds at the beginning and at the end in which no joint leaves where it is."""
    if len(state) < 2:
        return 0.0, 0.0
    scale = np.maximum(robot.upper - robot.lower, _EPS)
    values = np.nan_to_num(state) / scale
    left = np.flatnonzero(np.abs(values - values[0]).max(axis=1) > STILL * 5)
    arrived = np.flatnonzero(np.abs(values - values[-1]).max(axis=1) > STILL * 5)
    end_s = float(since_s[-1])
    start = float(since_s[left[0]]) if len(left) else end_s
    end = end_s - float(since_s[arrived[-1]]) if len(arrived) else end_s
    return start, end
