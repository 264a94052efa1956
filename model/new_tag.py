"""Makes the normalisation tag of a new robot from the data it will be fine-tuned on.

Statistics are exact and taken over every training example, in the numbers the network will see.
Knows no files and no torch.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from model.data import Dataset
from model.joint_frame import JointFrame
from model.quantiles import column_statistics
from model.tags import RELATIVE, NormStats, TagMetadata
from model.transforms import UnitTransform
from recordings.types import RobotSpec
from recordings.windows.moments import Grid


def new_tag(
    dataset: Dataset,
    rows: npt.NDArray[np.integer],
    *,
    grid: Grid,
    control_mode: str = RELATIVE,
    masked: bool = False,
    frame: JointFrame | None = None,
) -> TagMetadata:
    """The tag of ``dataset.robot``.

    Args:
        dataset: all examples.
        rows: the training ones; held-out episodes do not enter the statistics.
        grid: spacing and length of the chunks.
        control_mode: what an action means, in the prompt's words.
        masked: leave rows out that carry no loss (behind the end, under another driver).
        frame: units and directions the network knows this robot in; None is robot units.
    """
    robot = dataset.robot
    here = dataset.state[rows]
    state = _statistics(here if frame is None else frame.to_checkpoint(here), robot)
    draft = TagMetadata(
        state=state,
        action=state,  # replaced below: which numbers to measure is the transform's business
        setup_type=setup_words(robot),
        control_mode=control_mode,
        camera_keys=robot.camera_names,
        action_horizon=grid.horizon,
        n_action_steps=grid.horizon,
        action_hz=1.0 / grid.dt_s,
        robot=robot,
        tasks=tuple(sorted(set(dataset.task))),
        frame=frame,
    )
    counted = UnitTransform(draft).relative(dataset.action[rows], dataset.state[rows])
    valid = dataset.valid[rows] if masked else np.ones(counted.shape[:2], bool)  # (rows, h)
    overall = _statistics(counted[valid], robot)
    # motion relative to now grows along the chunk: each row gets the resolution it needs
    by_row = tuple(
        _statistics(row[use] if use.any() else row, robot)
        for row, use in zip(counted.swapaxes(0, 1), valid.T, strict=True)
    )
    return replace(draft, action=overall, action_rows=by_row if draft.is_relative else ())


def setup_words(robot: RobotSpec) -> str:
    """The robot in the words of the prompt, as the released tags put it."""
    return f"single {robot.name} robotic arm in foresight"


def _statistics(values: npt.NDArray[np.floating], robot: RobotSpec) -> NormStats:
    mask = (True,) * len(robot.joints)
    return NormStats.from_dict(column_statistics(values, names=robot.joint_names, mask=mask))
