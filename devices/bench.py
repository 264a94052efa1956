"""A bench is the described hardware; building it gives the devices, none of them open yet.

A bench is plain data and goes through a pipe to the rig process, which builds it there. A bench
that says something impossible blocks connecting: limits are never guessed. Knows no control loop.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from devices.arm_entries import CONTROL_HZ, Shared
from devices.base import Arm, Camera, Leader
from devices.bench_file import BenchTable, rig_settings, workspace
from devices.description import Standing
from devices.errors import UnknownBench
from devices.inputs.entry import InputEntry
from devices.rig_settings import RigSettings
from devices.workspace import Tips, Workspace
from recordings.types import F32, CameraSpec, JointSpec, RobotSpec, frozen_f32

if TYPE_CHECKING:  # heavy to import; only the process that builds the devices needs them
    from devices.kinematics import Kinematics
    from devices.sim.scene import SimScene

SIM = "sim"
HAND = "hand"  # the leader that is driven with mouse and keys
VERSION = 1
REAL_TABLES = ("version", "bus", "cameras", "inputs", "rig", "workspace", "park")
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


class Arms(Protocol):
    """Arms of a real bench, described."""

    @property
    def name(self) -> str:
        """Of the robot that they are."""
        ...

    @property
    def joints(self) -> tuple[JointSpec, ...]:
        """Of the follower, or of both, limits narrowed to what these very arms can do."""
        ...

    @property
    def standing(self) -> tuple[Standing, ...]:
        """Which arms stand where."""
        ...

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Arm → what tells its calibration from every other one; those that have one."""
        ...

    @property
    def leader_names(self) -> tuple[str, ...]:
        """Leader arms, the one that is usually taken first."""
        ...

    def build(self, robot: RobotSpec) -> tuple[Arm, dict[str, Leader]]:
        """Follower and leaders, none of them open."""
        ...


class DescribedCamera(Protocol):
    """A camera of a real bench, described."""

    @property
    def spec(self) -> CameraSpec: ...

    @property
    def address(self) -> str:
        """What names it for good; its calibration is kept under it."""
        ...

    def build(self) -> Camera:
        """The camera, not open."""
        ...


@dataclass(frozen=True, slots=True)
class Bench:
    """The described hardware. Picklable."""

    name: str
    robot: RobotSpec
    settings: RigSettings = SIM_SETTINGS
    seed: int = 0
    park_q: tuple[float, ...] | None = None
    workspace: Workspace | None = None
    arms: Arms | None = None
    """None: everything is simulated."""
    cameras: tuple[DescribedCamera, ...] = ()
    inputs: tuple[InputEntry, ...] = ()
    """Pucks and gamepads that drive the tool."""

    @property
    def is_simulated(self) -> bool:
        return self.arms is None

    @property
    def standing(self) -> tuple[Standing, ...]:
        """Which arms stand where."""
        return (Standing(self.robot.name),) if self.arms is None else self.arms.standing

    @property
    def main_leader(self) -> str:
        """What a person drives with unless another is chosen: a leader arm where there is one."""
        leader_arms = () if self.arms is None else self.arms.leader_names
        return leader_arms[0] if leader_arms else HAND

    def build(self) -> Hardware:
        """The devices, in the process that will own them."""
        return self._simulated() if self.arms is None else self._real(self.arms)

    def _simulated(self) -> Hardware:
        from devices.kinematics import Kinematics
        from devices.sim.assembly import build_sim
        from devices.tool_leaders import input_leaders

        sim = build_sim(self.robot, seed=self.seed)
        return Hardware(
            arm=sim.arm,
            leaders={
                HAND: sim.hand,
                "demonstrator": sim.demonstrator,
                **input_leaders(self.standing, self.inputs),
            },
            cameras=dict(sim.cameras),
            scene=sim.scene,
            kinematics=Kinematics.of(self.robot.name),
            fence_kinematics=Kinematics.of(self.robot.name),
            workspace=self.workspace,
            park_q=self._parking_place,
        )

    def _real(self, arms: Arms) -> Hardware:
        from devices.kinematics import Kinematics
        from devices.tool_leaders import hand_leaders, input_leaders

        arm, leaders = arms.build(self.robot)
        return Hardware(
            arm=arm,
            leaders={
                **leaders,
                **hand_leaders(arms.standing, name=HAND),
                **input_leaders(arms.standing, self.inputs),
            },
            cameras={entry.spec.name: entry.build() for entry in self.cameras},
            kinematics=Kinematics.standing(arms.standing),
            fence_kinematics=Kinematics.standing(arms.standing),
            workspace=self.workspace,
            park_q=self._parking_place,
        )

    @property
    def _parking_place(self) -> F32 | None:
        return None if self.park_q is None else frozen_f32(self.park_q)


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
        InvalidCalibration: a calibration it names cannot be used.
    """
    if name == SIM:
        return _sim_bench(SIM, camera_size=camera_size, seed=seed)
    path = Path(name)
    if not path.is_file():
        raise UnknownBench(name, known=(SIM,))
    file = BenchTable.read(path)
    file.choice("version", VERSION)
    if file.raw("kind") == SIM:
        return _read_sim(file, path.stem, camera_size=camera_size, seed=seed)
    return _read_real(file, path.stem)


def _sim_bench(
    name: str,
    *,
    camera_size: tuple[int, int],
    seed: int,
    settings: RigSettings = SIM_SETTINGS,
    workspace: Workspace = SIM_WORKSPACE,
    inputs: tuple[InputEntry, ...] = (),
) -> Bench:
    from devices.sim.robot import sim_robot

    robot = sim_robot(camera_size=camera_size)
    return Bench(name, robot, settings, seed=seed, workspace=workspace, inputs=inputs)


def _read_sim(file: BenchTable, name: str, *, camera_size: tuple[int, int], seed: int) -> Bench:
    file.only("version", "kind", "camera_size", "rig", "workspace", "inputs")
    size = file.raw("camera_size") or list(camera_size)
    if not isinstance(size, list) or tuple(size) not in CAMERA_SIZES:
        sizes = " or ".join(f"[{w}, {h}]" for w, h in CAMERA_SIZES)
        raise file.refuse("camera_size", size, sizes)
    return _sim_bench(
        name,
        camera_size=(size[0], size[1]),
        seed=seed,
        settings=rig_settings(file.table("rig"), SIM_SETTINGS),
        workspace=_workspace(file) or SIM_WORKSPACE,
        inputs=_inputs(file),
    )


def _read_real(file: BenchTable, name: str) -> Bench:
    from devices.cameras.described import CameraEntry

    arms = _arms(file)
    cameras = tuple(
        CameraEntry.from_table(file.source, camera, file.table("cameras").raw(camera))
        for camera in file.table("cameras").names()
    )
    specs = tuple(entry.spec for entry in cameras)
    robot = RobotSpec(arms.name, arms.joints, specs, CONTROL_HZ)
    park = None
    if file.has("park"):
        count = len(robot.joints)
        park = file.numbers("park", count, f"{count} joints, rad (gripper 0 to 1)")
    return Bench(
        name=name,
        robot=robot,
        settings=rig_settings(file.table("rig"), RigSettings()),
        park_q=park,
        workspace=_workspace(file),
        arms=arms,
        cameras=cameras,
        inputs=_inputs(file),
    )


def _arms(file: BenchTable) -> Arms:
    from devices.arm_kinds import ARM_TABLES, followers, read_arm
    from devices.bimanual.bench import KIND, SIDES, read_two_arms

    shared = Shared(file.table("bus"))
    if file.choice("kind", SIM, KIND, *followers()) == KIND:
        file.only(*REAL_TABLES, "kind", *SIDES)
        return read_two_arms(file, shared)
    file.only(*REAL_TABLES, *ARM_TABLES)
    return read_arm(file, shared)


def _inputs(file: BenchTable) -> tuple[InputEntry, ...]:
    tables = file.tables("inputs")
    return tuple(InputEntry.from_table(name, table) for name, table in tables.items())


def _workspace(file: BenchTable) -> Workspace | None:
    return workspace(file.table("workspace")) if file.has("workspace") else None
