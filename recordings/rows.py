"""A control step as one fixed-size row: the same bytes in the live ring and in the journal.

Knows how a :class:`Step` maps to a row of a given robot; knows no ring and no file.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from recordings.types import Authority, RobotSpec, Step, frozen_f32

Rows = npt.NDArray[np.void]  # (m,) of row_dtype(robot)


def row_dtype(robot: RobotSpec) -> np.dtype[np.void]:
    """Packed little-endian layout of one step of this robot."""
    n, cameras = len(robot.joints), len(robot.cameras)
    return np.dtype(
        [
            ("t_mono_ns", "<i8"),
            ("state", "<f4", (n,)),  # rad, measured
            ("action", "<f4", (n,)),  # rad, as sent
            ("authority", "u1"),
            ("plan_id", "<i8"),
            ("guard_bits", "<i8"),
            ("frames", "<i8", (cameras,)),  # newest ring index per camera, -1 none
        ]
    )


def write_row(rows: Rows, at: int, step: Step, *, robot: RobotSpec) -> None:
    """Put ``step`` into ``rows[at]``.

    Raises:
        ValueError: when state or action have not one value per joint.
    """
    n = len(robot.joints)
    if step.state.shape != (n,) or step.action.shape != (n,):
        message = (
            f"a step of {robot.name} needs {n} joints, got state {step.state.shape}"
            f" and action {step.action.shape}"
        )
        raise ValueError(message)
    frames = tuple(step.frames.get(name, -1) for name in robot.camera_names)
    rows[at] = (
        step.t_ns,
        step.state,
        step.action,
        int(step.authority),
        step.plan_id,
        step.guard_bits,
        frames,
    )


def to_step(row: Any, *, robot: RobotSpec) -> Step:  # noqa: ANN401 - numpy has no type for one row
    """The step in one row."""
    return Step(
        state=frozen_f32(row["state"]),
        action=frozen_f32(row["action"]),
        authority=Authority(int(row["authority"])),
        t_ns=int(row["t_mono_ns"]),
        frames=dict(zip(robot.camera_names, row["frames"].tolist(), strict=True)),
        plan_id=int(row["plan_id"]),
        guard_bits=int(row["guard_bits"]),
    )
