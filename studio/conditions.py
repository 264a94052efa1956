"""What must be so before an action makes sense, and the sentence that says why it does not.

Reads the session, changes nothing. Names are those in ``studio.actions.Action.needs``.
"""

from __future__ import annotations

from collections.abc import Callable

from recordings.rig_status import RigPhase
from studio.actions import Action
from studio.parts.training import TrainingSet
from studio.session import Session

Holds = Callable[[Session], bool]

CONDITIONS: dict[str, tuple[Holds, str]] = {
    "arm": (lambda s: s.status.phase is RigPhase.READY, "The arm is not connected."),
    "no arm": (lambda s: s.status.phase is not RigPhase.READY, "The arm is connected already."),
    "stopped": (lambda s: s.status.stopped, "STOP is not pressed."),
    "task": (lambda s: bool(s.teaching.task), "Say what the task is first, on Teach."),
    "take": (lambda s: s.teaching.recording, "No take is being recorded."),
    "last take": (
        lambda s: s.teaching.recording or bool(s.teaching.last_id),
        "No take was recorded in this session.",
    ),
    "simulation": (
        lambda s: s.cell.bench.is_simulated,
        "Only the simulated bench has a demonstrator and scenes.",
    ),
    "real bench": (
        lambda s: not s.cell.bench.is_simulated,
        "This is the simulated bench already.",
    ),
    "no demonstrator": (
        lambda s: not s.teaching.demonstrating,
        "The demonstrator is recording already.",
    ),
    "plan": (lambda s: s.running.waiting is not None, "No plan waits for you."),
    "rollout": (lambda s: s.rollout.recording, "No run is being recorded."),
    "policy": (lambda s: s.running.ready, "No policy is loaded: choose a run on Run."),
    "run": (
        lambda s: any(run.usable for run in s.training.runs),
        "There is no trained run yet: train one on Train.",
    ),
    "episode": (lambda s: s.review.episode is not None, "No episode is open."),
    "chosen": (lambda s: bool(s.editing.ids), "No episode is chosen."),
    "several chosen": (lambda s: len(s.editing.ids) > 1, "Choose two or more parts in the list."),
    "episodes": (
        lambda s: TrainingSet.of(s.review.episodes).episodes > 0,
        "No kept episodes yet: record some on Teach.",
    ),
    "training": (lambda s: s.training.running, "No training is running."),
    "no training": (lambda s: not s.training.running, "A training is running already."),
}


def reason_against(entry: Action, session: Session) -> str:
    """Why ``entry`` cannot be done now, "" when it can."""
    for name in entry.needs:
        holds, otherwise = CONDITIONS[name]
        if not holds(session):
            return otherwise
    return ""
