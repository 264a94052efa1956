"""The motors of the running arms as rows of a table, from what the rig tells about them."""

from __future__ import annotations

from collections.abc import Sequence

from recordings.rig_status import RigPhase, RigStatus
from recordings.types import F32
from widgets.motor_health import MotorRow

ARM = "arm"  # how the rig calls the follower


def motor_rows(status: RigStatus, joints: Sequence[str], *, device: str = ARM) -> list[MotorRow]:
    """One row per joint; none while the arm is not connected or its bus tells nothing.

    Args:
        status: newest of the rig.
        joints: names, in order.
        device: the follower, or the name of a leader with motors.
    """
    state = status.state if device == ARM else status.leader_states.get(device)
    if status.phase is not RigPhase.READY or state is None or state.temperature_c is None:
        return []
    names = (
        joints if len(joints) == len(state.q) else [f"motor {n + 1}" for n in range(len(state.q))]
    )
    counted = f"{device} retried" in status.notes
    return [
        MotorRow(
            joint.replace("_", " "),
            _at(state.temperature_c, number),
            _at(state.voltage_v, number),
            _at(state.current_a, number),
            _at(state.load, number),
            status.notes.get(f"{device} retried {joint}", 0) if counted else None,
            state.alarms.get(joint, ""),
        )
        for number, joint in enumerate(names)
    ]


def _at(values: F32 | None, number: int) -> float | None:
    return None if values is None else float(values[number])
