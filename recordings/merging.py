"""Several folders of episodes made one: files are linked (or copied), decisions come along.

The source folders stay as they are. Knows no window.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recordings.edits import Edits, append_change, read_edits
from recordings.errors import RobotMismatch
from recordings.layout import episode_path
from recordings.library import list_episodes
from recordings.linking import link_or_copy
from recordings.opening import opened, read_robot
from recordings.types import EpisodeInfo, EpisodePhase, RobotSpec


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did."""

    added: tuple[str, ...]  # ids in the target folder
    known: tuple[str, ...]  # ids that were there already
    left_out: tuple[str, ...]  # sentences about files that cannot be read


def merge(folders: Sequence[Path], into: Path) -> Merged:
    """Bring every readable, not discarded episode of ``folders`` into ``into``.

    Raises:
        RobotMismatch: episodes of two robots; nothing was changed then.
        OSError
    """
    into = Path(into)
    there = {info.id: info for info in list_episodes(into)}
    usable, left_out = _usable(folders)
    check_one_robot([*(i for i in there.values() if not i.problem), *(i for _, i in usable)])
    new = [(folder, info) for folder, info in usable if info.id not in there]
    into.mkdir(parents=True, exist_ok=True)
    decisions = {info.id: as_fields(read_edits(folder).get(info.id)) for folder, info in new}
    if new:
        append_change(into, "merge", decisions)
    for _, info in new:
        link_or_copy(Path(info.path), episode_path(into, info.id))
    return Merged(
        added=tuple(info.id for _, info in new),
        known=tuple(info.id for _, info in usable if info.id in there),
        left_out=left_out,
    )


def check_one_robot(infos: Iterable[EpisodeInfo]) -> RobotSpec | None:
    """The robot all of them were recorded with; None when there is none.

    Raises:
        RobotMismatch, UnreadableEpisode
    """
    robot: RobotSpec | None = None
    for info in infos:
        path = Path(info.path)
        with opened(path) as root:
            mine = read_robot(root, path=path)
        robot = robot or mine
        if mismatch := robot.mismatch(mine):
            raise RobotMismatch(f"episode {info.id}", mismatch=mismatch)
    return robot


def as_fields(edits: Edits | None) -> Mapping[str, Any]:
    """Decisions as a line of the log says them."""
    if edits is None:
        return {}
    fields = {
        "phase": edits.phase and edits.phase.value,
        "success": edits.success,
        "task": edits.task,
        "trim": edits.trim and [edits.trim.from_s, edits.trim.to_s],
        "flagged": edits.flagged,
        "note": edits.note,
        "part_of": edits.part_of,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _usable(folders: Sequence[Path]) -> tuple[list[tuple[Path, EpisodeInfo]], tuple[str, ...]]:
    usable: dict[str, tuple[Path, EpisodeInfo]] = {}
    left_out: list[str] = []
    for folder in map(Path, folders):
        for info in list_episodes(folder):
            if info.problem or not info.sealed:
                left_out.append(f"{info.id}: {info.problem or 'it is being recorded'}")
            elif info.phase is not EpisodePhase.DISCARDED:
                usable.setdefault(info.id, (folder, info))
    return list(usable.values()), tuple(left_out)
