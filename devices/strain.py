"""Whether a motor suffers: its own complaint, or its temperature, for longer than a moment.

A single alarm bit may be a disturbed byte, so it must last. A gripper that presses on what it holds
goes into its overload protection by design and is left alone; too hot is too hot for all. Knows no
authority; what follows is decided by whoever asks.
"""

from __future__ import annotations

from devices.errors import ArmStrained
from devices.rig_settings import RigSettings
from recordings.types import JointState, RobotSpec

PRESSING = "overload"  # the complaint of a motor that pushes against something
_NS = 1e9


class Strain:
    """Looks at every state of one arm."""

    def __init__(self, robot: RobotSpec, *, settings: RigSettings) -> None:
        self._names = robot.joint_names
        self._grippers = {joint.name for joint in robot.joints if joint.is_gripper}
        self._settings = settings
        self._since_ns: dict[str, int] = {}

    def look(self, state: JointState, *, now_ns: int) -> ArmStrained | None:
        """The first joint that has suffered for too long, None when none has."""
        complaints = self._complaints(state)
        self._since_ns = {j: self._since_ns.get(j, now_ns) for j in complaints}
        for joint, since_ns in self._since_ns.items():
            if (now_ns - since_ns) / _NS >= self._settings.strain_s:
                return ArmStrained(joint, complaint=complaints[joint])
        return None

    def _complaints(self, state: JointState) -> dict[str, str]:
        found = {
            joint: words
            for joint, words in state.alarms.items()
            if joint not in self._grippers or words != PRESSING
        }
        if (
            state.temperature_c is not None
            and state.temperature_c.max() >= self._settings.hottest_c
        ):
            for joint, degrees in zip(self._names, state.temperature_c, strict=True):
                if degrees >= self._settings.hottest_c:
                    found.setdefault(joint, f"{degrees:.0f} °C")
        return found
