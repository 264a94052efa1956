"""How far a planned chunk is from the one that was recorded, in joint units.

Knows no network. A policy may well differ from the recording and be right; over many held-out
moments a smaller number is still a better policy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recordings.types import F32, RobotSpec


@dataclass(frozen=True, slots=True)
class ComparedChunks:
    """Chunks of moments that nothing was learned from."""

    planned: F32  # (m, h, n) rad
    recorded: F32  # (m, h, n) rad
    valid: npt.NDArray[np.bool_]  # (m, h) rows that were really recorded
    robot: RobotSpec

    @property
    def error(self) -> ChunkError:
        """How far apart they are on average."""
        return ChunkError.between(self.planned, self.recorded, valid=self.valid, robot=self.robot)

    def few(self, count: int) -> ComparedChunks:
        """``count`` of them, evenly spread, the same ones every time; whole ones where there are.

        A chunk that the end of its episode cuts short shows little.
        """
        whole = np.flatnonzero(self.valid.all(axis=1))
        known = whole if len(whole) >= count else np.arange(len(self.valid))
        rows = known[np.unique(np.linspace(0, len(known) - 1, count).astype(int))]
        planned, recorded = self.planned[rows], self.recorded[rows]
        return ComparedChunks(planned, recorded, self.valid[rows], self.robot)


@dataclass(frozen=True, slots=True)
class ChunkError:
    """Mean absolute differences over chunks, rows and joints."""

    arm_rad: float  # 0 for a robot without arm joints
    gripper: float  # opening fraction, 0 for a robot without gripper
    per_joint: tuple[float, ...]  # rad, gripper opening fraction

    @classmethod
    def between(
        cls,
        planned: F32,  # (m, h, n) rad
        recorded: F32,  # (m, h, n) rad
        *,
        valid: npt.NDArray[np.bool_],  # (m, h) rows that were really recorded
        robot: RobotSpec,
    ) -> ChunkError:
        """Of rows that have a recording to be compared with."""
        apart = np.abs(planned - recorded)[valid]  # (rows, n)
        per_joint = apart.mean(axis=0) if len(apart) else np.zeros(planned.shape[-1])
        gripper = np.array([joint.is_gripper for joint in robot.joints])
        return cls(
            arm_rad=float(per_joint[~gripper].mean()) if (~gripper).any() else 0.0,
            gripper=float(per_joint[gripper].mean()) if gripper.any() else 0.0,
            per_joint=tuple(float(value) for value in per_joint),
        )
