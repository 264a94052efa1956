"""Appends episodes to the files of a dataset, in a staging folder nobody reads yet.

Knows how an episode becomes rows, pictures and one line of ``meta/episodes``; does not know which
episodes are exported, nor when the staged files become part of the set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from recordings.errors import Cancelled, DamagedFile
from recordings.grid import Ticks, interventions, ticks_of
from recordings.health.alike import content_hash
from recordings.joint_units import to_dataset
from recordings.lerobot.layout import (
    ACTION,
    AUTHORITY,
    DATA_FILE_BYTES,
    INTERVENTION,
    STATE,
    SUCCESS,
    VIDEO_FILE_BYTES,
    VIDEO_FILE_S,
    Feature,
    Mode,
    Place,
    data_path,
    episodes_path,
    picture_key,
    video_path,
)
from recordings.lerobot.sidecar import Exported, Sidecar
from recordings.lerobot.statistics import (
    Histogram,
    Stats,
    counted_stats,
    histogram,
    picture_stats,
    sampled,
)
from recordings.lerobot.tables import DataFile, data_schema, data_table, write_episodes
from recordings.lerobot.video import VideoWriter, packet_count
from recordings.reader import Episode
from recordings.types import CameraSpec

_CHECK_FRAMES: Final = 16  # pictures between two looks at whether somebody cancelled
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Shown:
    """What one camera contributes to one episode."""

    pixels: Histogram
    sampled: int
    jpegs: Sequence[bytes] = ()  # fast mode
    row: tuple[tuple[str, Any], ...] = ()  # compact mode: where in which video


class Builder:
    """Writes new files of ``state`` under ``stage``; ``state`` then knows them."""

    def __init__(
        self,
        stage: Path,
        state: Sidecar,
        features: dict[str, Feature],
        *,
        should_stop: Callable[[], bool],
    ) -> None:
        self.stage = stage
        self.stale = 0  # rows that show a late picture
        self._state = state
        self._features = features
        self._schema = data_schema(features)
        self._should_stop = should_stop
        self._rows: list[Row] = []
        self._data: DataFile | None = None
        self._place = Place()
        self._tracks = {
            camera.name: _Track(stage, state, camera, should_stop) for camera in state.robot.cameras
        }

    def add(self, episode: Episode) -> None:
        """Append one episode.

        Raises:
            NothingToExport, DamagedFile, Cancelled, OSError
        """
        state = self._state
        ticks = ticks_of(episode, fps=state.fps)
        with ThreadPoolExecutor(max_workers=max(1, len(self._tracks))) as pool:
            jobs = {n: pool.submit(t.add, episode, ticks) for n, t in self._tracks.items()}
            shown = {name: job.result() for name, job in jobs.items()}
        columns = self._columns(episode, ticks)
        stats = {name: counted_stats(v) for name, v in columns.items() if _is_number(v)}
        for name, one in shown.items():
            key = picture_key(name)
            columns[key] = one.jpegs
            stats[key] = picture_stats(one.pixels, frames=one.sampled)
            self._count(name, one)
        self._write(columns, len(ticks))
        self._rows.append(self._row(episode, len(ticks), stats, shown))
        self.stale += ticks.stale
        state.episodes.append(_exported(episode, len(ticks)))

    def close(self) -> None:
        """Close all files, write the episode table, and check that every video has its frames.

        Raises:
            DamagedFile, OSError
        """
        self._close_data()
        for track in self._tracks.values():
            track.close()
        if self._rows:
            path = episodes_path(self._state.next_place("meta/episodes"))
            place = _numbers(self._state.next_place("meta/episodes"))
            for row in self._rows:
                row["meta/episodes/chunk_index"], row["meta/episodes/file_index"] = place
            write_episodes(self.stage / path, self._rows)
            self._state.files.append(path)

    def abandon(self) -> None:
        """Let go of open files; what they hold is thrown away."""
        if self._data is not None:
            self._data.close()
        for track in self._tracks.values():
            track.abandon()

    def _columns(self, episode: Episode, ticks: Ticks) -> dict[str, Any]:
        state, robot, count = self._state, self._state.robot, len(ticks)
        number = np.arange(count)
        authority = episode.authority[ticks.row].astype(np.int64)
        success = np.zeros(count, np.bool_)
        success[-1] = episode.info.success is True
        columns: dict[str, Any] = {
            ACTION: to_dataset(episode.action[ticks.row], robot=robot, units=state.units),
            STATE: to_dataset(episode.state[ticks.row], robot=robot, units=state.units),
            "timestamp": (number / state.fps).astype(np.float32),
            "frame_index": number,
            "episode_index": np.full(count, len(state.episodes)),
            "index": state.frames + number,
            "task_index": np.full(count, state.task_number(episode.task)),
            INTERVENTION: interventions(authority),
            AUTHORITY: authority,
            SUCCESS: success,
        }
        for name in state.extra:
            columns.setdefault(name, _extra(episode, name, self._features[name], ticks))
        return columns

    def _write(self, columns: dict[str, Any], rows: int) -> None:
        table = data_table(columns, self._schema)
        if self._data is not None and self._data.bytes + table.nbytes > DATA_FILE_BYTES:
            self._close_data()
        if self._data is None:
            self._place = self._state.next_place("data")
            self._data = DataFile(self.stage / data_path(self._place), self._schema)
        self._data.write(table)

    def _close_data(self) -> None:
        if self._data is not None:
            self._data.close()
            self._state.files.append(data_path(self._place))
            self._data = None

    def _row(
        self, episode: Episode, count: int, stats: dict[str, Stats], shown: dict[str, _Shown]
    ) -> Row:
        first = self._state.frames
        chunk, file = _numbers(self._place)
        row: Row = {
            "episode_index": len(self._state.episodes),
            "tasks": [episode.task],
            "length": count,
            "data/chunk_index": chunk,
            "data/file_index": file,
            "dataset_from_index": first,
            "dataset_to_index": first + count,
        }
        for one in shown.values():
            row |= dict(one.row)
        for feature in self._features:
            for name, value in stats.get(feature, {}).items():
                row[f"stats/{feature}/{name}"] = value
        return row

    def _count(self, camera: str, shown: _Shown) -> None:
        """Add to the colours of the whole set."""
        state = self._state
        before = np.array(state.pixels.get(camera, np.zeros((3, 256))), np.int64)
        state.pixels[camera] = (before + shown.pixels).tolist()
        state.pictures[camera] = state.pictures.get(camera, 0) + shown.sampled


class _Track:
    """The pictures of one camera over all episodes; runs in a thread of its own per episode."""

    def __init__(
        self, stage: Path, state: Sidecar, camera: CameraSpec, should_stop: Callable[[], bool]
    ) -> None:
        self._stage = stage
        self._state = state
        self._camera = camera
        self._key = picture_key(camera.name)
        self._should_stop = should_stop
        self._video: VideoWriter | None = None
        self._place = Place()

    def add(self, episode: Episode, ticks: Ticks) -> _Shown:
        numbers = ticks.picture[self._camera.name]
        pixels, looked = self._look(episode, numbers)
        if self._state.mode is Mode.FAST:
            jpegs = [episode.jpeg(self._camera.name, int(number)) for number in numbers]
            return _Shown(pixels, looked, jpegs=jpegs)
        return _Shown(pixels, looked, row=self._encode(episode, numbers))

    def close(self) -> None:
        """Close the file and compare what is in it with what was put in."""
        if self._video is None:
            return
        self._video.close()
        path, wanted = self._video.path, self._video.frames
        self._state.files.append(video_path(self._key, self._place))
        self._video = None
        if (found := packet_count(path)) != wanted:
            raise DamagedFile(path, found=f"{found} of {wanted} pictures arrived in the video")

    def abandon(self) -> None:
        if self._video is not None:
            self._video.abandon()
            self._video = None

    def _look(self, episode: Episode, numbers: npt.NDArray[np.int64]) -> tuple[Histogram, int]:
        total = np.zeros((3, 256), np.int64)
        chosen = sampled(len(numbers))
        for i in chosen:
            jpeg = episode.jpeg(self._camera.name, int(numbers[i]))
            try:
                total += histogram(jpeg)
            except ValueError as error:
                found = f"picture {numbers[i]} of camera {self._camera.name!r} is no JPEG ({error})"
                raise DamagedFile(episode.path, found=found) from error
            self._stop_if_asked()
        return total, len(chosen)

    def _encode(
        self, episode: Episode, numbers: npt.NDArray[np.int64]
    ) -> tuple[tuple[str, Any], ...]:
        video = self._room_for(len(numbers))
        first = video.frames
        video.begin_episode()
        for i, number in enumerate(numbers):
            video.write(episode.image(self._camera.name, int(number)))
            if i % _CHECK_FRAMES == 0:
                self._stop_if_asked()
        chunk, file = _numbers(self._place)
        return (
            (f"videos/{self._key}/chunk_index", chunk),
            (f"videos/{self._key}/file_index", file),
            (f"videos/{self._key}/from_timestamp", first / self._state.fps),
            (f"videos/{self._key}/to_timestamp", video.frames / self._state.fps),
        )

    def _room_for(self, count: int) -> VideoWriter:
        """The open file, or a new one where it would grow too long or too large."""
        fps, video = self._state.fps, self._video
        if video is not None:
            full = video.bytes >= VIDEO_FILE_BYTES
            if full or (video.frames + count) / fps > VIDEO_FILE_S:
                self.close()
        if self._video is None:
            self._place = self._state.next_place(f"videos/{self._key}")
            self._video = VideoWriter(
                self._stage / video_path(self._key, self._place),
                width=self._camera.width,
                height=self._camera.height,
                fps=fps,
                codec=self._state.codec,
            )
        return self._video

    def _stop_if_asked(self) -> None:
        if self._should_stop():
            raise Cancelled("the export")


def _extra(episode: Episode, name: str, feature: Feature, ticks: Ticks) -> Any:  # noqa: ANN401
    """A column of another program; an episode that lacks it gets its neutral value."""
    if name in episode.extra:
        return episode.extra[name][ticks.row]
    shape = tuple(feature["shape"]) if tuple(feature["shape"]) != (1,) else ()
    dtype = "U1" if feature["dtype"] == "string" else feature["dtype"]
    return np.zeros((len(ticks), *shape), dtype)


def _exported(episode: Episode, count: int) -> Exported:
    info = episode.info
    created_ns = round(info.created_wall_s * 1e9)
    bench = episode.bench.to_dict()
    return Exported(
        info.id, content_hash(episode), count, created_ns, info.operator, info.success, bench
    )


def _is_number(values: Any) -> bool:  # noqa: ANN401
    return np.asarray(values).dtype.kind in "biuf"


def _numbers(place: Place) -> tuple[int, int]:
    return place.chunk, place.file
