"""The process that draws the simulated cameras: positions in, pictures out, on absolute deadlines.

Its own process so that a slow picture never delays control, and because off-screen OpenGL does not
share a process with a window. Knows no physics and no arm. It ends when its parent closes the pipe
or dies; in the latter case it also removes the shared memory its parent left behind.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Semaphore

from devices.errors import DeviceError
from devices.sim.pose_block import PoseBlock, PoseBlockHandle
from devices.sim.render import SceneRenderer
from recordings.frame_ring import FrameRing, FrameRingHandle

_NS = 1_000_000_000
STOP = "stop"
READY = "ready"


@dataclass(frozen=True, slots=True)
class RenderJob:
    """What is drawn and where it goes; travels to the child. All pictures have one size."""

    poses: PoseBlockHandle
    rings: tuple[FrameRingHandle, ...]  # one per camera
    arrived: tuple[Semaphore, ...]  # one per camera, released once per picture


def main(job: RenderJob, parent: Connection) -> None:
    """Top of the child process.

    Args:
        job: what to draw.
        parent: says "stop" or closes; told "ready", or why drawing is impossible.
    """
    _plain_priority()
    poses = PoseBlock.attach(job.poses)
    rings = [FrameRing.attach(handle) for handle in job.rings]
    orphaned = False
    try:
        spec = job.rings[0].spec
        with SceneRenderer(spec.width, spec.height) as renderer:
            for ring in rings:
                renderer.render(poses.read()[0], ring.handle.spec.name)  # the first is slow
            parent.send(READY)
            orphaned = _draw_until_told(job, parent, poses, rings, renderer)
    except DeviceError as error:
        parent.send(str(error))
    except (BrokenPipeError, ConnectionResetError):
        orphaned = True
    finally:
        for block in (poses, *rings):
            block.close()
            if orphaned:
                block.unlink()


def _draw_until_told(
    job: RenderJob,
    parent: Connection,
    poses: PoseBlock,
    rings: list[FrameRing],
    renderer: SceneRenderer,
) -> bool:
    """Draw until the parent says stop (False) or is gone (True). A late slot is skipped."""
    period_ns = round(_NS / job.rings[0].spec.fps)
    start_ns, slot = time.monotonic_ns(), 0
    while not parent.poll(max(0, start_ns + slot * period_ns - time.monotonic_ns()) / _NS):
        qpos, _ = poses.read()
        t_ns = time.monotonic_ns()
        for ring, arrived in zip(rings, job.arrived, strict=True):
            image = renderer.render(qpos, ring.handle.spec.name)
            ring.write(image, t_ns, seq=slot)
            arrived.release()
        slot = max(slot + 1, (time.monotonic_ns() - start_ns) // period_ns)
    try:
        parent.recv()
    except (EOFError, ConnectionResetError):
        return True
    return False


def _plain_priority() -> None:
    """Drawing never competes with the control loop."""
    if hasattr(os, "sched_setscheduler") and os.sched_getscheduler(0) != os.SCHED_OTHER:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
