"""Undo and redo of what people did to the episodes of a folder.

The log says what holds; this module makes the files follow it: what is discarded lies in the trash,
everything else does not, and parts of a recording that is whole again are gone. Deletes nothing
that is not in another file of the folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from recordings.edits import (
    Change,
    Edits,
    Fields,
    append_change,
    append_reversal,
    read_edits,
    read_log,
)
from recordings.errors import NothingToUndo
from recordings.journal import SUFFIX as JOURNAL_SUFFIX
from recordings.journal import sync_folder
from recordings.layout import SUFFIX, TRASH, episode_path
from recordings.linking import link_or_copy
from recordings.types import EpisodePhase


def undo(folder: Path) -> Change:
    """Take back the last change that still holds; returns it.

    Raises:
        NothingToUndo, OSError
    """
    return _reverse(Path(folder), "undo")


def redo(folder: Path) -> Change:
    """Do again what was undone last, if nothing else was done since; returns it.

    Raises:
        NothingToUndo, OSError
    """
    return _reverse(Path(folder), "redo")


def carry_out(folder: Path, what: str, changes: Mapping[str, Fields]) -> Change:
    """Write down one change of one or more episodes and move their files accordingly.

    ``what`` is a word for the history; the meaning of "split", "duplicate", "merge" and "import" is
    that the episodes came into being by it.

    Raises:
        OSError
    """
    append_change(folder, what, changes)
    change = read_log(folder).done[-1]
    settle(folder, change)
    return change


def settle(folder: Path, change: Change) -> None:
    """Move the files of the episodes of ``change`` to where the log says they belong.

    Raises:
        OSError
    """
    edits = read_edits(folder)
    holds = change in read_log(folder).done
    made = _made(change)
    (folder / TRASH).mkdir(exist_ok=True)
    for name in change.episodes:
        if name in made and holds:
            _make(folder, name, source=made[name])
        discarded = edits.get(name, Edits()).phase is EpisodePhase.DISCARDED
        _move(folder, name, to_trash=discarded or (name in made and not holds))
    for name, source in made.items():
        if not holds and source:
            _remove_second(episode_path(folder / TRASH, name), of=episode_path(folder, source))
    sync_folder(folder)
    sync_folder(folder / TRASH)


def _reverse(folder: Path, verb: str) -> Change:
    log = read_log(folder)
    candidates = log.done if verb == "undo" else log.undone
    if not candidates:
        raise NothingToUndo(folder, verb=verb)
    append_reversal(folder, verb, candidates[-1])
    settle(folder, candidates[-1])
    return candidates[-1]


def _made(change: Change) -> dict[str, str]:
    """Episodes that exist because of ``change`` → the recording they are a part of, "" none."""
    if change.what in ("merge", "import"):
        return dict.fromkeys(change.episodes, "")
    if change.what in ("split", "duplicate"):
        return {name: str(f["part_of"]) for name, f in change.lines if f.get("part_of")}
    return {}


def _remove_second(path: Path, *, of: Path) -> None:
    """Delete ``path`` if ``of`` still holds as much: one of them may have been compacted since."""
    if path.exists() and of.exists() and path.stat().st_size <= of.stat().st_size:
        path.unlink()


def _make(folder: Path, name: str, *, source: str) -> None:
    """The part of a recording, where it is not there yet."""
    places = [episode_path(place, source) for place in (folder, folder / TRASH) if source]
    found = next((path for path in places if path.exists()), None)
    known = episode_path(folder, name).exists() or episode_path(folder / TRASH, name).exists()
    if found is not None and not known:
        link_or_copy(found, episode_path(folder, name))


def _move(folder: Path, name: str, *, to_trash: bool) -> None:
    source, target = (folder, folder / TRASH) if to_trash else (folder / TRASH, folder)
    for suffix in (SUFFIX, JOURNAL_SUFFIX):
        path = source / f"{name}{suffix}"
        if path.exists() and not (target / path.name).exists():
            path.rename(target / path.name)
