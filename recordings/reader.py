"""Reading a sealed episode: steps as arrays, pictures on demand.

Everything but the pictures is in memory after ``open``; pictures are read with plain file reads, so
threads and loader processes need no HDF5 lock. Knows the layout; does not know how it was recorded
or what it is used for.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import simplejpeg

from recordings.closing import Closing
from recordings.edits import Edits, read_edits
from recordings.errors import DamagedFile, NoSuchCamera
from recordings.layout import edits_folder
from recordings.opening import opened, read_bench, read_info, read_robot, reopened
from recordings.packing import Array
from recordings.plans import read_plans
from recordings.stored import Stored
from recordings.trimming import kept_pictures, kept_rows, renumbered
from recordings.types import F32, U8, Plan

Times = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Stream:
    """Index of one camera's pictures."""

    start: int  # byte offset of the stream in the file
    offset: npt.NDArray[np.int64]  # (f,) from start
    size: npt.NDArray[np.int64]  # (f,) bytes
    t_ns: Times  # (f,)
    crc32: npt.NDArray[np.uint32]  # (f,) of the bytes
    seq: Times  # (f,) the camera's own counter, -1 where it has none

    def part(self, pictures: slice) -> _Stream:
        """Only these pictures."""
        return _Stream(
            self.start,
            self.offset[pictures],
            self.size[pictures],
            self.t_ns[pictures],
            self.crc32[pictures],
            self.seq[pictures],
        )


class Episode(Closing):
    """One sealed episode, read-only. Close it, or use it as a context manager."""

    def __init__(self, path: Path, *, edits: Edits) -> None:
        """Use :meth:`open`."""
        self.path = path
        self._file = os.open(path, os.O_RDONLY)
        try:
            with opened(path) as root:
                self._load(root, edits=edits)
        except BaseException:
            os.close(self._file)
            raise

    @classmethod
    def open(cls, path: str | Path, *, trimmed: bool = True) -> Episode:
        """Read everything but the pictures; edits beside the file are applied.

        With ``trimmed=False`` it is the whole recording, whatever people trimmed off.

        Raises:
            UnreadableEpisode: not an episode, of another schema, or damaged; says which.
            FileNotFoundError, PermissionError: as for any file.
        """
        path = Path(path)
        edits = read_edits(edits_folder(path)).get(path.stem, Edits())
        return cls(path, edits=edits if trimmed else replace(edits, trim=None))

    def _load(self, root: Stored, *, edits: Edits) -> None:
        self.info = read_info(root, path=self.path, edits=edits)
        self.robot = read_robot(root, path=self.path)
        self.bench = read_bench(root, path=self.path)
        self.cut_from_ns = root.integer("cut_from_ns") if root.has("cut_from_ns") else 0
        n = len(self.robot.joints)
        steps = root.group("steps")
        self.t_ns: Times = steps.array("t_mono_ns", dtype=np.int64, shape=(None,))
        t = len(self.t_ns)
        self.state: F32 = steps.array("state", dtype=np.float32, shape=(t, n))
        self.action: F32 = steps.array("action", dtype=np.float32, shape=(t, n))
        self.authority: U8 = steps.array("authority", dtype=np.uint8, shape=(t,))
        self.plan_id: Times = steps.array("plan_id", dtype=np.int64, shape=(t,))
        self.guard_bits: Times = steps.array("guard_bits", dtype=np.int64, shape=(t,))
        frames = steps.group("frames")
        self.frame_index: dict[str, npt.NDArray[np.int32]] = {
            name: frames.array(name, dtype=np.int32, shape=(t,)) for name in self.robot.camera_names
        }
        streams = root.group("streams") if self.robot.cameras else root
        self._streams = {
            name: self._load_stream(streams.group(name)) for name in self.robot.camera_names
        }
        self._check_indices()
        self.events: list[dict[str, Any]] = _read_events(root.group("events"), path=self.path)
        self.extra, self.extra_features = _read_extra(root, rows=t)
        if edits.trim is not None:
            self._keep_only(kept_rows(self.t_ns, edits.trim, cut_from_ns=self.cut_from_ns))

    def _keep_only(self, rows: slice) -> None:
        """Forget what was trimmed off; times stay as recorded."""
        pictures = {
            name: kept_pictures(index, rows, count=self.frame_count(name))
            for name, index in self.frame_index.items()
        }
        self.frame_index = renumbered(self.frame_index, rows, pictures)
        self._streams = {name: s.part(pictures[name]) for name, s in self._streams.items()}
        self.t_ns, self.state, self.action = self.t_ns[rows], self.state[rows], self.action[rows]
        self.authority, self.plan_id = self.authority[rows], self.plan_id[rows]
        self.guard_bits = self.guard_bits[rows]
        self.extra = {name: values[rows] for name, values in self.extra.items()}
        self.events = [e for e in self.events if self._lasts_at(e["t_ns"])]

    def _lasts_at(self, t_ns: int) -> bool:
        return len(self.t_ns) > 0 and self.t_ns[0] <= t_ns <= self.t_ns[-1]

    @property
    def task(self) -> str:
        return self.info.task

    @cached_property
    def plans(self) -> list[Plan]:
        """What the policy proposed, in order; ``plan_id`` of a step names one by its ``id``."""
        with reopened(self._file, path=self.path) as root:
            plans = read_plans(root.group("plans"))
        if not self.info.trimmed:
            return plans
        used = set(self.plan_id.tolist())
        return [p for p in plans if p.id in used or self._lasts_at(p.observed_ns)]

    def frame_count(self, camera: str) -> int:
        return len(self._stream(camera).size)

    def frame_t_ns(self, camera: str) -> Times:
        """(f,) capture time of every picture."""
        return self._stream(camera).t_ns

    def frame_crc32(self, camera: str) -> npt.NDArray[np.uint32]:
        """(f,) checksum of every picture's bytes as they were recorded."""
        return self._stream(camera).crc32

    def frame_seq(self, camera: str) -> Times:
        """(f,) the camera's own counter, -1 where it has none; a gap was lost before us."""
        return self._stream(camera).seq

    def picture_places(self, camera: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """((f,) byte offset in the file, (f,) bytes) of every picture: for reads without HDF5."""
        stream = self._stream(camera)
        return stream.start + stream.offset, stream.size

    def jpeg(self, camera: str, i: int) -> bytes:
        """The bytes of picture ``i`` as they were recorded.

        Raises:
            NoSuchCamera, IndexError, DamagedFile
        """
        stream = self._stream(camera)
        if not 0 <= i < len(stream.size):
            message = f"picture {i} of {len(stream.size)} of camera {camera}"
            raise IndexError(message)
        size = int(stream.size[i])
        data = os.pread(self._file, size, stream.start + int(stream.offset[i]))
        if len(data) != size:
            raise DamagedFile(self.path, found=f"picture {i} of camera {camera!r} is cut short")
        return data

    def image(self, camera: str, i: int, *, least_height: int = 0) -> U8:
        """Picture ``i`` as (h, w, 3) uint8 RGB, read-only.

        With ``least_height`` px it may be smaller than recorded, not lower than that: much faster.

        Raises:
            NoSuchCamera, IndexError, DamagedFile
        """
        try:
            image = simplejpeg.decode_jpeg(
                self.jpeg(camera, i),
                colorspace="RGB",
                min_height=least_height,
                min_factor=1,
            )
        except ValueError as error:
            found = f"picture {i} of camera {camera!r} is no JPEG ({error})"
            raise DamagedFile(self.path, found=found) from error
        image.flags.writeable = False
        return image

    def close(self) -> None:
        """May be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _stream(self, camera: str) -> _Stream:
        try:
            return self._streams[camera]
        except KeyError:
            raise NoSuchCamera(
                camera, episode=self.info.id, cameras=self.robot.camera_names
            ) from None

    def _load_stream(self, group: Stored) -> _Stream:
        start, total = group.byte_range("bytes")
        size = group.array("size", dtype=np.int64, shape=(None,))
        offset = group.array("offset", dtype=np.int64, shape=size.shape)
        t_ns = group.array("t_mono_ns", dtype=np.int64, shape=size.shape)
        crc32 = group.array("crc32", dtype=np.uint32, shape=size.shape)
        seq = group.array("seq", dtype=np.int64, shape=size.shape)
        if np.any(size < 0) or np.any(offset < 0) or np.any(offset + size > total):
            raise DamagedFile(self.path, found="the index of a camera points outside its pictures")
        return _Stream(start, offset, size, t_ns, crc32, seq)

    def _check_indices(self) -> None:
        for camera, index in self.frame_index.items():
            if np.any(index < -1) or np.any(index >= self.frame_count(camera)):
                found = f"steps refer to pictures of camera {camera!r} that are not there"
                raise DamagedFile(self.path, found=found)


def _read_extra(root: Stored, *, rows: int) -> tuple[dict[str, Array], dict[str, dict[str, Any]]]:
    """Columns of other programs, one value per step, and how they described them."""
    if "extra" not in root:
        return {}, {}
    group = root.group("extra")
    return group.columns(rows), dict(group.json("features"))


def _read_events(group: Stored, *, path: Path) -> list[dict[str, Any]]:
    times = group.array("t_mono_ns", dtype=np.int64, shape=(None,)).tolist()
    try:
        return [
            {"t_ns": t_ns, "kind": kind, "data": json.loads(data)}
            for t_ns, kind, data in zip(
                times, group.texts("kind"), group.texts("data"), strict=True
            )
        ]
    except ValueError as error:
        raise DamagedFile(path, found=f"its events are incomplete ({error})") from error
