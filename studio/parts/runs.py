"""The runs in a folder: which trainings there were, how they ended, and whether they can be run.

Reads the small JSON files a training leaves; never a tensor.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recordings.types import JobPhase
from studio.jobs import Job


@dataclass(frozen=True, slots=True)
class RunInfo:
    """One fine-tuning job and its checkpoint."""

    path: Path
    name: str
    usable: bool  # a checkpoint is there
    phase: JobPhase | None = None  # None when the run was not started from here
    steps: int = 0
    heldout: float | None = None  # newest held-out loss
    message: str = ""
    changed_wall_s: float = 0.0

    @property
    def line(self) -> str:
        """What a list shows under the name."""
        unit = "step" if self.steps == 1 else "steps"
        words = [f"{self.steps:,} {unit}"] if self.steps else []
        if self.heldout is not None:
            words.append(f"held-out {self.heldout:.3f}")
        if self.phase in (JobPhase.STARTING, JobPhase.RUNNING):
            words.append("training now")
        elif self.phase is JobPhase.FAILED:
            words.append("failed")
        elif self.phase is JobPhase.CANCELLED:
            words.append("stopped early")
        if not self.usable:
            words.append("no checkpoint yet")
        return " · ".join(words) or "checkpoint"


def list_runs(folder: Path) -> list[RunInfo]:
    """Every run below ``folder``, newest first; folders that are none are passed over."""
    if not folder.is_dir():
        return []
    paths = [path for path in folder.iterdir() if not path.name.startswith(".")]
    runs = [run for path in paths if (run := read_run(path)) is not None]
    return sorted(runs, key=lambda run: run.changed_wall_s, reverse=True)


def read_run(path: Path) -> RunInfo | None:
    """The run in ``path``, None when there is none."""
    head = _json(path / "run.json")
    job = Job.find(path)
    if head is None and job is None:
        return None
    status = None
    if job is not None:
        job.poll()
        status = job.status
    changed = max((f.stat().st_mtime for f in path.iterdir() if f.is_file()), default=0.0)
    return RunInfo(
        path=path,
        name=path.name,
        usable=head is not None,
        phase=status.phase if status else None,
        steps=status.step if status else _steps(head or {}),
        heldout=status.metrics.get("heldout") if status else None,
        message=status.message if status else "",
        changed_wall_s=changed,
    )


def _steps(head: dict[str, Any]) -> int:
    """Steps of a run made elsewhere, from the name of its checkpoint ("checkpoint-000497")."""
    number = str(head.get("checkpoint", "")).rpartition("-")[2]
    return int(number) if number.isdigit() else 0


def _json(path: Path) -> dict[str, Any] | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None
