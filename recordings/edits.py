"""What people decided about episodes after recording: verdict, success, another task text.

One append-only history ``edits.jsonl`` beside the episodes; the episode files are never rewritten.
The newest line about a field wins; undo is another line. Knows no HDF5.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from recordings.types import EpisodePhase

FILE_NAME: Final = "edits.jsonl"
_FIELDS: Final = ("phase", "success", "task")


@dataclass(frozen=True, slots=True)
class Edits:
    """The state of one episode after all edits; None: not edited."""

    phase: EpisodePhase | None = None
    success: bool | None = None
    task: str | None = None


def append_edit(
    folder: Path,
    episode_id: str,
    *,
    phase: EpisodePhase | None = None,
    success: bool | None = None,
    task: str | None = None,
) -> None:
    """Write down a decision, on the disk before this returns. Fields left None are not touched.

    Raises:
        OSError: when the folder cannot be written.
    """
    changes = {"phase": phase and phase.value, "success": success, "task": task}
    line = {"id": episode_id, "wall_ns": time.time_ns()}
    line |= {name: value for name, value in changes.items() if value is not None}
    # The newline in front ends a line that a crash cut short.
    data = f"\n{json.dumps(line)}\n".encode()
    descriptor = os.open(folder / FILE_NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_edits(folder: Path) -> dict[str, Edits]:
    """Every edited episode of the folder; unreadable lines (a crash) are skipped."""
    path = folder / FILE_NAME
    if not path.exists():
        return {}
    edits: dict[str, Edits] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        found = _parse(line)
        if found is not None:
            episode_id, changes = found
            edits[episode_id] = replace(edits.get(episode_id, Edits()), **changes)
    return edits


def _parse(line: str) -> tuple[str, dict[str, Any]] | None:
    try:
        found = json.loads(line)
        changes = {name: found[name] for name in _FIELDS if name in found}
        if "phase" in changes:
            changes["phase"] = EpisodePhase(changes["phase"])
        return str(found["id"]), changes
    except (ValueError, KeyError, TypeError):
        return None
