"""Looks at every file of a folder and puts right what can be put right without inventing anything.

Leftover journals become episodes, files a crash left half-written are removed when the whole is
there, and every picture is compared with its checksum. Nothing recorded is deleted.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recordings.errors import RecordingError
from recordings.journal import SUFFIX as JOURNAL_SUFFIX
from recordings.layout import PART_SUFFIX, SUFFIX
from recordings.library import list_episodes, recover_journals
from recordings.reader import Episode


@dataclass(frozen=True, slots=True)
class Repair:
    """What became of one file."""

    file: str
    done: str = ""  # what was put right, as a sentence
    problem: str = ""  # what cannot be put right, as a sentence


def repair(folder: Path) -> list[Repair]:
    """Complete leftover journals, remove leftovers of interrupted writing, check every picture.

    Raises:
        OSError: the folder cannot be written.
    """
    folder = Path(folder)
    found = [*_recover(folder), *_remove_half_written(folder)]
    for info in list_episodes(folder):
        if info.problem and info.sealed is False:
            found.append(Repair(Path(info.path).name, problem=info.problem))
        elif info.sealed:
            found += (Repair(Path(info.path).name, problem=p) for p in damage(Path(info.path)))
    unique = {(r.file, r.problem): r for r in found}
    return list(unique.values())


def damage(path: Path) -> Iterator[str]:
    """Sentences about what is wrong inside an episode file; none when it is whole."""
    try:
        with Episode.open(path, trimmed=False) as episode:
            for camera in episode.robot.camera_names:
                yield from _damaged_pictures(episode, camera)
    except (RecordingError, OSError) as error:
        yield str(error)


def _recover(folder: Path) -> Iterator[Repair]:
    for info in recover_journals(folder):
        if info.problem:
            yield Repair(Path(info.path).name, problem=info.problem)
        else:
            done = f"an interrupted recording of {info.duration_s:.1f} s was completed"
            yield Repair(Path(info.path).name, done=done)


def _remove_half_written(folder: Path) -> Iterator[Repair]:
    """A ``.part`` is a copy in progress; after a crash its source is still there."""
    for path in sorted(folder.glob(f"*{PART_SUFFIX}")):
        stem = path.name.removesuffix(PART_SUFFIX)
        if any((folder / f"{stem}{suffix}").exists() for suffix in (SUFFIX, JOURNAL_SUFFIX)):
            path.unlink()
            yield Repair(path.name, done="a half-written copy was removed; the whole is there")
        else:
            problem = "is half-written and nothing else of it is there; it is kept as it is"
            yield Repair(path.name, problem=f"{path.name} {problem}")


def _damaged_pictures(episode: Episode, camera: str) -> Iterator[str]:
    wanted = episode.frame_crc32(camera)
    bad = [
        i
        for i in range(episode.frame_count(camera))
        if zlib.crc32(episode.jpeg(camera, i)) != wanted[i]
    ]
    if bad:
        share = f"{len(bad)} of {len(wanted)}"
        first_s = (int(episode.frame_t_ns(camera)[bad[0]]) - int(episode.t_ns[0])) / 1e9
        yield (
            f"{episode.path.name}: {share} pictures of camera {camera!r} are damaged on the disk,"
            f" the first at {first_s:.1f} s; restore the file from a copy"
        )
