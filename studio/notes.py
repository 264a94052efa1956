"""What is written into an episode beside its steps: plans with their checks, decisions, the scene.

One place that says which facts become events and how they look, so that readers find them again.
Knows the recorder's address, no Qt and no page.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from devices.commands import (
    AuthorityChanged,
    PlanActivated,
    PlanDropped,
    PlanProposed,
    SceneState,
    TorqueChanged,
)
from recordings.types import Fault, PlanReport
from studio.recorder_host import RecorderHost

SCENE = "scene"  # event: where the things on the table are, when they moved
PLAN_PROPOSED = "plan_proposed"  # event: a plan was shown, with its checks
MOVED_M = 5e-4  # less is rounding of the physics
MOVED_TURN = 5e-3  # in a quaternion's components, about half a degree


class Notes:
    """Writes the facts of one bench into whatever episode is being recorded."""

    def __init__(self) -> None:
        self._scene: SceneState | None = None  # noted last in this take
        self._take = 0

    def note(self, fact: object, recorder: RecorderHost) -> None:
        """Note one fact; the recorder drops it when nothing is being recorded."""
        if recorder.takes != self._take:
            self._take, self._scene = recorder.takes, None
        match fact:
            case AuthorityChanged():
                data = {"authority": fact.authority.name, "reason": fact.reason}
                recorder.event("authority", data, t_ns=fact.t_ns)
            case TorqueChanged():
                recorder.event("torque", {"torque": fact.torque.value}, t_ns=fact.t_ns)
            case PlanProposed():
                self._note_plan(fact, recorder)
            case PlanActivated():
                data = {"plan": fact.plan_id, "approved_by": fact.approved_by}
                recorder.event("plan_activated", data, t_ns=fact.t_ns)
            case PlanDropped():
                recorder.event("plan_dropped", {"plan": fact.plan_id, "reason": fact.reason})
            case Fault():
                recorder.event("fault", {"code": fact.code, "message": fact.message})
            case SceneState():
                self._note_scene(fact, recorder)
            case _:
                pass

    def note_again(self, proposed: PlanProposed, recorder: RecorderHost) -> None:
        """A plan from before the take that runs in it: without it its steps name nothing."""
        if not recorder.has_noted(proposed.plan.id):
            self._note_plan(proposed, recorder)

    def _note_plan(self, proposed: PlanProposed, recorder: RecorderHost) -> None:
        recorder.plan(proposed.plan)
        data = {"plan": proposed.plan.id, "checks": checks_note(proposed.report)}
        recorder.event(PLAN_PROPOSED, data)

    def _note_scene(self, scene: SceneState, recorder: RecorderHost) -> None:
        if self._scene is None or _moved(self._scene, scene):
            self._scene = scene
            recorder.event(SCENE, scene_note(scene), t_ns=scene.t_ns)


def checks_note(report: PlanReport) -> list[dict[str, Any]]:
    """A report as plain values; what is not finite becomes None."""
    return [
        {
            "name": check.name,
            "verdict": check.verdict.value,
            "step": check.step,
            "joint": check.joint,
            "value": check.value if math.isfinite(check.value) else None,
            "bound": check.bound if math.isfinite(check.bound) else None,
            "unit": check.unit,
        }
        for check in report.checks
    ]


def scene_note(scene: SceneState) -> dict[str, Any]:
    """Places of the cubes as plain values: x y z m, qw qx qy qz."""
    cubes = {name: [round(v, 5) for v in pose] for name, pose in scene.cubes.items()}
    return {"seed": scene.seed, "cubes": cubes, "tray": [round(v, 5) for v in scene.tray]}


def noted_scene(event: Mapping[str, Any]) -> SceneState | None:
    """Inverse of :func:`scene_note` for an event of an episode; None when it is no such event."""
    data = event["data"]
    if event["kind"] != SCENE or not isinstance(data, Mapping):
        return None
    try:
        cubes = {str(name): tuple(map(float, pose)) for name, pose in data["cubes"].items()}
        x, y, z = map(float, data["tray"])
        seed = int(data["seed"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    whole = all(len(pose) == 7 for pose in cubes.values())
    return SceneState(int(event["t_ns"]), seed, cubes, (x, y, z)) if whole else None


def _moved(before: SceneState, now: SceneState) -> bool:
    if before.seed != now.seed or before.cubes.keys() != now.cubes.keys():
        return True
    return any(
        abs(a - b) > (MOVED_M if i < 3 else MOVED_TURN)
        for name, pose in now.cubes.items()
        for i, (a, b) in enumerate(zip(before.cubes[name], pose, strict=True))
    )
