"""Everything that can go wrong on the bench, as one small tree.

    DeviceError
    ├── NotConnected      asked for something before ``connect``
    ├── ConnectFailed     a device did not open
    ├── ReadFailed        a device that was open did not answer
    ├── WriteFailed       a command did not reach the motors
    ├── UnknownBench      no bench of that name
    ├── InvalidBench      a bench file says something impossible
    ├── LeaderLost        the leader is silent, not finite, or jumped
    ├── ArmLost           the arm did not answer for too long
    ├── ArmBlocked        a joint does not do what it is sent
    ├── ArmStrained       a motor complains, or is too hot
    ├── OutsideWorkspace  the tool would leave the box it may be in
    ├── PlannerMismatch   the policy was trained for another robot
    ├── PlannerFailed     the policy server answered with an error or not at all
    ├── PlanInvalid       a plan is not a finite (h, n) trajectory of this robot
    ├── NotAllowed        a request of a person that cannot be granted now
    ├── UnknownRobot      no robot description of that name
    ├── UnknownObject     nothing of that name on the simulated bench
    ├── UnreachablePose   no joints put the tool there
    └── RenderFailed      no off-screen OpenGL for the simulated cameras

Each class builds its sentence from fields and turns into a :class:`Fault` at a process border.
Knows no device.
"""

# ruff: noqa: N818 - the names say what happened, the base says that it is an error

from __future__ import annotations

from typing import ClassVar

from recordings.types import Fault


class DeviceError(Exception):
    """Base of all errors of this package."""

    code: ClassVar[str] = "device"

    def __init__(self, device: str, message: str, hint: str) -> None:
        super().__init__(f"{message} {hint}".strip())
        self.device = device
        self.message = message
        self.hint = hint

    def to_fault(self, *, t_ns: int) -> Fault:
        """This error as a value that can cross a process border."""
        return Fault(self.code, self.device, self.message, self.hint, t_ns)


class NotConnected(DeviceError):
    """Something was asked of a device that is not open."""

    code = "not_connected"

    def __init__(self, device: str) -> None:
        super().__init__(device, f"{device} is not connected.", "Connect the bench first.")


class ConnectFailed(DeviceError):
    """A device did not open."""

    code = "connect_failed"

    def __init__(self, device: str, *, reason: str, hint: str = "") -> None:
        hint = hint or "Check cable and power, then connect again."
        super().__init__(device, f"{device} did not open: {reason}.", hint)


class ReadFailed(DeviceError):
    """An open device did not answer."""

    code = "read_failed"

    def __init__(self, device: str, *, reason: str) -> None:
        super().__init__(
            device, f"{device} did not answer: {reason}.", "Check its cable and power."
        )


class WriteFailed(DeviceError):
    """A command did not reach the motors."""

    code = "write_failed"

    def __init__(self, device: str, *, reason: str) -> None:
        super().__init__(
            device, f"{device} did not take the command: {reason}.", "Check its cable and power."
        )


class UnknownBench(DeviceError):
    """No bench of that name."""

    code = "unknown_bench"

    def __init__(self, name: str, *, known: tuple[str, ...]) -> None:
        super().__init__(
            "bench",
            f"There is no bench {name!r}.",
            f"Known: {', '.join(known)}; or give the path of a bench.toml.",
        )


class InvalidBench(DeviceError):
    """A bench file that cannot be used: limits are never guessed."""

    code = "invalid_bench"

    def __init__(self, path: str, *, field: str, value: object, expected: str) -> None:
        super().__init__(
            "bench",
            f"{path}: {field} is {value!r}, expected {expected}.",
            "Correct the file and connect again.",
        )
        self._field, self._value, self._expected = field, value, expected

    def elsewhere(self, path: str) -> InvalidBench:
        """The same about the file that a draft was tried for."""
        return InvalidBench(path, field=self._field, value=self._value, expected=self._expected)


class LeaderLost(DeviceError):
    """The leader is silent, not finite, or jumped: the follower holds instead of following."""

    code = "leader_lost"

    def __init__(self, leader: str, *, reason: str) -> None:
        super().__init__(
            leader,
            f"Leader {leader!r} was lost: {reason}.",
            "The arm holds. Check the leader and take over again.",
        )


class ArmLost(DeviceError):
    """The arm did not answer for too long; its servos hold by themselves."""

    code = "arm_lost"

    def __init__(self, device: str, *, silent_s: float, reason: str) -> None:
        super().__init__(
            device,
            f"{device} was silent for {1000 * silent_s:.0f} ms: {reason}.",
            "Nothing is sent any more. Check cable and power, then connect again.",
        )


class ArmBlocked(DeviceError):
    """A joint stays behind its command: something is in the way, or its motor is too weak."""

    code = "arm_blocked"

    def __init__(self, joint: str, *, behind_rad: float, bound_rad: float, for_s: float) -> None:
        super().__init__(
            "arm",
            f"Joint {joint} does not follow: {behind_rad:.2f} rad behind its command for "
            f"{for_s:.1f} s (at most {bound_rad:.2f} rad).",
            "The arm holds where it is. Free it, or check that motor, then go on.",
        )


class ArmStrained(DeviceError):
    """A motor protects itself or is about to: it would not do what it is told any more."""

    code = "arm_strained"

    def __init__(self, joint: str, *, complaint: str) -> None:
        super().__init__(
            "arm",
            f"The motor of {joint} complains: {complaint}.",
            "The arm holds where it is. Relieve the joint, let it cool, then go on.",
        )


class OutsideWorkspace(DeviceError):
    """The tool would leave the box it may be in."""

    code = "outside_workspace"

    def __init__(self, *, axis: str, value_m: float, bound_m: float) -> None:
        super().__init__(
            "arm",
            f"The tool would leave its workspace: {axis} {1000 * value_m:.0f} mm, bound "
            f"{1000 * bound_m:.0f} mm.",
            "The arm holds. Drive it back inside, or change the workspace of the bench.",
        )


class PlannerMismatch(DeviceError):
    """The policy speaks about another robot than the one on this bench."""

    code = "planner_mismatch"

    def __init__(self, policy: str, *, mismatch: str) -> None:
        super().__init__(
            "planner",
            f"Policy {policy!r} was trained for another bench ({mismatch}).",
            "Choose a policy trained on this bench, or connect the bench it was trained on.",
        )


class PlannerFailed(DeviceError):
    """The policy server answered with an error, or not at all."""

    code = "planner_failed"

    def __init__(self, url: str, *, reason: str) -> None:
        super().__init__(
            "planner",
            f"The policy server at {url} failed: {reason}.",
            "It is asked again by itself; motion resumes only when you hand over again.",
        )


class PlanInvalid(DeviceError):
    """A plan that is not a finite trajectory of this robot; never repaired, always dropped."""

    code = "plan_invalid"

    def __init__(self, plan_id: int, *, field: str, value: object, expected: str) -> None:
        super().__init__(
            "planner",
            f"Plan {plan_id}: {field} is {value}, expected {expected}.",
            "The plan was dropped; a new one is asked for.",
        )
        self.plan_id = plan_id


class NotAllowed(DeviceError):
    """A request of a person that cannot be granted now."""

    code = "not_allowed"

    def __init__(self, what: str, *, reason: str, hint: str) -> None:
        super().__init__("rig", f"{what} is not possible now: {reason}.", hint)


class UnknownRobot(DeviceError):
    """No robot description of that name."""

    code = "unknown_robot"

    def __init__(self, *, robot: str, known: tuple[str, ...]) -> None:
        super().__init__(
            "kinematics",
            f"There is no robot description {robot!r}.",
            f"Known: {', '.join(known)}.",
        )


class UnreachablePose(DeviceError):
    """No joints within the limits put the tool at the pose."""

    code = "unreachable_pose"

    def __init__(
        self, *, position_m: tuple[float, float, float], error_m: float, error_rad: float
    ) -> None:
        place = ", ".join(f"{v:.3f}" for v in position_m)
        super().__init__(
            "kinematics",
            f"The tool cannot reach ({place}) m in the base frame: the nearest joints miss it by "
            f"{error_m * 1000:.1f} mm and {error_rad:.2f} rad.",
            "Choose a place nearer to the base or another direction of the tool.",
        )


class RenderFailed(DeviceError):
    """The simulated cameras found no off-screen OpenGL."""

    code = "render_failed"

    def __init__(self, *, tried: tuple[str, ...], reason: str) -> None:
        super().__init__(
            "cameras",
            f"Off-screen rendering did not start (tried {', '.join(tried)}): {reason}.",
            "Install the Mesa EGL library (Debian: libegl1 and libgl1-mesa-dri) or OSMesa.",
        )


class UnknownObject(DeviceError):
    """Nothing of that name stands on the simulated bench."""

    code = "unknown_object"

    def __init__(self, *, name: str, known: tuple[str, ...]) -> None:
        super().__init__(
            "sim",
            f"There is no {name!r} on the simulated bench.",
            f"On the table: {', '.join(known)}.",
        )
