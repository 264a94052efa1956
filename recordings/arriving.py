"""Turns an episode of another program into one of ours: journal first, then sealed as always.

Memory stays flat however long the episode is, a crash leaves a journal the next start completes,
and there is one place that writes episode files. Knows no foreign format.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
import numpy.typing as npt

from recordings.edits import append_change
from recordings.errors import Cancelled
from recordings.header import EpisodeHeader, software_version
from recordings.joint_units import Units
from recordings.journal import SUFFIX, JournalWriter, Kind
from recordings.layout import TRASH, episode_path
from recordings.rows import row_dtype
from recordings.seal import seal
from recordings.types import F32, CameraSpec, JointSpec, RobotSpec

LIMIT_MARGIN: Final = 0.05  # of the seen range, where limits are not known
FIRST_NS: Final = 1_000_000_000  # time of the first step where the other side has no clock


@dataclass(frozen=True, slots=True)
class Arrival:
    """What another program knows about one episode; picture k is what step k saw."""

    header: EpisodeHeader
    t_ns: npt.NDArray[np.int64]  # (t,)
    state: F32  # (t, n) rad
    action: F32  # (t, n) rad
    authority: npt.NDArray[np.uint8]  # (t,)
    pictures: Mapping[str, Callable[[], Iterator[bytes]]]  # camera → t JPEGs, one after the other
    success: bool | None = None
    extra: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict[str, Any])  # (t, …)
    extra_features: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import."""

    added: tuple[str, ...]  # episode ids
    known: tuple[str, ...]  # were there already
    left_out: tuple[str, ...]  # sentences about episodes that cannot be read
    notes: tuple[str, ...]  # what a person should know


class Intake:
    """Takes episodes into a folder, one after the other, and counts those there already.

    What was taken in is one change of the folder, also when the import ends early.
    """

    def __init__(self, folder: Path, should_stop: Callable[[], bool]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._should_stop = should_stop
        self.added: list[str] = []
        self.known: list[str] = []

    def knows(self, episode_id: str) -> bool:
        """Whether an episode of that name is in the folder or its trash; then it is noted so."""
        places = (self._folder, self._folder / TRASH)
        there = any(episode_path(place, episode_id).exists() for place in places)
        if there:
            self.known.append(episode_id)
        return there

    def take(self, arrival: Arrival) -> None:
        """Write the episode file.

        Raises:
            RecordingError, OSError: nothing of this episode is left behind.
            Cancelled: the import was told to stop.
        """
        _take_in(self._folder, arrival, self._check)
        self.added.append(arrival.header.id)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """While the block lasts, episodes come in; afterwards the folder knows of them."""
        try:
            yield
        finally:
            if self.added:
                append_change(self._folder, "import", {one: {} for one in self.added})

    def _check(self) -> None:
        if self._should_stop():
            raise Cancelled(f"the import after {len(self.added)} complete episodes")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a person says about a source that does not say it itself."""

    units: Units | None = None
    robot: RobotSpec | None = None  # whose limits hold, when its joints are those of the source
    fps: float | None = None
    task: str = ""


def header_of(
    episode_id: str, task: str, robot: RobotSpec, source: Path, program: str
) -> EpisodeHeader:
    """What an imported episode says about itself."""
    return EpisodeHeader(
        id=episode_id,
        task=task,
        robot=robot,
        created_wall_ns=source.stat().st_mtime_ns,
        created_mono_ns=0,
        software={
            "name": "foresight",
            "version": software_version(),
            "imported_from": f"{program}: {source.name}",
        },
    )


def robot_seen(
    name: str,
    joints: Sequence[str],
    cameras: tuple[CameraSpec, ...],
    fps: float,
    values: Iterable[npt.ArrayLike],
    terms: Terms,
) -> RobotSpec:
    """A robot for data without one: the person's where the joints agree, else as wide as the data.

    ``values`` are (t, n) rad; a joint is a gripper when its name says so.
    """
    if terms.robot is not None and terms.robot.joint_names == tuple(joints):
        return replace(terms.robot, cameras=cameras, control_hz=fps)
    seen = np.concatenate([np.asarray(v, np.float64) for v in values])
    lower, upper = np.nanmin(seen, axis=0), np.nanmax(seen, axis=0)
    margin = LIMIT_MARGIN * np.maximum(upper - lower, 1e-3)
    specs: list[JointSpec] = []
    for i, joint in enumerate(joints):
        gripper = "gripper" in joint.lower()
        low = 0.0 if gripper else float(lower[i] - margin[i])
        high = 1.0 if gripper else float(upper[i] + margin[i])
        specs.append(JointSpec(joint, low, high, max((high - low) * fps, 1.0), gripper))
    return RobotSpec(name, tuple(specs), cameras, fps)


def regular_times(count: int, *, fps: float) -> npt.NDArray[np.int64]:
    """(t,) ns of steps that came every 1/fps."""
    return FIRST_NS + np.round(np.arange(count) * (1e9 / fps)).astype(np.int64)


def _take_in(folder: Path, arrival: Arrival, check: Callable[[], None]) -> None:
    """``check`` is called often and may raise to stop; a file that is not whole is removed."""
    path = folder / f"{arrival.header.id}{SUFFIX}"
    writer = JournalWriter(path, header=arrival.header)
    try:
        _write(writer, arrival, check)
        writer.close()
        seal(path, also=lambda file: _write_extra(file, arrival))
    except BaseException:
        writer.abandon()
        path.unlink(missing_ok=True)
        raise


def _write(writer: JournalWriter, arrival: Arrival, check: Callable[[], None]) -> None:
    cameras: Sequence[str] = arrival.header.robot.camera_names
    streams = [arrival.pictures[camera]() for camera in cameras]
    rows = _rows(arrival)
    for k, t_ns in enumerate(arrival.t_ns.tolist()):
        check()
        for stream, pictures in enumerate(streams):
            writer.append(Kind.JPEG, next(pictures), t_ns=t_ns, stream=stream, index=k)
        writer.append(Kind.STEP, rows[k].tobytes(), t_ns=t_ns, index=k)
    end = {"success": arrival.success, "reason": "imported"}
    last_ns = int(arrival.t_ns[-1]) if len(arrival.t_ns) else FIRST_NS
    writer.append(Kind.END, json.dumps(end).encode(), t_ns=last_ns)


def _rows(arrival: Arrival) -> npt.NDArray[np.void]:
    rows = np.zeros(len(arrival.t_ns), row_dtype(arrival.header.robot))
    rows["t_mono_ns"], rows["state"], rows["action"] = arrival.t_ns, arrival.state, arrival.action
    rows["authority"], rows["plan_id"] = arrival.authority, -1
    rows["frames"] = np.arange(len(rows))[:, None]
    return rows


def _write_extra(file: h5py.File, arrival: Arrival) -> None:
    if not arrival.extra:
        return
    group = file.create_group("extra")
    group.attrs["features"] = json.dumps({n: dict(f) for n, f in arrival.extra_features.items()})
    for name, values in arrival.extra.items():
        if values.dtype.kind == "U":
            group.create_dataset(name, (len(values),), h5py.string_dtype(), data=values.tolist())
        else:
            group.create_dataset(name, data=values)
