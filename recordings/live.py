"""Everything that happens on the bench right now, in shared memory: frames and steps.

The studio creates and unlinks it, its child processes attach through the handle. Knows neither who
writes nor who reads.
"""

from __future__ import annotations

from dataclasses import dataclass

from recordings.frame_ring import FrameRing, FrameRingHandle
from recordings.shared_block import PREFIX, block_name, remove_stale_blocks
from recordings.step_ring import (
    RowBlock,
    StepBlock,
    StepColumns,
    StepRing,
    StepRingHandle,
)
from recordings.types import RobotSpec

__all__ = [
    "FrameRing",
    "FrameRingHandle",
    "Live",
    "LiveHandle",
    "RowBlock",
    "StepBlock",
    "StepColumns",
    "StepRing",
    "StepRingHandle",
    "remove_stale_blocks",
]


@dataclass(frozen=True, slots=True)
class LiveHandle:
    """What a child process needs to attach; goes through a pipe."""

    robot: RobotSpec
    frames: tuple[FrameRingHandle, ...]
    steps: StepRingHandle


class Live:
    """One frame ring per camera and one step ring."""

    def __init__(self, robot: RobotSpec, *, frames: dict[str, FrameRing], steps: StepRing) -> None:
        self.robot = robot
        self.frames = frames
        self.steps = steps

    @classmethod
    def create(cls, robot: RobotSpec, *, prefix: str = PREFIX) -> Live:
        """New rings for a robot; the caller closes and unlinks them.

        Raises:
            SharedMemoryFull: when they do not fit; nothing is left behind then.
        """
        made: list[FrameRing | StepRing] = []
        frames: dict[str, FrameRing] = {}
        try:
            for number, camera in enumerate(robot.cameras):
                ring = FrameRing.create(camera, name=block_name(f"f{number}", prefix=prefix))
                made.append(ring)
                frames[camera.name] = ring
            steps = StepRing.create(robot, name=block_name("s", prefix=prefix))
        except BaseException:
            for ring in made:
                ring.close()
                ring.unlink()
            raise
        return cls(robot, frames=frames, steps=steps)

    @classmethod
    def attach(cls, handle: LiveHandle) -> Live:
        """The rings the parent created. In a ``multiprocessing`` child only."""
        frames = {h.spec.name: FrameRing.attach(h) for h in handle.frames}
        return cls(handle.robot, frames=frames, steps=StepRing.attach(handle.steps))

    @property
    def handle(self) -> LiveHandle:
        """Picklable address of all rings."""
        return LiveHandle(
            robot=self.robot,
            frames=tuple(ring.handle for ring in self.frames.values()),
            steps=self.steps.handle,
        )

    def close(self) -> None:
        """Let go of the memory; may be called twice."""
        for ring in (*self.frames.values(), self.steps):
            ring.close()

    def unlink(self) -> None:
        """Remove all blocks from the system. Only the creator."""
        for ring in (*self.frames.values(), self.steps):
            ring.unlink()
