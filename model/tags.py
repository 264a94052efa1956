"""Normalisation tags: what the numbers of one robot mean to a checkpoint (``norm_stats.json``).

A tag holds the statistics that scale states and actions to −1…1, the words the prompt uses for
the robot, the cameras and their order, and whether actions are absolute or relative to the state.
This module knows the file layout; it knows no torch and applies nothing (:mod:`model.transforms`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.errors import ConfigInvalid, UnknownTag
from model.joint_frame import JointFrame
from model.norm_stats import NormStats
from recordings.types import RobotSpec

FORMAT = "molmoact2_norm_stats.v1"
ABSOLUTE = "absolute joint pose"
RELATIVE = "joint pose relative to the current state"


@dataclass(frozen=True, slots=True)
class TagMetadata:
    """One tag of ``norm_stats.json``, with what Foresight adds to it."""

    state: NormStats
    action: NormStats
    setup_type: str  # words for the robot in the prompt
    control_mode: str  # words for what an action means: ABSOLUTE, RELATIVE or a released text
    camera_keys: tuple[str, ...] = ()  # order of the pictures; empty: any names, in bench order
    action_horizon: int = 30  # rows of a chunk
    n_action_steps: int = 30
    normalize_gripper: bool = True
    norm_mode: str = "q01_q99"
    # below: keys Foresight adds
    action_hz: float = 30.0  # rows per second of a chunk
    robot: RobotSpec | None = None  # the bench it was trained on, None in released files
    tasks: tuple[str, ...] = ()  # task texts seen in training
    action_rows: tuple[NormStats, ...] = ()  # per chunk row; empty: ``action`` for all rows
    frame: JointFrame | None = None  # units and directions of the numbers; None: robot units
    constant_is_zero: bool = True  # a column that never moved becomes 0; LeRobot makes it ±1

    @property
    def is_relative(self) -> bool:
        """Arm joints of an action count from the state at observation time (gripper absolute)."""
        return self.control_mode == RELATIVE

    @property
    def dt_s(self) -> float:
        """Seconds between two rows of a chunk."""
        return 1.0 / self.action_hz

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, norm_mode: str) -> TagMetadata:
        """Read one entry of ``metadata_by_tag``.

        Raises:
            ConfigInvalid: a field is missing or malformed.
        """
        for name in ("state_stats", "action_stats"):
            if name not in data:
                raise ConfigInvalid(f"norm_stats {name}", "missing", expected="statistics")
        robot, frame = data.get("robot"), data.get("joint_frame")
        horizon = int(data.get("action_horizon") or 30)
        return cls(
            state=NormStats.from_dict(data["state_stats"]),
            action=NormStats.from_dict(data["action_stats"]),
            setup_type=data.get("setup_type", ""),
            control_mode=data.get("control_mode", ""),
            camera_keys=tuple(data.get("camera_keys") or ()),
            action_horizon=horizon,
            n_action_steps=int(data.get("n_action_steps") or horizon),
            normalize_gripper=bool(data.get("normalize_gripper", False)),
            norm_mode=norm_mode,
            action_hz=float(data.get("action_hz") or 30.0),
            robot=None if robot is None else RobotSpec.from_dict(robot),
            tasks=tuple(data.get("tasks") or ()),
            action_rows=tuple(NormStats.from_dict(row) for row in data.get("action_rows") or ()),
            frame=None if frame is None else JointFrame.from_dict(frame),
            constant_is_zero=bool(data.get("constant_is_zero", True)),
        )

    def to_dict(self) -> dict[str, Any]:
        """One entry of ``metadata_by_tag``."""
        return {
            "action_key": "action",
            "state_keys": ["observation.state"],
            "camera_keys": list(self.camera_keys),
            "normalize_gripper": self.normalize_gripper,
            "action_dim": self.action.size,
            "action_horizon": self.action_horizon,
            "n_action_steps": self.n_action_steps,
            "setup_type": self.setup_type,
            "control_mode": self.control_mode,
            "action_stats": self.action.to_dict(),
            "state_stats": self.state.to_dict(),
            "action_hz": self.action_hz,
            "robot": None if self.robot is None else self.robot.to_dict(),
            "tasks": list(self.tasks),
            "action_rows": [row.to_dict() for row in self.action_rows],
            "joint_frame": None if self.frame is None else self.frame.to_dict(),
            "constant_is_zero": self.constant_is_zero,
        }


@dataclass(frozen=True, slots=True)
class Tags:
    """All tags of a checkpoint."""

    by_name: Mapping[str, TagMetadata]
    norm_mode: str = "q01_q99"

    def __getitem__(self, name: str) -> TagMetadata:
        """The tag of this name.

        Raises:
            UnknownTag: there is none.
        """
        if name not in self.by_name:
            raise UnknownTag(name, known=sorted(self.by_name))
        return self.by_name[name]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.by_name)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Tags:
        """Read the content of ``norm_stats.json``.

        Raises:
            ConfigInvalid: another format or a malformed tag.
        """
        if data.get("format") != FORMAT:
            raise ConfigInvalid("norm_stats format", data.get("format"), expected=FORMAT)
        mode = data.get("norm_mode", "q01_q99")
        entries = data.get("metadata_by_tag", {})
        return cls({k: TagMetadata.from_dict(v, norm_mode=mode) for k, v in entries.items()}, mode)

    def to_dict(self) -> dict[str, Any]:
        """The content of ``norm_stats.json``."""
        return {
            "format": FORMAT,
            "norm_mode": self.norm_mode,
            "metadata_by_tag": {name: tag.to_dict() for name, tag in self.by_name.items()},
        }
