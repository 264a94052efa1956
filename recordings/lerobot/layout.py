"""How a LeRobotDataset v3.0 lies on the disk: names, templates, feature tables.

Sources: the folders LeRobot 0.4.4 and 0.6.1 write and accept. Knows no parquet and no video.

    meta/info.json  meta/stats.json  meta/tasks.parquet
    meta/episodes/chunk-000/file-000.parquet         one row per episode
    data/chunk-000/file-000.parquet                  one row per frame, one row group per episode
    videos/<camera key>/chunk-000/file-000.mp4       compact mode
    foresight/export.json                            ours: what was exported from which episode
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, Final

from recordings.types import RobotSpec

VERSION: Final = "v3.0"
STATE: Final = "observation.state"
ACTION: Final = "action"
PICTURES: Final = "observation.images."  # and the camera's name
BOOKKEEPING: Final = ("timestamp", "frame_index", "episode_index", "index", "task_index")
INTERVENTION: Final = "intervention"  # bool: a person drives in an episode a policy takes part in
AUTHORITY: Final = "authority"  # int64: recordings.types.Authority
SUCCESS: Final = "next.success"  # bool: True in the last row of an episode that succeeded
SIDECAR: Final = "foresight/export.json"
FILES_PER_CHUNK: Final = 1000
DATA_FILE_BYTES: Final = 100 * 10**6  # a data file is closed before it grows beyond
VIDEO_FILE_BYTES: Final = 200 * 10**6
VIDEO_FILE_S: Final = 900.0  # float32 seconds step over LeRobot's tolerance of 1e-4 at 1024 s


class Mode(enum.Enum):
    """How pictures travel."""

    FAST = "fast"  # our JPEG bytes in the parquet files, unchanged
    COMPACT = "compact"  # video


class Codec(enum.Enum):
    """Video codecs that browsers play and LeRobot's tools can write again."""

    H264 = "h264"
    AV1 = "av1"


@dataclass(frozen=True, slots=True)
class Place:
    """The number of a file: ``chunk-000/file-007``."""

    chunk: int = 0
    file: int = 0

    @property
    def after(self) -> Place:
        if self.file + 1 < FILES_PER_CHUNK:
            return Place(self.chunk, self.file + 1)
        return Place(self.chunk + 1, 0)

    @property
    def stem(self) -> str:
        return f"chunk-{self.chunk:03d}/file-{self.file:03d}"


def data_path(place: Place) -> str:
    return f"data/{place.stem}.parquet"


def episodes_path(place: Place) -> str:
    return f"meta/episodes/{place.stem}.parquet"


def video_path(key: str, place: Place) -> str:
    return f"videos/{key}/{place.stem}.mp4"


def picture_key(camera: str) -> str:
    return f"{PICTURES}{camera}"


Feature = dict[str, Any]


def features(
    robot: RobotSpec, *, fps: int, mode: Mode, codec: Codec, extra: dict[str, Feature]
) -> dict[str, Feature]:
    """The feature table of a dataset of this robot; ``extra`` are columns of other programs."""
    names = [f"{joint}.pos" for joint in robot.joint_names]
    vector = {"dtype": "float32", "shape": [len(names)], "names": names}
    table: dict[str, Feature] = {ACTION: dict(vector), STATE: dict(vector)}
    for camera in robot.cameras:
        feature: Feature = {
            "dtype": "image" if mode is Mode.FAST else "video",
            "shape": [camera.height, camera.width, 3],
            "names": ["height", "width", "channels"],
        }
        if mode is Mode.COMPACT:
            feature["info"] = video_info(camera.width, camera.height, fps=fps, codec=codec)
        table[picture_key(camera.name)] = feature
    table["timestamp"] = _scalar("float32")
    for name in BOOKKEEPING[1:]:
        table[name] = _scalar("int64")
    table |= {INTERVENTION: _scalar("bool"), AUTHORITY: _scalar("int64"), SUCCESS: _scalar("bool")}
    return table | {name: feature for name, feature in extra.items() if name not in table}


def video_info(width: int, height: int, *, fps: int, codec: Codec) -> Feature:
    """What LeRobot writes about a stream; its edit tools build their encoder from it."""
    return {
        "video.height": height,
        "video.width": width,
        "video.codec": codec.value,
        "video.pix_fmt": "yuv420p",
        "video.is_depth_map": False,  # where 0.4 looks
        "is_depth_map": False,  # where 0.6 looks
        "video.fps": fps,
        "video.channels": 3,
        "has_audio": False,
    }


def info(
    robot_type: str,
    table: dict[str, Feature],
    *,
    fps: int,
    episodes: int,
    frames: int,
    tasks: int,
    ours: dict[str, Any],
) -> dict[str, Any]:
    """``meta/info.json``; ``ours`` goes under one key that LeRobot ignores."""
    has_video = any(feature["dtype"] == "video" for feature in table.values())
    return {
        "codebase_version": VERSION,
        "robot_type": robot_type,
        "total_episodes": episodes,
        "total_frames": frames,
        "total_tasks": tasks,
        "chunks_size": FILES_PER_CHUNK,
        "data_files_size_in_mb": DATA_FILE_BYTES // 10**6,
        "video_files_size_in_mb": VIDEO_FILE_BYTES // 10**6,
        "fps": fps,
        "splits": {"train": f"0:{episodes}"},
        "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
        "video_path": "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
        if has_video
        else None,
        "features": table,
        "foresight": ours,
    }


def _scalar(dtype: str) -> Feature:
    return {"dtype": dtype, "shape": [1], "names": None}
