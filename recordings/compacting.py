"""Makes edits final: trimmed episodes become files that hold only what counts.

Every file is written beside, pushed to the disk and renamed over the old one; a crash leaves the
one or the other. Afterwards a trim can no longer be widened. Emptying the trash is the only place
of Foresight that deletes recordings, and only when asked by that name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import h5py
import numpy as np

from recordings.edits import Trim, read_edits
from recordings.journal import SUFFIX as JOURNAL_SUFFIX
from recordings.journal import sync_folder
from recordings.layout import PART_SUFFIX, SUFFIX, TRASH, episode_path
from recordings.library import list_episodes
from recordings.opening import interventions
from recordings.reader import Episode
from recordings.seal import check_room, push_to_disk
from recordings.stored import Tree
from recordings.trimming import kept_pictures, kept_rows
from recordings.types import EpisodeInfo

_BATCH_BYTES: Final = 4 * 2**20
_ROW_COLUMNS: Final = ("t_mono_ns", "state", "action", "authority", "plan_id", "guard_bits")


@dataclass(frozen=True, slots=True)
class Compacted:
    """What compacting did."""

    episodes: tuple[str, ...]
    freed_bytes: int  # smaller files; what a split recording in the trash still holds not counted


def compact(
    folder: Path,
    *,
    tell: Callable[[str], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Compacted:
    """Rewrite every trimmed episode of ``folder`` without what was trimmed off.

    ``tell`` is called with the id of each episode before it is rewritten; when ``should_stop`` says
    so, the ones that are left stay as they are.

    Raises:
        NoRoomToSeal, UnreadableEpisode, OSError: the episodes before are done, this one is as it
            was.
    """
    folder = Path(folder)
    edits = read_edits(folder)
    done: list[str] = []
    freed = 0
    for info in _trimmed(list_episodes(folder)):
        if should_stop():
            break
        trim = edits[info.id].trim
        path = episode_path(folder, info.id)
        if trim is None or not _holds_more(path, trim):
            continue
        tell(info.id)
        before = path.stat().st_size
        _rewrite(path, trim)
        freed += before - path.stat().st_size
        done.append(info.id)
    return Compacted(tuple(done), freed)


def empty_trash(folder: Path) -> int:
    """Delete what lies in the trash of ``folder`` for good; returns how many files.

    Raises:
        OSError
    """
    trash = Path(folder) / TRASH
    files = [p for suffix in (SUFFIX, JOURNAL_SUFFIX) for p in sorted(trash.glob(f"*{suffix}"))]
    for path in files:
        path.unlink()
    return len(files)


def _trimmed(infos: Iterable[EpisodeInfo]) -> Iterable[EpisodeInfo]:
    return (info for info in infos if info.trimmed and not info.problem)


def _holds_more(path: Path, trim: Trim) -> bool:
    with Episode.open(path, trimmed=False) as episode:
        rows = kept_rows(episode.t_ns, trim, cut_from_ns=episode.cut_from_ns)
        return (rows.start, rows.stop) != (0, len(episode.t_ns))


def _rewrite(path: Path, trim: Trim) -> None:
    part = path.with_name(f"{path.stem}{PART_SUFFIX}")
    check_room(path, wanted_bytes=path.stat().st_size)
    try:
        with h5py.File(path, "r") as source, h5py.File(part, "w", libver=("v110", "v110")) as file:
            _copy_part(source, file, trim)
        push_to_disk(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(path.parent)


def _copy_part(source: Tree, file: Tree, trim: Trim) -> None:
    t_ns = source["steps/t_mono_ns"][()]
    cut_ns = int(source.attrs.get("cut_from_ns", 0))
    rows = kept_rows(t_ns, trim, cut_from_ns=cut_ns)
    file.attrs.update(source.attrs)
    steps = file.create_group("steps")
    steps.attrs.update(source["steps"].attrs)
    for name in _ROW_COLUMNS:
        steps.create_dataset(name, data=source[f"steps/{name}"][rows])
    frames = 0
    for camera in source["steps/frames"]:
        index = source[f"steps/frames/{camera}"][()]
        pictures = kept_pictures(index, rows, count=source[f"streams/{camera}/size"].shape[0])
        mine = np.where(index[rows] < 0, -1, index[rows] - pictures.start)
        file.create_dataset(f"steps/frames/{camera}", data=mine.astype(np.int32))
        _copy_stream(source[f"streams/{camera}"], file.create_group(f"streams/{camera}"), pictures)
        frames += pictures.stop - pictures.start
    if "extra" in source:
        extra = file.create_group("extra")
        extra.attrs.update(source["extra"].attrs)
        for name, dataset in source["extra"].items():
            extra.create_dataset(name, data=dataset[rows], dtype=dataset.dtype)
    kept_ns = t_ns[rows]
    _copy_events(source["events"], file.create_group("events"), kept_ns)
    source.copy("plans", file)
    file.attrs.update(
        steps=len(kept_ns),
        frames=frames,
        duration_s=int(kept_ns[-1] - kept_ns[0]) / 1e9 if len(kept_ns) else 0.0,
        interventions=interventions(file["steps/authority"][()]),
        cut_from_ns=cut_ns + (int(kept_ns[0] - t_ns[0]) if len(kept_ns) else 0),
    )


def _copy_stream(source: Tree, group: Tree, pictures: slice) -> None:
    group.attrs.update(source.attrs)
    offset = source["offset"][pictures].astype(np.int64)
    size = source["size"][pictures].astype(np.int64)
    start, end = (int(offset[0]), int(offset[-1] + size[-1])) if len(size) else (0, 0)
    stream = group.create_dataset("bytes", (end - start,), "u1")
    for at in range(0, end - start, _BATCH_BYTES):
        until = min(at + _BATCH_BYTES, end - start)
        stream[at:until] = source["bytes"][start + at : start + until]
    group.create_dataset("offset", data=(offset - start).astype(np.uint64))
    for name in ("size", "crc32", "t_mono_ns", "seq"):
        group.create_dataset(name, data=source[name][pictures])


def _copy_events(source: Tree, group: Tree, kept_ns: np.ndarray) -> None:
    times = source["t_mono_ns"][()]
    mine = (times >= kept_ns[0]) & (times <= kept_ns[-1]) if len(kept_ns) else times < times
    group.create_dataset("t_mono_ns", data=times[mine])
    for name in ("kind", "data"):
        texts = source[name][()][mine]
        group.create_dataset(name, (len(texts),), h5py.string_dtype(), data=texts)
