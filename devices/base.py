"""What every arm, leader and camera can do: the protocols the rig speaks.

Simulation, emulators and hardware implement the same three. Knows no particular device.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from devices.commands import MoveTool
from recordings.types import F32, CameraSpec, Frame, JointState, RobotSpec


@runtime_checkable
class Arm(Protocol):
    """A follower: it is read every tick and sent one joint target per tick.

    ``connect`` and ``close`` may be called twice. ``read`` and ``write`` before ``connect`` raise
    ``NotConnected``. Runs in the rig process, on the control thread.
    """

    @property
    def spec(self) -> RobotSpec: ...

    def connect(self) -> None:
        """Open the bus; the arm holds its present position afterwards, it never moves here."""
        ...

    def read(self) -> JointState:
        """Measured joints, newest."""
        ...

    def write(self, q: F32) -> F32:
        """Send joint targets (n,) rad; returns what was really sent."""
        ...

    def hold(self) -> None:
        """Keep the present position with torque on: the goal is set there before the torque is."""
        ...

    def release(self) -> None:
        """Torque off: the arm goes limp until ``hold``. The caller has parked it."""
        ...

    def close(self) -> None:
        """Let go of the bus, the arm keeps holding."""
        ...


@runtime_checkable
class Leader(Protocol):
    """What a person (or a demonstrator) drives: it proposes follower joint targets.

    ``engage`` is called when authority becomes LEADER with the follower's last command, so that a
    clutched leader starts from there; ``read`` then returns targets (n,) rad in follower space.
    """

    @property
    def name(self) -> str: ...

    def connect(self) -> None: ...

    def engage(self, q: F32) -> None: ...

    def read(self, state: JointState) -> F32: ...

    def close(self) -> None: ...


@runtime_checkable
class ToolDriven(Protocol):
    """A leader that a person drives by moving the tool with mouse and keys."""

    def move(self, command: MoveTool) -> None:
        """Desired tool speed until the next message."""
        ...


@runtime_checkable
class Mirrored(Protocol):
    """A leader with joints of its own, which the follower should come to stand like."""

    @property
    def mirrored(self) -> bool: ...


@runtime_checkable
class TaskAware(Protocol):
    """A leader that does the task by itself."""

    def set_task(self, task: str) -> None:
        """The sentence to act on; takes effect with the next ``engage``."""
        ...


@runtime_checkable
class Counting(Protocol):
    """A device that counts what went wrong on its cable, also what was made good again."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Name of a failure → how often since it was connected."""
        ...


@runtime_checkable
class Motorised(Protocol):
    """A leader with motors of its own, which have a temperature and a supply as others have."""

    @property
    def state(self) -> JointState | None:
        """What they measured last; None before ``connect``."""
        ...


@runtime_checkable
class Camera(Protocol):
    """One camera, read by its own capture thread."""

    @property
    def spec(self) -> CameraSpec: ...

    def connect(self) -> None: ...

    def read(self, timeout_s: float) -> Frame | None:
        """The next new frame, or None when none came in time."""
        ...

    def close(self) -> None: ...
