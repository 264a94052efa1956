"""What people decided about episodes after recording: verdict, success, task text, trim, notes.

One append-only history ``edits.jsonl`` beside the episodes; the episode files are never rewritten.
The newest line about a field wins, ``null`` takes a decision back, and a line may undo or redo a
whole earlier change. Knows no HDF5 and moves no file.

    {"id": episode, "wall_ns": …, "change": name, "what": "trim", "trim": [0.5, 8.0]}
    {"undo": name, "wall_ns": …}    {"redo": name, "wall_ns": …}
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from recordings.types import EpisodePhase

FILE_NAME: Final = "edits.jsonl"
_FIELDS: Final = ("phase", "success", "task", "trim", "flagged", "note", "part_of")

Fields = Mapping[str, Any]  # field of Edits → JSON value; None takes the decision back


@dataclass(frozen=True, slots=True)
class Trim:
    """The part of a recording that counts, in seconds after its first step."""

    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class Edits:
    """The state of one episode after all edits; None: not edited."""

    phase: EpisodePhase | None = None
    success: bool | None = None
    task: str | None = None
    trim: Trim | None = None
    flagged: bool | None = None
    note: str | None = None
    part_of: str | None = None  # id of the episode this one was split from


@dataclass(frozen=True, slots=True)
class Change:
    """One thing a person did, to one episode or to several at once."""

    name: str
    what: str  # "trim", "split", "relabel", …
    wall_s: float
    lines: tuple[tuple[str, Fields], ...]  # (episode id, fields), in the order they were written

    @property
    def episodes(self) -> tuple[str, ...]:
        """Ids it is about, each once."""
        return tuple(dict.fromkeys(episode_id for episode_id, _ in self.lines))


@dataclass(frozen=True, slots=True)
class EditLog:
    """All changes of a folder: those that hold, oldest first, and those that were undone."""

    done: tuple[Change, ...] = ()
    undone: tuple[Change, ...] = ()  # the last one is the next to redo


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
    given = {"phase": phase and phase.value, "success": success, "task": task}
    fields = {name: value for name, value in given.items() if value is not None}
    append_change(folder, "mark", {episode_id: fields})


def append_change(folder: Path, what: str, changes: Mapping[str, Fields]) -> None:
    """Write down one change of one or more episodes, on the disk before this returns.

    Raises:
        OSError: when the folder cannot be written.
    """
    name, wall_ns = secrets.token_hex(4), time.time_ns()
    head = {"wall_ns": wall_ns, "change": name, "what": what}
    _append(
        folder, [{"id": episode_id, **head, **fields} for episode_id, fields in changes.items()]
    )


def append_reversal(folder: Path, verb: str, change: Change) -> None:
    """Write down that ``change`` is undone (``verb`` "undo") or holds again ("redo").

    Raises:
        OSError: when the folder cannot be written.
    """
    _append(folder, [{verb: change.name, "wall_ns": time.time_ns()}])


def read_edits(folder: Path) -> dict[str, Edits]:
    """Every edited episode of the folder; unreadable lines (a crash) are skipped."""
    return dict(_folded(*_stamped(folder)))


def read_log(folder: Path) -> EditLog:
    """The changes behind :func:`read_edits`."""
    return _log(*_stamped(folder))


def _append(folder: Path, lines: list[dict[str, Any]]) -> None:
    # The newline in front ends a line that a crash cut short.
    data = "".join(f"\n{json.dumps(line)}\n" for line in lines).encode()
    descriptor = os.open(folder / FILE_NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _stamped(folder: Path) -> tuple[Path, tuple[int, int, int] | None]:
    """The file and what tells one state of it from another: thousands of episodes ask for it."""
    path = folder / FILE_NAME
    try:
        stat = path.stat()
    except FileNotFoundError:
        return path, None
    return path, (stat.st_ino, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=8)
def _log(path: Path, stamp: tuple[int, int, int] | None) -> EditLog:
    done: dict[str, Change] = {}
    undone: dict[str, Change] = {}
    text = "" if stamp is None else path.read_text(encoding="utf-8", errors="replace")
    for line in text.splitlines():
        found = _parse(line)
        if isinstance(found, Change):
            _add(done, found)
            undone.clear()
        elif found is not None:
            verb, name = found
            source, target = (done, undone) if verb == "undo" else (undone, done)
            if name in source:
                target[name] = source.pop(name)
    return EditLog(tuple(done.values()), tuple(undone.values()))


def _add(done: dict[str, Change], line: Change) -> None:
    """A line of a change that is already there belongs to it."""
    known = done.get(line.name)
    done[line.name] = line if known is None else replace(known, lines=known.lines + line.lines)


@lru_cache(maxsize=8)
def _folded(path: Path, stamp: tuple[int, int, int] | None) -> dict[str, Edits]:
    edits: dict[str, Edits] = {}
    # Undone and redone changes keep the place in time they were made at.
    for change in sorted(_log(path, stamp).done, key=lambda change: change.wall_s):
        for episode_id, fields in change.lines:
            typed = {name: _typed(name, value) for name, value in fields.items()}
            edits[episode_id] = replace(edits.get(episode_id, Edits()), **typed)
    return edits


def _parse(line: str) -> Change | tuple[str, str] | None:
    try:
        found = json.loads(line)
        for verb in ("undo", "redo"):
            if verb in found:
                return verb, str(found[verb])
        fields = {name: found[name] for name in _FIELDS if name in found}
        for name, value in fields.items():
            _typed(name, value)
        wall_ns = int(found["wall_ns"])
        name = str(found.get("change", wall_ns))
        what = str(found.get("what", "mark"))
        return Change(name, what, wall_ns / 1e9, ((str(found["id"]), fields),))
    except (ValueError, KeyError, TypeError):
        return None


def _typed(name: str, value: Any) -> Any:  # noqa: ANN401 - one of the types of Edits
    if value is None:
        return None
    if name == "phase":
        return EpisodePhase(value)
    if name == "trim":
        from_s, to_s = value
        return Trim(float(from_s), float(to_s))
    return value
