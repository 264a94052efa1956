"""Trim, split, join and duplicate episodes without rewriting one: by edits and links to files.

A part of a split episode is a hard link to the recording (a copy where the disk has no links) and a
trim; the recording itself goes to the trash. Times are seconds after the first step of the whole
recording, whatever is trimmed. Knows no window; ``compacting`` rewrites the files when asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from recordings.edits import Edits, Trim, append_change, read_edits
from recordings.errors import CutOutside, EpisodeNotFound, NotOneRecording
from recordings.history import carry_out
from recordings.layout import SUFFIX, TRASH, episode_path
from recordings.opening import opened
from recordings.reader import Episode
from recordings.types import EpisodePhase


def trim(folder: Path, episode_id: str, part: Trim | None) -> None:
    """Only ``part`` of the recording counts from now on; None: all of it again.

    Raises:
        EpisodeNotFound, UnreadableEpisode, OSError
        CutOutside: the part holds no step of the recording.
    """
    folder = Path(folder)
    times_s = recording_times(folder, episode_id)
    if part is not None:
        _check_inside(episode_id, times_s, part)
    value = None if part is None else [part.from_s, part.to_s]
    append_change(folder, "trim", {episode_id: {"trim": value}})


def split(folder: Path, episode_id: str, at_s: Sequence[float]) -> list[str]:
    """Cut before each time of ``at_s``; returns the ids of the parts, in order.

    Raises:
        EpisodeNotFound, UnreadableEpisode, OSError
        CutOutside: a time is outside of the part of the recording that counts.
    """
    folder = Path(folder)
    times_s = recording_times(folder, episode_id)
    parts = _parts(episode_id, times_s, read_edits(folder).get(episode_id), at_s)
    names = _free_names(folder, episode_id, len(parts))
    inherited = _inherited(folder, episode_id)
    made = {
        name: {**inherited, "trim": [part.from_s, part.to_s], "part_of": episode_id}
        for name, part in zip(names, parts, strict=True)
    }
    carry_out(folder, "split", {**made, episode_id: {"phase": EpisodePhase.DISCARDED.value}})
    return names


def duplicate(folder: Path, episode_id: str) -> str:
    """The same episode once more, to be cut differently; returns its id.

    Raises:
        EpisodeNotFound, UnreadableEpisode, OSError
    """
    folder = Path(folder)
    if not episode_path(folder, episode_id).exists():
        raise EpisodeNotFound(episode_id, folder=folder)
    (name,) = _free_names(folder, episode_id, 1)
    trimmed = read_edits(folder).get(episode_id, Edits()).trim
    part = {} if trimmed is None else {"trim": [trimmed.from_s, trimmed.to_s]}
    made = {**_inherited(folder, episode_id), **part, "part_of": episode_id}
    carry_out(folder, "duplicate", {name: made})
    return name


def join(folder: Path, episode_ids: Sequence[str]) -> str:
    """Make one episode of neighbouring parts of one recording; returns the id that stays.

    Raises:
        EpisodeNotFound, UnreadableEpisode, OSError
        NotOneRecording: they come from different recordings, or something between them is missing.
    """
    folder = Path(folder)
    found = {name: _range_in_recording(folder, name) for name in dict.fromkeys(episode_ids)}
    if len(found) < 2:
        raise NotOneRecording(episode_ids, why="joining needs at least two parts")
    if len({recording for recording, _, _ in found.values()}) > 1:
        raise NotOneRecording(episode_ids, why="they come from different recordings")
    order = sorted(found, key=lambda name: found[name][1].from_s)
    period_s = found[order[0]][2]
    for before, after in pairwise(order):
        gap_s = found[after][1].from_s - found[before][1].to_s
        if gap_s > 1.5 * period_s:
            raise NotOneRecording(episode_ids, why=f"{gap_s:.2f} s between them are missing")
    stays, *others = order
    until_s = max(part.to_s for _, part, _ in found.values())
    changes: dict[str, dict[str, Any]] = {stays: {"trim": [found[stays][1].from_s, until_s]}}
    changes |= {name: {"phase": EpisodePhase.DISCARDED.value} for name in others}
    carry_out(folder, "join", changes)
    return stays


def recording_times(folder: Path, episode_id: str) -> np.ndarray:
    """(t,) s of every step of the whole recording, counted from its first one.

    Raises:
        EpisodeNotFound, UnreadableEpisode, OSError
    """
    path = episode_path(folder, episode_id)
    if not path.exists():
        raise EpisodeNotFound(episode_id, folder=folder)
    with Episode.open(path, trimmed=False) as episode:
        since_ns = episode.t_ns - episode.t_ns[0] if len(episode.t_ns) else episode.t_ns
        return (since_ns + episode.cut_from_ns) / 1e9


def start_in_recording_s(episode: Episode) -> float:
    """Where in the whole recording the first step that counts is, in seconds after its first one.

    Raises:
        UnreadableEpisode, OSError
    """
    if not episode.info.trimmed:
        return episode.cut_from_ns / 1e9
    with Episode.open(episode.path, trimmed=False) as whole:
        return int(episode.t_ns[0] - whole.t_ns[0] + whole.cut_from_ns) / 1e9


def _check_inside(episode_id: str, times_s: np.ndarray, part: Trim) -> None:
    inside = (times_s >= part.from_s - 1e-6) & (times_s <= part.to_s + 1e-6)
    if not inside.any():
        raise CutOutside(episode_id, wanted=(part.from_s, part.to_s), times_s=_ends(times_s))


def _parts(
    episode_id: str, times_s: np.ndarray, edits: Edits | None, at_s: Sequence[float]
) -> list[Trim]:
    whole = Trim(*_ends(times_s)) if edits is None or edits.trim is None else edits.trim
    inside = times_s[(times_s >= whole.from_s - 1e-6) & (times_s <= whole.to_s + 1e-6)]
    cuts = sorted({int(np.searchsorted(inside, time_s - 1e-6)) for time_s in at_s})
    if not cuts or cuts[0] <= 0 or cuts[-1] >= len(inside):
        raise CutOutside(episode_id, wanted=tuple(at_s), times_s=_ends(inside))
    bounds = [0, *cuts, len(inside)]
    return [Trim(float(inside[a]), float(inside[b - 1])) for a, b in pairwise(bounds)]


def _ends(times_s: np.ndarray) -> tuple[float, float]:
    return (float(times_s[0]), float(times_s[-1])) if len(times_s) else (0.0, 0.0)


def _range_in_recording(folder: Path, episode_id: str) -> tuple[str, Trim, float]:
    """(id in the file's own words, what of it counts, seconds between steps)."""
    times_s = recording_times(folder, episode_id)
    with opened(episode_path(folder, episode_id)) as root:
        recording = root.text("id")
    edits = read_edits(folder).get(episode_id)
    part = Trim(*_ends(times_s)) if edits is None or edits.trim is None else edits.trim
    return recording, part, float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0


def _free_names(folder: Path, episode_id: str, count: int) -> list[str]:
    """Names no episode of the folder has or ever had."""
    taken = {path.name for place in (folder, folder / TRASH) for path in place.glob("*")}
    known = read_edits(folder)
    names: list[str] = []
    number = 0
    while len(names) < count:
        number += 1
        name = f"{episode_id}-{number}"
        if f"{name}{SUFFIX}" not in taken and name not in known:
            names.append(name)
    return names


def _inherited(folder: Path, episode_id: str) -> Mapping[str, Any]:
    """What was decided about the whole holds for its parts."""
    edits = read_edits(folder).get(episode_id)
    if edits is None:
        return {}
    phase = edits.phase.value if edits.phase else None
    given = {"phase": phase, "success": edits.success, "task": edits.task, "note": edits.note}
    return {name: value for name, value in given.items() if value is not None}
