"""The robot description on disk, and how its joint angles relate to ours.

``assets/robots/<name>/robot.xml`` is the only place where a link length is written. This module
finds it and maps MuJoCo joint positions (jaw in rad) to the program's ``q`` (gripper as opening
fraction 0 closed … 1 open). It computes no kinematics, steps no physics and does not load MuJoCo:
the window's process asks here which joints there are.
"""

# pyright: reportAttributeAccessIssue=false
# (MuJoCo's compiled module carries no type information)

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

from devices.errors import UnknownRobot
from recordings.types import F32, JointSpec

if TYPE_CHECKING:
    import mujoco

F64 = npt.NDArray[np.float64]

GRIPPER_JOINT = "gripper"
SPEEDS = "max_speed"  # the custom numbers that hold one rad/s per actuator


@dataclass(frozen=True, slots=True)
class Standing:
    """An arm of a bench: its description, and where its base stands on the table."""

    robot: str
    prefix: str = ""  # of its joints and links where there are two arms, "left_"
    place_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    turn_rad: float = 0.0  # about the vertical


def robot_folder(name: str) -> Path:
    """Folder of the description of robot ``name``.

    Raises:
        UnknownRobot: no such description ships with the program.
    """
    robots = Path(str(resources.files("assets"))) / "robots"
    folder = robots / name
    if not (folder / "robot.xml").is_file():
        known = sorted(p.parent.name for p in robots.glob("*/robot.xml"))
        raise UnknownRobot(robot=name, known=tuple(known))
    return folder


def joint_specs(robot_xml: Path) -> tuple[JointSpec, ...]:
    """Joints in actuator order; limits and speeds as written in the description."""
    root = _whole(robot_xml)
    ranges = {j.get("name", ""): _numbers(j.get("range", "")) for j in root.iter("joint")}
    names = [a.get("joint", "") for a in root.findall("actuator/*")]
    numbers = {n.get("name", ""): _numbers(n.get("data", "")) for n in root.iter("numeric")}
    return tuple(
        _spec(name, ranges[name][0], ranges[name][1], speed)
        for name, speed in zip(names, numbers[SPEEDS], strict=True)
    )


def _whole(robot_xml: Path) -> ElementTree.Element:
    """The description with the files it includes, as MuJoCo would read it."""
    root = ElementTree.parse(robot_xml).getroot()
    for include in root.findall("include"):
        root.remove(include)
        root.extend(_whole(robot_xml.parent / include.get("file", "")))
    return root


def _numbers(text: str) -> list[float]:
    return [float(word) for word in text.split()]


def is_gripper(joint: str) -> bool:
    """Whether a joint of this name opens and closes; in a pair of arms its side stands before."""
    return joint == GRIPPER_JOINT or joint.endswith(f"_{GRIPPER_JOINT}")


def _spec(name: str, low: float, high: float, speed: float) -> JointSpec:
    """From MuJoCo's rad and rad/s; a gripper's range becomes 0…1."""
    if not is_gripper(name):
        return JointSpec(name, low, high, speed)
    return JointSpec(name, 0.0, 1.0, speed / (high - low), is_gripper=True)


@dataclass(frozen=True, slots=True)
class JointMap:
    """The actuated joints of a MuJoCo model in the program's order and units."""

    specs: tuple[JointSpec, ...]
    qpos: npt.NDArray[np.intp]  # (n,) addresses in qpos
    dof: npt.NDArray[np.intp]  # (n,) addresses in qvel
    offset: F64  # (n,) rad (or 0): mujoco = offset + scale * q
    scale: F64  # (n,)
    tied: npt.NDArray[np.intp]  # (k, 2) addresses in qpos: the first is always what the second is

    @classmethod
    def of(cls, model: mujoco.MjModel) -> JointMap:
        """Joints in actuator order; limits and speeds from the description."""
        joints = [model.joint(int(model.actuator_trnid[i, 0])) for i in range(model.nu)]
        speeds = _speeds(model)
        lower = np.array([j.range[0] for j in joints])
        span = np.array([j.range[1] - j.range[0] for j in joints])
        grips = np.array([is_gripper(j.name) for j in joints])
        offset = np.where(grips, lower, 0.0)
        scale = np.where(grips, span, 1.0)
        specs = tuple(
            _spec(j.name, float(j.range[0]), float(j.range[1]), float(speed))
            for j, speed in zip(joints, speeds, strict=True)
        )
        return cls(
            specs=specs,
            qpos=np.array([int(j.qposadr[0]) for j in joints], dtype=np.intp),
            dof=np.array([int(j.dofadr[0]) for j in joints], dtype=np.intp),
            offset=offset,
            scale=scale,
            tied=_tied(model),
        )

    def put(self, qpos: F64, q: npt.ArrayLike) -> None:
        """Write joints (n,) into (nq,) positions, and what is tied to them: a second finger."""
        qpos[self.qpos] = self.to_mujoco(q)
        qpos[self.tied[:, 0]] = qpos[self.tied[:, 1]]

    @property
    def lower(self) -> F64:
        """(n,) rad, gripper 0."""
        return np.array([s.lower for s in self.specs])

    @property
    def upper(self) -> F64:
        """(n,) rad, gripper 1."""
        return np.array([s.upper for s in self.specs])

    def to_mujoco(self, q: npt.ArrayLike) -> F64:
        """(…, n) program units → (…, n) rad."""
        return self.offset + self.scale * np.asarray(q, dtype=np.float64)

    def from_mujoco(self, angles: npt.ArrayLike) -> F32:
        """(…, n) rad → (…, n) float32 program units."""
        return ((np.asarray(angles, dtype=np.float64) - self.offset) / self.scale).astype(
            np.float32
        )


def _tied(model: mujoco.MjModel) -> npt.NDArray[np.intp]:
    """(k, 2) addresses of joints that move alike: a description ties only what is so."""
    pairs = [model.jnt_qposadr[[int(e.obj1id[0]), int(e.obj2id[0])]] for e in _ties(model)]
    return np.array(pairs, dtype=np.intp).reshape(-1, 2)


def _ties(model: mujoco.MjModel) -> list[Any]:
    joint = 2  # mjEQ_JOINT; MuJoCo is not loaded here
    return [model.equality(i) for i in range(model.neq) if int(model.eq_type[i]) == joint]


def _speeds(model: mujoco.MjModel) -> F64:
    """(n,) rad/s in actuator order; a pair of arms has one list per arm, in the same order."""
    lists = [model.numeric(i) for i in range(model.nnumeric)]
    return np.concatenate([n.data for n in lists if n.name.endswith(SPEEDS)]).astype(float)
