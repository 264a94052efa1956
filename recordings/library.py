"""A folder of episodes: list, mark, move to the trash and back, complete what a crash left.

One unreadable file never hides the others: it is listed with a sentence about what is wrong. Knows
no recorder and no window.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from recordings.edits import Edits, Fields, append_change, append_edit, read_edits
from recordings.errors import EpisodeNotFound, RecordingError
from recordings.journal import SUFFIX as JOURNAL_SUFFIX
from recordings.journal import UNBORN_SUFFIX, is_being_written, sync_folder
from recordings.journal_reader import read_journal_header
from recordings.layout import SUFFIX, TRASH, edits_folder, episode_path
from recordings.opening import opened, read_info, with_edits
from recordings.seal import seal
from recordings.types import EpisodeInfo, EpisodePhase


def list_episodes(folder: Path) -> list[EpisodeInfo]:
    """Everything in ``folder``, oldest first; a missing folder is an empty one."""
    folder = Path(folder)
    if not folder.is_dir():
        return []
    edits = read_edits(edits_folder(folder / "any"))
    sealed = {path.stem: _sealed(path, edits) for path in folder.glob(f"*{SUFFIX}")}
    unsealed = {
        path.stem: _unsealed(path, edits)
        for path in folder.glob(f"*{JOURNAL_SUFFIX}")
        if path.stem not in sealed
    }
    found = [info for info in (sealed | unsealed).values() if info is not None]
    return sorted(found, key=lambda info: (info.created_wall_s, info.id))


def episode_info(folder: Path, episode_id: str) -> EpisodeInfo:
    """One entry of the list.

    Raises:
        EpisodeNotFound
    """
    path = episode_path(Path(folder), episode_id)
    info = _sealed(path, read_edits(path.parent)) if path.exists() else None
    if info is None:
        raise EpisodeNotFound(episode_id, folder=Path(folder))
    return info


def mark(
    folder: Path,
    episode_id: str,
    *,
    phase: EpisodePhase | None = None,
    success: bool | None = None,
    task: str | None = None,
) -> None:
    """Write down what people decided; None leaves a field as it is.

    Raises:
        EpisodeNotFound, OSError
    """
    _find(Path(folder), episode_id)
    append_edit(Path(folder), episode_id, phase=phase, success=success, task=task)


def decide(folder: Path, what: str, changes: Mapping[str, Fields]) -> None:
    """Write down decisions about several episodes as one change, which one undo takes back.

    ``what`` is a word for the history ("relabel", "flag", …); ``changes`` maps episode ids to
    fields of ``Edits`` as JSON values, None takes a decision back.

    Raises:
        EpisodeNotFound: one of them is not there; nothing is written then.
        OSError
    """
    for episode_id in changes:
        _find(Path(folder), episode_id)
    append_change(Path(folder), what, changes)


def keep(folder: Path, episode_id: str) -> None:
    """The episode is part of the data set from now on."""
    mark(folder, episode_id, phase=EpisodePhase.KEPT)


def trash(folder: Path, episode_id: str) -> None:
    """Move an episode (or a leftover journal) to ``trash/``; :func:`restore` brings it back.

    Raises:
        EpisodeNotFound, OSError
    """
    folder = Path(folder)
    path = _find(folder, episode_id)
    (folder / TRASH).mkdir(exist_ok=True)
    append_change(folder, "trash", {episode_id: {"phase": EpisodePhase.DISCARDED.value}})
    path.rename(folder / TRASH / path.name)
    sync_folder(folder / TRASH)
    sync_folder(folder)


def restore(folder: Path, episode_id: str) -> None:
    """Bring an episode back from the trash, for review.

    Raises:
        EpisodeNotFound, OSError
    """
    folder = Path(folder)
    path = _find(folder / TRASH, episode_id)
    append_change(folder, "restore", {episode_id: {"phase": EpisodePhase.REVIEW.value}})
    path.rename(folder / path.name)
    sync_folder(folder)
    sync_folder(folder / TRASH)


def list_trash(folder: Path) -> list[EpisodeInfo]:
    """What lies in the trash, oldest first."""
    discarded = list_episodes(Path(folder) / TRASH)
    return [replace(info, phase=EpisodePhase.DISCARDED) for info in discarded]


def leftover_journals(folder: Path) -> list[Path]:
    """Journals that nobody writes any more: what a crash left behind."""
    journals = sorted(Path(folder).glob(f"*{JOURNAL_SUFFIX}"))
    return [path for path in journals if not is_being_written(path)]


def remove_unborn(folder: Path) -> None:
    """Delete journals that a crash caught before their header was complete: they hold nothing."""
    for path in Path(folder).glob(f"*{UNBORN_SUFFIX}"):
        with suppress(FileNotFoundError):  # it was born while we looked
            if not is_being_written(path):
                path.unlink()


def recover_journals(folder: Path) -> list[EpisodeInfo]:
    """Seal every leftover journal; returns what became of each, failures with a sentence."""
    remove_unborn(folder)
    return [recover_journal(path) for path in leftover_journals(folder)]


def recover_journal(path: Path) -> EpisodeInfo:
    """Seal one leftover journal, or say in ``problem`` why it has to stay as it is."""
    try:
        sealed = seal(path, recovered=True)
        return episode_info(sealed.parent, sealed.stem)
    except (RecordingError, OSError) as error:
        return _unreadable(path, problem=str(error))


def _find(folder: Path, episode_id: str) -> Path:
    for suffix in (SUFFIX, JOURNAL_SUFFIX):
        path = folder / f"{episode_id}{suffix}"
        if path.exists():
            return path
    raise EpisodeNotFound(episode_id, folder=folder)


def _sealed(path: Path, edits: dict[str, Edits]) -> EpisodeInfo | None:
    mine = edits.get(path.stem, Edits())
    try:
        with opened(path) as root:
            return read_info(root, path=path, edits=mine)
    except FileNotFoundError:  # moved to the trash while we looked
        return None
    except (RecordingError, OSError) as error:
        return with_edits(_unreadable(path, problem=str(error)), mine)


def _unsealed(path: Path, edits: dict[str, Edits]) -> EpisodeInfo | None:
    """A journal: being recorded or sealed right now, or left over from a crash."""
    mine = edits.get(path.stem, Edits())
    try:
        writing = is_being_written(path)
        problem = "" if writing else "not completed yet; it is completed at the next start"
        header = read_journal_header(path)
    except FileNotFoundError:  # sealed while we looked; the next list shows it
        return None
    except (RecordingError, OSError) as error:
        return with_edits(_unreadable(path, problem=str(error)), mine)
    info = replace(
        _unreadable(path, problem=problem),
        task=header.task,
        phase=EpisodePhase.RECORDING,
        cameras=header.robot.camera_names,
        created_wall_s=header.created_wall_ns / 1e9,
    )
    return with_edits(info, mine)


def _unreadable(path: Path, *, problem: str) -> EpisodeInfo:
    return EpisodeInfo(
        id=path.stem,
        path=str(path),
        task="",
        phase=EpisodePhase.REVIEW,
        steps=0,
        duration_s=0.0,
        cameras=(),
        frames=0,
        created_wall_s=path.stat().st_mtime if path.exists() else 0.0,
        problem=problem,
        sealed=False,
    )
