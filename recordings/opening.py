"""Opening an episode file: is it one, can we read it, and what does it say about itself.

Everything the list of episodes needs; steps and pictures are ``reader``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import h5py
import numpy as np
import numpy.typing as npt

from recordings.bench_note import BenchNote
from recordings.edits import Edits, Trim
from recordings.errors import DamagedFile, ForeignFile, NewerSchema
from recordings.layout import SCHEMA, SUCCESS_OF_WORD
from recordings.stored import Stored
from recordings.trimming import kept_pictures, kept_rows
from recordings.types import Authority, EpisodeInfo, EpisodePhase, RobotSpec

# What h5py raises when a file is damaged inside; programming errors look different.
_HDF5_STUMBLES: Final = (KeyError, OSError, RuntimeError, ValueError, TypeError, MemoryError)


@contextmanager
def opened(path: Path) -> Iterator[Stored]:
    """The open file, its schema checked. Whatever HDF5 stumbles over inside is a damaged file.

    Raises:
        UnreadableEpisode: with the reason.
        FileNotFoundError, PermissionError: as for any file.
    """
    if path.stat().st_size == 0:
        raise DamagedFile(path, found="it is empty")
    try:
        with _open_hdf5(path) as file:
            _check_schema(file.attrs.get("schema"), path=path)
            yield Stored(file, path=path)
    except (FileNotFoundError, PermissionError):
        raise
    except _HDF5_STUMBLES as error:
        raise DamagedFile(path, found=f"HDF5 says {error}") from error


@contextmanager
def reopened(descriptor: int, *, path: Path) -> Iterator[Stored]:
    """The file behind a descriptor, wherever it was moved meanwhile; ``path`` is for errors.

    Raises:
        DamagedFile
    """
    try:
        with os.fdopen(os.dup(descriptor), "rb") as stream, h5py.File(stream, "r") as file:
            yield Stored(file, path=path)
    except _HDF5_STUMBLES as error:
        raise DamagedFile(path, found=f"HDF5 says {error}") from error


def _open_hdf5(path: Path) -> h5py.File:
    try:
        return h5py.File(path, "r")
    except (FileNotFoundError, PermissionError):
        raise
    except OSError as error:
        if "truncated" in str(error):
            raise DamagedFile(path, found="its end is missing") from error
        raise ForeignFile(path, found=f"no readable HDF5: {error}") from error


def _check_schema(schema: object, *, path: Path) -> None:
    if schema == SCHEMA:
        return
    if isinstance(schema, str) and schema.startswith(SCHEMA.split("/")[0]):
        raise NewerSchema(path, found=schema, known=SCHEMA)
    raise ForeignFile(path, found=f"schema {schema!r}" if schema else "HDF5 without a schema")


def read_info(root: Stored, *, path: Path, edits: Edits) -> EpisodeInfo:
    """What a list shows, from the attributes of an open episode."""
    success = SUCCESS_OF_WORD.get(root.text("success"))
    info = EpisodeInfo(
        id=path.stem,
        path=str(path),
        task=root.text("task"),
        phase=EpisodePhase.REVIEW,
        steps=root.integer("steps"),
        duration_s=root.number("duration_s"),
        cameras=tuple(root.json("cameras")),
        frames=root.integer("frames"),
        created_wall_s=root.integer("created_wall_ns") / 1e9,
        success=success,
        interventions=root.integer("interventions"),
        recovered=root.flag("recovered"),
        robot=root.text("robot_name"),
        operator=root.text("operator"),
    )
    return with_edits(info if edits.trim is None else _trimmed(info, root, edits.trim), edits)


def _trimmed(info: EpisodeInfo, root: Stored, trim: Trim) -> EpisodeInfo:
    """The counts of the part that ``trim`` keeps."""
    steps = root.group("steps")
    t_ns = steps.array("t_mono_ns", dtype=np.int64, shape=(None,))
    authority = steps.array("authority", dtype=np.uint8, shape=t_ns.shape)
    cut_from_ns = root.integer("cut_from_ns") if root.has("cut_from_ns") else 0
    rows = kept_rows(t_ns, trim, cut_from_ns=cut_from_ns)
    frames = 0
    for camera in info.cameras:
        index = steps.group("frames").array(camera, dtype=np.int32, shape=t_ns.shape)
        stream = root.group("streams").group(camera)
        sizes = stream.array("size", dtype=np.int64, shape=(None,))
        kept = kept_pictures(index, rows, count=len(sizes))
        frames += kept.stop - kept.start
    kept_ns = t_ns[rows]
    return replace(
        info,
        steps=len(kept_ns),
        duration_s=int(kept_ns[-1] - kept_ns[0]) / 1e9 if len(kept_ns) else 0.0,
        frames=frames,
        interventions=interventions(authority[rows]),
        trimmed=True,
    )


def interventions(authority: npt.NDArray[np.integer]) -> int:
    """How often a person took over from the policy in (t,) authorities."""
    before, after = authority[:-1], authority[1:]
    return int(np.sum((before == Authority.POLICY) & (after == Authority.LEADER)))


def with_edits(info: EpisodeInfo, edits: Edits) -> EpisodeInfo:
    """``info`` as people decided afterwards."""
    return replace(
        info,
        phase=info.phase if edits.phase is None else edits.phase,
        success=info.success if edits.success is None else edits.success,
        task=info.task if edits.task is None else edits.task,
        flagged=info.flagged if edits.flagged is None else edits.flagged,
        note=info.note if edits.note is None else edits.note,
        part_of=info.part_of if edits.part_of is None else edits.part_of,
    )


def read_bench(root: Stored, *, path: Path) -> BenchNote:
    """The bench it was recorded on; only its operator for recordings that say no more.

    Raises:
        DamagedFile: what it says is no bench.
    """
    if not root.has("bench"):
        return BenchNote(operator=root.text("operator"))
    try:
        return BenchNote.from_dict(root.json("bench"))
    except (KeyError, TypeError, AttributeError) as error:
        raise DamagedFile(path, found=f"attribute 'bench' is no bench ({error})") from error


def read_robot(root: Stored, *, path: Path) -> RobotSpec:
    """The robot an episode was recorded with."""
    try:
        return RobotSpec.from_dict(root.json("robot"))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedFile(path, found=f"its robot description is incomplete ({error})") from error
