"""Turns a finished (or interrupted) journal into one HDF5 episode file.

Written beside as ``.part``, pushed to the disk, renamed, and only then is the journal deleted: at
every instant at least one complete copy exists. Knows the journal and the layout, no ring and no
process.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np

from recordings.bench_note import CameraNote
from recordings.errors import NoRoomToSeal
from recordings.journal import Kind, locked, sync_folder
from recordings.journal_reader import Journal, Record
from recordings.layout import PART_SUFFIX, SCHEMA, SUCCESS_WORDS, UNITS, episode_path
from recordings.opening import interventions
from recordings.packing import Array
from recordings.plans import write_plans
from recordings.rows import Rows, row_dtype
from recordings.types import Authority, CameraSpec

_BATCH_BYTES: Final = 2**20  # copied at a time: bounds memory, and how long others wait
_MARGIN_BYTES: Final = 1 * 2**20  # HDF5's own structures


def seal(
    journal_path: Path,
    *,
    recovered: bool = False,
    also: Callable[[h5py.File], None] = lambda _: None,
) -> Path:
    """Write the episode of a journal and delete the journal; returns the episode's path.

    ``also`` may put more into the file before it becomes visible.

    Raises:
        UnreadableJournal: the journal has no header; it is kept.
        NoRoomToSeal: the disk is too full for a copy; the journal is kept.
        OSError: the disk failed, and the journal is kept; or somebody else sealed it meanwhile.
    """
    folder = journal_path.parent
    final = episode_path(folder, journal_path.stem)
    part = folder / f"{journal_path.stem}{PART_SUFFIX}"
    with locked(journal_path), Journal(journal_path) as journal:
        check_room(journal_path, wanted_bytes=journal.size)
        try:
            with h5py.File(part, "w", libver=("v110", "v110")) as file:
                _write(file, journal, recovered=recovered)
                also(file)
            push_to_disk(part)
            part.replace(final)
        finally:
            part.unlink(missing_ok=True)
        sync_folder(folder)
        journal_path.unlink()
    return final


def check_room(path: Path, *, wanted_bytes: int) -> None:
    """A copy of ``path`` of that size fits beside it.

    Raises:
        NoRoomToSeal, OSError
    """
    disk = os.statvfs(path.parent)
    free = disk.f_bavail * disk.f_frsize
    if free < wanted_bytes + _MARGIN_BYTES:
        raise NoRoomToSeal(path, wanted_bytes=wanted_bytes, free_bytes=free)


def _write(file: h5py.File, journal: Journal, *, recovered: bool) -> None:
    rows = _rows(journal)
    steps = file.create_group("steps")
    _write_steps(steps, rows, journal=journal)
    frames = steps.create_group("frames")
    for number, camera in enumerate(journal.header.robot.cameras):
        pictures = list(journal.of_kind(Kind.JPEG, stream=number))
        stream = file.create_group(f"streams/{camera.name}")
        _write_camera(stream, pictures, camera, journal)
        _note_camera(stream, journal.header.bench.cameras.get(camera.name))
        indices = _episode_indices(pictures, rows["frames"][:, number])
        frames.create_dataset(camera.name, data=indices)
    _write_events(file.create_group("events"), journal)
    unreadable = write_plans(file.create_group("plans"), journal)
    _write_attributes(file, rows, journal=journal)
    file.attrs.update(
        recovered=recovered, records_damaged=journal.scan.damaged + unreadable, sealed=True
    )


def _rows(journal: Journal) -> Rows:
    dtype = row_dtype(journal.header.robot)
    data = b"".join(journal.payload(record) for record in journal.of_kind(Kind.STEP))
    return np.frombuffer(data, dtype)


def _write_steps(group: h5py.Group, rows: Rows, *, journal: Journal) -> None:
    for name in ("t_mono_ns", "state", "action", "authority", "plan_id", "guard_bits"):
        group.create_dataset(name, data=rows[name])
    group.attrs["joints"] = json.dumps(journal.header.robot.joint_names)
    group.attrs["authorities"] = json.dumps([authority.name for authority in Authority])


def _write_camera(
    group: h5py.Group, pictures: list[Record], camera: CameraSpec, journal: Journal
) -> None:
    sizes = np.array([record.length for record in pictures], np.uint64)
    ends = np.cumsum(sizes, dtype=np.uint64)
    stream = group.create_dataset("bytes", (int(sizes.sum()),), "u1")
    crcs: list[int] = []
    at = 0
    for batch in _batches(pictures):
        parts = [journal.payload(record) for record in batch]
        crcs += [zlib.crc32(part) for part in parts]
        data = np.frombuffer(b"".join(parts), np.uint8)
        stream[at : at + len(data)] = data
        at += len(data)
    group.create_dataset("offset", data=ends - sizes)
    group.create_dataset("size", data=sizes)
    group.create_dataset("crc32", data=np.array(crcs, np.uint32))
    group.create_dataset("t_mono_ns", data=np.array([r.t_ns for r in pictures], np.int64))
    group.create_dataset("seq", data=np.array([r.seq for r in pictures], np.int64))
    group.attrs.update(
        codec="jpeg", color="RGB", width=camera.width, height=camera.height, fps=camera.fps
    )


def _note_camera(group: h5py.Group, note: CameraNote | None) -> None:
    if note is None:
        return
    group.attrs["identity"] = note.identity
    if note.lens is not None:
        group.attrs.update(
            intrinsics=np.reshape(note.lens.intrinsics, (3, 3)),
            distortion=np.array(note.lens.distortion, np.float64),
            calibrated_width=note.lens.width,
            calibrated_height=note.lens.height,
            calibration_error_px=note.lens.error_px,
        )


def _batches(records: Iterable[Record]) -> Iterable[list[Record]]:
    batch: list[Record] = []
    size = 0
    for record in records:
        batch.append(record)
        size += record.length
        if size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _episode_indices(pictures: list[Record], ring_indices: Array) -> Array:
    """Ring indices (t,) as positions in the episode's stream.

    A picture that was lost is replaced by the newest recorded one before it: never by a later one.
    """
    recorded = np.array([record.ring_index for record in pictures], np.int64)
    return (np.searchsorted(recorded, ring_indices, side="right") - 1).astype(np.int32)


def _write_events(group: h5py.Group, journal: Journal) -> None:
    events = list(journal.of_kind(Kind.EVENT))
    found = [json.loads(journal.payload(record)) for record in events]
    text = h5py.string_dtype()
    group.create_dataset("t_mono_ns", data=np.array([r.t_ns for r in events], np.int64))
    group.create_dataset("kind", (len(found),), text, data=[event["kind"] for event in found])
    datas = [json.dumps(event["data"]) for event in found]
    group.create_dataset("data", (len(found),), text, data=datas)


def _write_attributes(file: h5py.File, rows: Rows, *, journal: Journal) -> None:
    header = journal.header
    ends = [json.loads(journal.payload(record)) for record in journal.of_kind(Kind.END)]
    end: dict[str, Any] = ends[-1] if ends else {"success": None, "reason": "interrupted"}
    times = rows["t_mono_ns"]
    file.attrs.update(
        schema=SCHEMA,
        id=header.id,
        task=header.task,
        robot=json.dumps(header.robot.to_dict()),
        robot_name=header.robot.name,
        operator=header.bench.operator,
        bench=json.dumps(header.bench.to_dict()),
        bench_name=header.bench.name,
        calibrations=json.dumps(dict(header.bench.calibrations)),
        host=header.host,
        software=json.dumps(dict(header.software)),
        created_wall_ns=header.created_wall_ns,
        created_mono_ns=header.created_mono_ns,
        duration_s=(int(times[-1]) - int(times[0])) / 1e9 if len(times) else 0.0,
        control_hz=header.robot.control_hz,
        steps=len(rows),
        frames=sum(1 for _ in journal.of_kind(Kind.JPEG)),
        cameras=json.dumps(header.robot.camera_names),
        interventions=interventions(rows["authority"]),
        success=SUCCESS_WORDS[end["success"]],
        end_reason=end["reason"],
        steps_lost=_lost(record.ring_index for record in journal.of_kind(Kind.STEP)),
        frames_lost=sum(
            _lost(record.ring_index for record in journal.of_kind(Kind.JPEG, stream=number))
            for number in range(len(header.robot.cameras))
        ),
        units=json.dumps(UNITS),
    )


def _lost(indices: Iterable[int]) -> int:
    return sum(after - before - 1 for before, after in pairwise(indices))


def push_to_disk(path: Path) -> None:
    """Return when the file would survive a power cut."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
