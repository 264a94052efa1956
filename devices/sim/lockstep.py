"""The bench faster than real time: control, physics and pictures in one thread on a made-up clock.

For tests, for drawing training pictures and for trying a policy offline. The same ``SimArm`` and
leaders as in the rig; no authority, no guard, no processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from devices.base import Leader
from devices.sim.arm import SimArm
from devices.sim.render import SceneRenderer
from devices.sim.robot import CAMERAS, CONTROL_HZ
from devices.sim.world import World
from recordings.types import F32, U8, JointState

_NS = 1_000_000_000

Controller = Callable[[JointState, "Pictures | None"], F32]
Pictures = Mapping[str, U8]


@dataclass(frozen=True, slots=True)
class LockstepTick:
    """What happened in one control tick."""

    t_ns: int  # simulated, from 0
    state: JointState
    action: F32  # (n,) rad as sent
    pictures: Pictures | None  # camera → (h, w, 3) RGB when this tick had a camera moment


def follow(leader: Leader) -> Controller:
    """A controller that does what a leader says."""

    def control(state: JointState, pictures: Pictures | None) -> F32:
        del pictures
        return leader.read(state)

    return control


def lockstep(
    world: World,
    controller: Controller,
    *,
    seconds: float,
    renderer: SceneRenderer | None = None,
    camera_hz: float = 30.0,
    control_hz: float = CONTROL_HZ,
    until: Callable[[], bool] | None = None,
) -> Iterator[LockstepTick]:
    """Run the bench tick by tick.

    Args:
        world: where it happens.
        controller: from state (and pictures when this tick has some) to joint targets (n,) rad.
        seconds: longest simulated time.
        renderer: draws both cameras at ``camera_hz``; None for no pictures.
        camera_hz: pictures per simulated second, at most ``control_hz``.
        control_hz: ticks per simulated second.
        until: asked after every tick; True ends the run.

    Yields:
        Every tick, after its action was sent.
    """
    now_ns = 0
    arm = SimArm(world, clock=lambda: now_ns)
    arm.connect()
    shots = 0
    for tick in range(round(seconds * control_hz)):
        now_ns = round(tick * _NS / control_hz)
        state = arm.read()
        pictures: Pictures | None = None
        if renderer is not None and now_ns >= shots * _NS / camera_hz:
            shots += 1
            qpos = world.qpos()
            pictures = {camera: renderer.render(qpos, camera) for camera in CAMERAS}
        action = arm.write(controller(state, pictures))
        yield LockstepTick(now_ns, state, action, pictures)
        if until is not None and until():
            return
