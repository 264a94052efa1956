"""The motors of the running arm as rows of a table, from what the rig tells about it."""

from __future__ import annotations

from recordings.rig_status import RigPhase, RigStatus
from recordings.types import F32, RobotSpec
from widgets.motor_health import MotorRow

ARM = "arm"  # how the rig's counters call the follower


def motor_rows(status: RigStatus, robot: RobotSpec) -> list[MotorRow]:
    """One row per joint; none while the arm is not connected or its bus tells nothing."""
    state = status.state
    if status.phase is not RigPhase.READY or state is None or state.temperature_c is None:
        return []
    counted = f"{ARM} retried" in status.notes
    return [
        MotorRow(
            joint.name.replace("_", " "),
            _at(state.temperature_c, number),
            _at(state.voltage_v, number),
            _at(state.current_a, number),
            _at(state.load, number),
            status.notes.get(f"{ARM} retried {joint.name}", 0) if counted else None,
            state.alarms.get(joint.name, ""),
        )
        for number, joint in enumerate(robot.joints)
    ]


def _at(values: F32 | None, number: int) -> float | None:
    return None if values is None else float(values[number])
