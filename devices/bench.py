"""A bench is the described hardware; building it gives the devices, none of them open yet.

A bench is plain data and goes through a pipe to the rig process, which builds it there. A bench
that says something impossible blocks connecting: limits are never guessed. Knows no control loop.
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devices.base import Arm, Camera, Leader
from devices.errors import InvalidBench, UnknownBench
from devices.rig_settings import RigSettings
from devices.workspace import Tips, Workspace
from recordings.types import F32, RobotSpec, frozen_f32

if TYPE_CHECKING:  # heavy to import; only the process that builds the devices needs them
    from devices.kinematics import Kinematics
    from devices.sim.scene import SimScene

SIM = "sim"
VERSION = 1
CAMERA_SIZES = ((320, 240), (640, 480))  # px
SIM_SETTINGS = RigSettings(
    heartbeat_s=1.0,  # nobody is near a simulated arm, and its processes share a busy machine
    clock_gap_s=1.0,
    camera_fresh_s=0.4,  # pictures are drawn on the same busy processor
    camera_out_s=1.0,
    jump_rad=0.2,
    plan_max_age_s=2.5,  # and so are the plans, which span 3 s
    park_rad_s=2.0,
)
SIM_WORKSPACE = Workspace(low=(-0.10, -0.42, -0.02), high=(0.48, 0.42, 0.48))
"""What an SO-101 reaches in front of it. The table is at z = 0; a finger that presses on it may be
commanded a little deeper, plans are refused before."""


@dataclass(frozen=True, slots=True)
class Hardware:
    """The devices of one bench."""

    arm: Arm
    leaders: Mapping[str, Leader]
    cameras: Mapping[str, Camera]
    scene: SimScene | None = None
    kinematics: Kinematics | None = None
    """For plan checks, used by the planner thread only."""
    fence_kinematics: Tips | None = None
    """For the workspace, used by the control thread only."""
    workspace: Workspace | None = None
    """Where the tool may be; None: anywhere."""
    park_q: F32 | None = None
    """(n,) rad: where the arm is parked; None: where it stood when it was connected."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The described hardware. Picklable."""

    name: str
    robot: RobotSpec
    settings: RigSettings = SIM_SETTINGS
    seed: int = 0
    park_q: tuple[float, ...] | None = None
    workspace: Workspace | None = None

    def build(self) -> Hardware:
        """The devices, in the process that will own them."""
        from devices.kinematics import Kinematics
        from devices.sim.assembly import build_sim

        sim = build_sim(self.robot, seed=self.seed)
        return Hardware(
            arm=sim.arm,
            leaders={"hand": sim.hand, "demonstrator": sim.demonstrator},
            cameras=dict(sim.cameras),
            scene=sim.scene,
            kinematics=Kinematics.of(self.robot.name),
            fence_kinematics=Kinematics.of(self.robot.name),
            workspace=self.workspace,
            park_q=None if self.park_q is None else frozen_f32(self.park_q),
        )


def load_bench(
    name: str, *, camera_size: tuple[int, int] = CAMERA_SIZES[0], seed: int = 0
) -> Bench:
    """The bench "sim", or the one described in a ``bench.toml``.

    Args:
        name: "sim" or the path of a file.
        camera_size: width and height of simulated pictures, px; a file may say otherwise.
        seed: of the first simulated scene.

    Raises:
        UnknownBench: neither a known name nor a file.
        InvalidBench: the file says something impossible.
    """
    if name == SIM:
        return _sim_bench(SIM, camera_size=camera_size, settings=SIM_SETTINGS, seed=seed)
    path = Path(name)
    if not path.is_file():
        raise UnknownBench(name, known=(SIM,))
    return _read(path, camera_size=camera_size, seed=seed)


def _sim_bench(
    name: str,
    *,
    camera_size: tuple[int, int],
    settings: RigSettings,
    seed: int,
    workspace: Workspace = SIM_WORKSPACE,
) -> Bench:
    from devices.sim.robot import sim_robot

    robot = sim_robot(camera_size=camera_size)
    return Bench(name=name, robot=robot, settings=settings, seed=seed, workspace=workspace)


def _read(path: Path, *, camera_size: tuple[int, int], seed: int) -> Bench:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidBench(
            str(path), field="file", value=str(error), expected="readable TOML"
        ) from error
    _expect(path, "version", content.get("version"), VERSION)
    _expect(path, "kind", content.get("kind"), SIM)
    size = content.get("camera_size", list(camera_size))
    if not isinstance(size, list) or tuple(size) not in CAMERA_SIZES:
        sizes = " or ".join(f"[{w}, {h}]" for w, h in CAMERA_SIZES)
        raise InvalidBench(str(path), field="camera_size", value=size, expected=sizes)
    settings = _settings(path, content.get("rig", {}))
    workspace = _workspace(path, content.get("workspace"))
    width, height = size
    return _sim_bench(
        path.stem,
        camera_size=(width, height),
        settings=settings,
        seed=seed,
        workspace=workspace,
    )


def _expect(path: Path, name: str, value: object, expected: object) -> None:
    if value != expected:
        raise InvalidBench(str(path), field=name, value=value, expected=repr(expected))


def _workspace(path: Path, table: Any) -> Workspace:  # noqa: ANN401 - straight from a file
    if table is None:
        return SIM_WORKSPACE
    if not isinstance(table, dict) or set(table) != {"low", "high"}:
        expected = "a table with low = [x, y, z] and high = [x, y, z], m"
        raise InvalidBench(str(path), field="workspace", value=table, expected=expected)
    low, high = (_place(path, f"workspace.{side}", table[side]) for side in ("low", "high"))
    if any(a >= b for a, b in zip(low, high, strict=True)):
        expected = f"more than low = {list(low)} on every axis"
        raise InvalidBench(str(path), field="workspace.high", value=list(high), expected=expected)
    return Workspace(low, high)


def _place(path: Path, field: str, value: Any) -> tuple[float, float, float]:  # noqa: ANN401
    numbers = isinstance(value, list) and all(
        isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in value
    )
    if not numbers or len(value) != 3:
        raise InvalidBench(str(path), field=field, value=value, expected="three numbers, m")
    x, y, z = value
    return float(x), float(y), float(z)


def _settings(path: Path, table: Any) -> RigSettings:  # noqa: ANN401 - straight from a file
    if not isinstance(table, dict):
        raise InvalidBench(str(path), field="rig", value=table, expected="a table")
    known = {f.name: f.default for f in dataclasses.fields(RigSettings)}
    for name, value in table.items():
        if name not in known:
            expected = f"one of {', '.join(known)}"
            raise InvalidBench(str(path), field="rig", value=name, expected=expected)
        yes_or_no = isinstance(known[name], bool)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (isinstance(value, bool) if yes_or_no else number and value > 0):
            expected = "true or false" if yes_or_no else "a positive number"
            raise InvalidBench(str(path), field=f"rig.{name}", value=value, expected=expected)
    return dataclasses.replace(SIM_SETTINGS, **table)
