"""The robots behind the released tags: joints in order, units, cameras, what an action means.

A released ``norm_stats.json`` says how to scale numbers, not which joint they belong to or in
which unit they are. That is written here, so that a checkpoint on the wrong bench is refused
instead of moving the wrong joint. Knows no torch and no files.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from model.errors import RobotMismatch
from model.joint_frame import JointFrame, old_so_frame
from model.norm_stats import NormStats
from model.tags import TagMetadata, Tags
from recordings.types import CameraSpec, JointSpec, RobotSpec

SO_JOINTS = ("shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll", "gripper")
YAM_JOINTS = tuple(
    f"{side}_{joint}"
    for side in ("left", "right")
    for joint in (*(f"joint{i}" for i in range(1, 7)), "gripper")
)
FRANKA_JOINTS = (*(f"joint{i}" for i in range(1, 8)), "gripper")
PICTURE = (640, 480)  # px, of a bench nobody has described; changes no meaning
_NUMBERED = re.compile(r"cam(era)?_?\d+")  # a name that says nothing about where it looks
UNKNOWN_SPEED = 1.0  # rad/s, of a bench nobody has described; the rig goes by its own limits


@dataclass(frozen=True, slots=True)
class Embodiment:
    """One robot as a released checkpoint means it."""

    name: str  # for people
    robots: tuple[str, ...]  # names a bench may give it
    joints: tuple[str, ...]  # in the order of states and actions
    frame: JointFrame
    units: str  # of states and actions in the checkpoint, for people
    cameras: tuple[str, ...] = ()  # roles in picture order; empty: any names
    camera_count: int = 0  # pictures it was trained with
    hz: float = 30.0  # rows of a chunk per second

    def difference(self, robot: RobotSpec) -> str:
        """Why ``robot`` cannot be this one, both sides named; "" when it can."""
        wrong: list[str] = []
        if robot.name not in self.robots:
            wrong.append(f"robot: {self.name} in training, {robot.name!r} on this bench")
        if not _same(robot.joint_names, self.joints):
            wrong.append(_sides("joints", self.joints, robot.joint_names))
        return "; ".join(wrong)

    def pictures(self, tag: TagMetadata, robot: RobotSpec | None) -> tuple[str, ...]:
        """Which cameras the pictures come from, in order; () is all of the bench, in its order.

        Raises:
            RobotMismatch: the bench has others, or another number of them.
        """
        trained = tag.camera_keys or self.cameras
        if robot is None or (trained and set(robot.camera_names) == set(trained)):
            return trained
        any_name = all(_NUMBERED.fullmatch(name) for name in trained)
        count = len(trained) or self.camera_count
        if any_name and len(robot.cameras) == count:
            return ()
        words = trained if trained and not any_name else (f"any {count}",)
        raise RobotMismatch(
            f"checkpoint for {self.name}", difference=_sides("cameras", words, robot.camera_names)
        )

    def described(self, tag: TagMetadata) -> RobotSpec:
        """The robot as far as the checkpoint knows it, where no bench was given.

        Joint limits are the ends of what training saw; they are no promise about any arm.
        """
        frame = tag.frame or self.frame
        seen = frame.statistics_to_robot(tag.state)
        low, high = _ends(seen)
        joints = tuple(
            JointSpec(name, a, b, UNKNOWN_SPEED, is_gripper=is_gripper(name))
            for name, a, b in zip(self.joints, low, high, strict=True)
        )
        named = tag.camera_keys or self.cameras
        names = named or tuple(f"cam{i}" for i in range(self.camera_count))
        cameras = tuple(CameraSpec(name, *PICTURE, self.hz) for name in names)
        return RobotSpec(self.robots[0], joints, cameras, control_hz=100.0)


_SO = Embodiment(
    name="SO-100/SO-101",
    robots=("so101", "so100"),
    joints=SO_JOINTS,
    frame=old_so_frame(),
    units="degrees in the old calibration, gripper 0…100",
    camera_count=2,
)
_YAM = Embodiment(
    name="two YAM arms",
    robots=("bimanual_yam", "yam_dual", "bi_yam"),
    joints=YAM_JOINTS,
    frame=JointFrame.identity(14),
    units="rad, gripper 0…1",
    cameras=("top", "left", "right"),
)
_FRANKA = Embodiment(
    name="Franka (DROID)",
    robots=("franka", "fr3", "panda"),
    joints=FRANKA_JOINTS,
    frame=JointFrame((1.0,) * 7 + (-1.0,), (0.0,) * 7 + (1.0,)),  # their gripper: 1 is closed
    units="rad, gripper 0 open … 1 closed",
    cameras=("exterior_1_left", "exterior_2_left", "wrist_left"),
    hz=15.0,
)
BY_TAG = {
    "so100_so101_molmoact2": _SO,
    "yam_dual_molmoact2": _YAM,
    "franka_droid": _FRANKA,
}


def fitted(name: str, tag: TagMetadata, robot: RobotSpec | None) -> TagMetadata:
    """The tag with everything a plan needs: the robot, and the units of its numbers.

    Args:
        name: of the tag.
        tag: as the checkpoint has it.
        robot: the bench; None takes what the checkpoint knows of its robot.

    Raises:
        RobotMismatch: the bench is not what the checkpoint was trained on (both sides named), or
            the checkpoint does not say on what.
    """
    if tag.robot is not None:
        _refuse(name, tag.robot.mismatch(robot) if robot else None)
        return tag
    _refuse(name, _not_joints(tag))
    known = BY_TAG.get(name) or _by_columns(tag)
    if known is None:
        raise RobotMismatch(
            f"tag {name!r}",
            difference="it does not say which robot it was made for, or in which units",
        )
    if tag.action.size != len(known.joints) or tag.state.size != len(known.joints):
        sizes = f"{tag.state.size} state and {tag.action.size} action statistics"
        _refuse(name, f"{len(known.joints)} joints ({known.name}), {sizes}")
    _refuse(name, known.difference(robot) if robot else None)
    frame, cameras = tag.frame or known.frame, known.pictures(tag, robot)
    whole = replace(tag, frame=frame, camera_keys=cameras, action_hz=known.hz)
    return replace(whole, robot=robot or known.described(whole))


def frame_of(tags: Tags, robot: RobotSpec) -> JointFrame | None:
    """Units and directions in which a checkpoint knows ``robot``, None where it never met one.

    What is fine-tuned from it keeps them, so that a joint it has learned to move keeps its sign.
    """
    for name, tag in tags.by_name.items():
        known = BY_TAG.get(name)
        if tag.robot is not None and tag.robot.joint_names == robot.joint_names:
            return tag.frame
        if tag.robot is None and known is not None and not known.difference(robot):
            return tag.frame or known.frame
    return None


def _refuse(name: str, difference: str | None) -> None:
    if difference:
        raise RobotMismatch(f"tag {name!r}", difference=difference)


def _not_joints(tag: TagMetadata) -> str | None:
    if "joint" in tag.control_mode or not tag.control_mode:
        return None
    return f"actions: {tag.control_mode!r} in training, joint positions on this bench"


def _by_columns(tag: TagMetadata) -> Embodiment | None:
    """The SO arm, for tags that carry its units and are called otherwise (LeRobot policies)."""
    if tag.frame is None or tag.action.size != len(SO_JOINTS):
        return None
    return replace(_SO, frame=tag.frame, camera_count=len(tag.camera_keys))


def is_gripper(joint: str) -> bool:
    """Whether a joint of this name opens and closes instead of turning."""
    return joint.endswith("gripper")


def named_like_so(names: Sequence[str]) -> bool:
    """Whether columns are called like the joints of an SO arm in a LeRobot data set."""
    return tuple(name.removesuffix(".pos") for name in names) == SO_JOINTS


def _same(bench: Sequence[str], trained: Sequence[str]) -> bool:
    """The same joints in the same order; ``joint_1`` is ``joint1``."""
    return [_plain(name) for name in bench] == [_plain(name) for name in trained]


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace(".", "")


def _sides(what: str, trained: Sequence[str], bench: Sequence[str]) -> str:
    here = ", ".join(bench) or "none"
    return f"{what}: {', '.join(trained)} in training, {here} on this bench"


def _ends(stats: NormStats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return stats.minimum or stats.q01, stats.maximum or stats.q99
