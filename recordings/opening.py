"""Opening an episode file: is it one, can we read it, and what does it say about itself.

Everything the list of episodes needs; steps and pictures are ``reader``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import h5py

from recordings.edits import Edits
from recordings.errors import DamagedFile, ForeignFile, NewerSchema
from recordings.layout import SCHEMA, SUCCESS_OF_WORD
from recordings.stored import Stored
from recordings.types import EpisodeInfo, EpisodePhase, RobotSpec

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
    )
    return with_edits(info, edits)


def with_edits(info: EpisodeInfo, edits: Edits) -> EpisodeInfo:
    """``info`` as people decided afterwards."""
    return replace(
        info,
        phase=info.phase if edits.phase is None else edits.phase,
        success=info.success if edits.success is None else edits.success,
        task=info.task if edits.task is None else edits.task,
    )


def read_robot(root: Stored, *, path: Path) -> RobotSpec:
    """The robot an episode was recorded with."""
    try:
        return RobotSpec.from_dict(root.json("robot"))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedFile(path, found=f"its robot description is incomplete ({error})") from error
