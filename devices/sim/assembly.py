"""The simulated bench put together: arm, leaders, cameras and scene around one world."""

from __future__ import annotations

from dataclasses import dataclass

from devices.inputs.hand import HandLeader
from devices.kinematics import Kinematics
from devices.sim.arm import SimArm
from devices.sim.camera import CameraRoom, SimCamera
from devices.sim.demonstrator import Demonstrator
from devices.sim.scene import SimScene
from devices.sim.world import ROBOT, World
from recordings.types import RobotSpec


@dataclass(frozen=True, slots=True)
class SimBench:
    """Everything the simulated bench offers; nothing of it is connected yet."""

    world: World
    arm: SimArm
    hand: HandLeader
    demonstrator: Demonstrator
    cameras: dict[str, SimCamera]
    scene: SimScene


def build_sim(robot: RobotSpec, *, seed: int = 0) -> SimBench:
    """The simulated bench for a robot of ``devices.sim.robot.sim_robot``.

    Runs in the rig process, which must not be a daemon: the cameras start a child of it.
    """
    world = World(seed)
    room = CameraRoom(robot.cameras, qpos=world.qpos())
    kinematics = Kinematics.of(ROBOT)
    hand = HandLeader(kinematics)
    demonstrator = Demonstrator(world, kinematics=kinematics, seed=seed)
    return SimBench(
        world=world,
        arm=SimArm(world, spec=robot, on_moved=room.show),
        hand=hand,
        demonstrator=demonstrator,
        cameras={c.name: SimCamera(c, room=room) for c in robot.cameras},
        scene=SimScene(
            world,
            kinematics=kinematics,
            demonstrator=demonstrator,
            leaders=(hand, demonstrator),
        ),
    )
