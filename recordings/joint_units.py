"""Joint values as other programs count them: radians or degrees, grippers 0…1 or 0…100.

The one place where datasets' units are converted. Inside Foresight everything is rad and 0…1.
"""

from __future__ import annotations

import enum

import numpy as np
import numpy.typing as npt

from recordings.types import RobotSpec

PERCENT = 100.0


class Units(enum.Enum):
    """How a dataset counts."""

    RADIANS = "radians"  # rad, grippers 0 closed … 1 open
    DEGREES = "degrees"  # degrees, grippers 0 closed … 100 open: LeRobot's SO-101 and Koch


def factors(robot: RobotSpec, units: Units) -> npt.NDArray[np.float64]:
    """(n,) what a value of ours is multiplied with to become one of the dataset."""
    if units is Units.RADIANS:
        return np.ones(len(robot.joints))
    return np.array([PERCENT if j.is_gripper else np.degrees(1.0) for j in robot.joints])


def to_dataset(values: npt.ArrayLike, *, robot: RobotSpec, units: Units) -> npt.NDArray[np.float32]:
    """(t, n) our values as the dataset counts them."""
    return (np.asarray(values, np.float64) * factors(robot, units)).astype(np.float32)


def from_dataset(
    values: npt.ArrayLike, *, robot: RobotSpec, units: Units
) -> npt.NDArray[np.float32]:
    """Inverse of :func:`to_dataset`, up to float32 rounding."""
    return (np.asarray(values, np.float64) / factors(robot, units)).astype(np.float32)
