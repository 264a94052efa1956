"""Reads LeRobot datasets, v3.0 and v2.1, whoever wrote them: episodes, rows, pictures.

Everything of another version or incomplete is refused with a sentence. Does not know what an
episode of ours looks like.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import simplejpeg

from recordings.errors import NotADataset
from recordings.lerobot.layout import Feature
from recordings.lerobot.tables import read_tasks
from recordings.lerobot.video import jpegs, read_frames

VERSIONS: Final = ("v3.0", "v2.1")
QUALITY: Final = 95  # of pictures that are not JPEG already
_JPEG: Final = b"\xff\xd8"
_STUMBLES: Final = (KeyError, ValueError, TypeError, IndexError, pa.ArrowException)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one episode lies."""

    number: int
    length: int
    data: Path
    first_row: int | None  # global index of its first row, v3.0; None: the file is the episode
    videos: Mapping[str, tuple[Path, float]]  # picture feature → (file, seconds of its first frame)
    tasks: tuple[str, ...]


class Dataset:
    """One dataset folder; raises ``NotADataset`` for whatever is wrong with it."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self.info: dict[str, Any] = self._json("meta/info.json")
        self.version = str(self.info.get("codebase_version"))
        if self.version not in VERSIONS:
            why = f"it is a LeRobot dataset {self.version}, known are {' and '.join(VERSIONS)}"
            raise NotADataset(self.root, why=why, hint="convert it with LeRobot's own scripts")
        try:
            self.fps = int(self.info["fps"])
            self.features: dict[str, Feature] = dict(self.info["features"])
            self.robot_type = str(self.info.get("robot_type") or "unknown")
            self.tasks = self._tasks()
            self.episodes = self._places()
        except _STUMBLES as error:
            raise NotADataset(self.root, why=f"its meta folder is incomplete ({error})") from error

    @property
    def picture_features(self) -> tuple[str, ...]:
        """Keys of all cameras, in the order of the feature table."""
        kinds = ("image", "video")
        return tuple(name for name, f in self.features.items() if f["dtype"] in kinds)

    def columns(self, place: Place) -> dict[str, np.ndarray]:
        """Every column of one episode that is not a picture, (m,) or (m, …)."""
        table = self._rows(place)
        names = [n for n in table.column_names if n not in self.picture_features]
        try:
            return {name: self._column(table, name) for name in names}
        except _STUMBLES as error:
            raise NotADataset(place.data, why=f"a column cannot be read ({error})") from error

    def jpegs(self, place: Place, key: str) -> Iterator[bytes]:
        """The pictures of one camera in one episode as JPEG; those that are JPEG stay untouched.

        Raises:
            NotADataset, DamagedFile
        """
        if key in place.videos:
            path, from_s = place.videos[key]
            if not path.exists():
                raise NotADataset(path, why="the video is missing")
            frames = read_frames(path, from_s=from_s, count=place.length, fps=self.fps)
            yield from jpegs(frames, quality=QUALITY)
            return
        for row in self._rows(place, columns=[key])[key].to_pylist():
            yield _as_jpeg(row, path=place.data, root=self.root)

    def _rows(self, place: Place, columns: list[str] | None = None) -> pa.Table:
        """The rows of one episode; its own row group where there is one."""
        try:
            file = pq.ParquetFile(place.data)
            there = file.schema_arrow.names
            names = columns or [n for n in there if n not in self.picture_features]
            group = _group_of(file, place)
            if group is not None:
                return file.read_row_group(group, columns=names)
            table = file.read(columns=[*dict.fromkeys([*names, "episode_index"])])
        except (OSError, *_STUMBLES) as error:
            raise NotADataset(place.data, why=f"it cannot be read ({error})") from error
        mine = pa.array([n == place.number for n in table["episode_index"].to_pylist()])
        table = table.filter(mine).select(names)
        if len(table) != place.length:
            why = f"episode {place.number} has {len(table)} of {place.length} rows"
            raise NotADataset(place.data, why=why)
        return table

    def _column(self, table: pa.Table, name: str) -> np.ndarray:
        feature = self.features.get(name, {"dtype": "float32", "shape": [1]})
        values = table[name].to_pylist()
        if feature["dtype"] in ("string", "language"):
            return np.array([v if isinstance(v, str) else json.dumps(v) for v in values])
        return np.array(values, np.dtype(feature["dtype"]))

    # ── meta ───────────────────────────────────────────────────────────────────────────────────

    def _json(self, name: str) -> dict[str, Any]:
        path = self.root / name
        if not path.exists():
            raise NotADataset(self.root, why=f"{name} is missing: it is no LeRobot dataset")
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise NotADataset(path, why=f"it is not JSON ({error})") from error
        if not isinstance(found, dict):
            raise NotADataset(path, why="it does not hold an object")
        return found

    def _lines(self, name: str) -> list[dict[str, Any]]:
        path = self.root / name
        if not path.exists():
            raise NotADataset(self.root, why=f"{name} is missing")
        text = path.read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines() if line.strip()]

    def _tasks(self) -> list[str]:
        if self.version == "v2.1":
            lines = sorted(self._lines("meta/tasks.jsonl"), key=lambda line: line["task_index"])
            return [str(line["task"]) for line in lines]
        path = self.root / "meta/tasks.parquet"
        if not path.exists():
            raise NotADataset(self.root, why="meta/tasks.parquet is missing")
        return read_tasks(path)

    def _places(self) -> list[Place]:
        return self._places_v21() if self.version == "v2.1" else self._places_v30()

    def _places_v21(self) -> list[Place]:
        size = int(self.info.get("chunks_size", 1000))
        places: list[Place] = []
        for line in self._lines("meta/episodes.jsonl"):
            number = int(line["episode_index"])
            words = {"episode_chunk": number // size, "episode_index": number}
            data = self.root / self.info["data_path"].format(**words)
            videos = {
                key: (self.root / self.info["video_path"].format(video_key=key, **words), 0.0)
                for key, feature in self.features.items()
                if feature["dtype"] == "video"
            }
            tasks = tuple(map(str, line.get("tasks", ())))
            places.append(Place(number, int(line["length"]), data, None, videos, tasks))
        return places

    def _places_v30(self) -> list[Place]:
        files = sorted((self.root / "meta/episodes").rglob("*.parquet"))
        if not files:
            raise NotADataset(self.root, why="meta/episodes is missing or empty")
        rows: list[dict[str, Any]] = []
        for path in files:
            names = pq.read_schema(path).names
            rows += pq.read_table(
                path, columns=[n for n in names if not n.startswith("stats/")]
            ).to_pylist()
        return [self._place_v30(row) for row in sorted(rows, key=lambda r: r["episode_index"])]

    def _place_v30(self, row: Mapping[str, Any]) -> Place:
        videos: dict[str, tuple[Path, float]] = {}
        for key, feature in self.features.items():
            if feature["dtype"] == "video":
                path = self.info["video_path"].format(
                    video_key=key,
                    chunk_index=row[f"videos/{key}/chunk_index"],
                    file_index=row[f"videos/{key}/file_index"],
                )
                videos[key] = (self.root / path, float(row[f"videos/{key}/from_timestamp"]))
        data = self.info["data_path"].format(
            chunk_index=row["data/chunk_index"], file_index=row["data/file_index"]
        )
        return Place(
            number=int(row["episode_index"]),
            length=int(row["length"]),
            data=self.root / data,
            first_row=int(row["dataset_from_index"]),
            videos=videos,
            tasks=tuple(map(str, row.get("tasks") or ())),
        )


def _group_of(file: pq.ParquetFile, place: Place) -> int | None:
    """The row group that holds exactly this episode, by the statistics in the file's footer."""
    paths = [file.schema.column(i).path for i in range(len(file.schema.names))]
    column = paths.index("episode_index")
    for number in range(file.num_row_groups):
        group = file.metadata.row_group(number)
        seen = group.column(column).statistics
        if group.num_rows != place.length or seen is None or not seen.has_min_max:
            continue
        if seen.min == seen.max == place.number:
            return number
    return None


def _as_jpeg(row: Mapping[str, Any], *, path: Path, root: Path) -> bytes:
    data = row["bytes"] if row["bytes"] is not None else (root / row["path"]).read_bytes()
    if data.startswith(_JPEG):
        return data
    from PIL import Image, UnidentifiedImageError

    try:
        image = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise NotADataset(path, why=f"a picture cannot be read ({error})") from error
    return simplejpeg.encode_jpeg(np.ascontiguousarray(image), quality=QUALITY, colorspace="RGB")
