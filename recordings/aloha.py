"""ALOHA / ACT episode files: ``episode_0.hdf5`` with qpos, action and padded JPEG pictures.

    attrs sim, compress            /action (t, n)       /observations/qpos, qvel (t, n)
    /observations/images/<camera>  (t, padded) u1 JPEG or (t, h, w, 3) u1        /compress_len

Those programs hand RGB arrays to an encoder that takes BGR, and back: red and blue are swapped in
the bytes, and only there. Joints are rad, grippers 0…1, as ours; names are not stored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import h5py
import numpy as np
import simplejpeg

from recordings.arriving import Arrival, Terms, header_of, regular_times, robot_seen
from recordings.errors import NotADataset
from recordings.grid import ticks_of
from recordings.reader import Episode
from recordings.stored import Tree
from recordings.types import Authority, CameraSpec, frozen_f32

FPS: Final = 50.0  # Hz, of the original robot, where the file does not say
QUALITY: Final = 95
_ARM: Final = ("waist", "shoulder", "elbow", "forearm_roll", "wrist_angle", "wrist_rotate")
_STUMBLES: Final = (KeyError, OSError, RuntimeError, ValueError, TypeError)


class Writer:
    """Writes ``episode_<k>.hdf5`` files into a folder, numbered after those that are there."""

    def __init__(self, out: Path) -> None:
        self._out = out
        there = [int(m[1]) for p in out.iterdir() if (m := re.fullmatch(_NAME, p.name))]
        self._next = max(there, default=-1) + 1

    def write(self, episode: Episode, *, fps: int) -> None:
        """One file, complete or not at all.

        Raises:
            NothingToExport, DamagedFile, OSError
        """
        path = self._out / f"episode_{self._next}.hdf5"
        part = path.with_suffix(".part")
        try:
            with h5py.File(part, "w") as file:
                _fill(file, episode, fps)
            part.rename(path)
        finally:
            part.unlink(missing_ok=True)
        self._next += 1


_NAME: Final = re.compile(r"episode_(\d+)\.hdf5")


def _fill(file: Tree, episode: Episode, fps: int) -> None:
    ticks = ticks_of(episode, fps=fps)
    qpos = episode.state[ticks.row]
    file.attrs.update(sim=False, compress=True, fps=fps, task=episode.task)
    file.attrs["joint_names"] = json.dumps(episode.robot.joint_names)
    file.attrs["id"] = episode.info.id
    file["action"] = episode.action[ticks.row]
    file["observations/qpos"] = qpos
    speed = np.gradient(qpos, 1 / fps, axis=0) if len(qpos) > 1 else np.zeros_like(qpos)
    file["observations/qvel"] = speed.astype(np.float32)
    lengths: list[list[int]] = []
    for camera in episode.robot.camera_names:
        numbers = ticks.picture[camera]
        jpegs = [_swapped(episode.image(camera, int(number))) for number in numbers]
        lengths.append([len(jpeg) for jpeg in jpegs])
        padded = np.zeros((len(jpegs), max(lengths[-1])), np.uint8)
        for row, jpeg in zip(padded, jpegs, strict=True):
            row[: len(jpeg)] = np.frombuffer(jpeg, np.uint8)
        name = f"observations/images/{camera}"
        file.create_dataset(name, data=padded, chunks=(1, padded.shape[1]))
    file["compress_len"] = np.array(lengths, np.int64)


def read(source: Path, terms: Terms) -> Iterator[Arrival]:
    """The episodes of one file or of a folder of ``episode_*.hdf5``.

    Raises:
        NotADataset
    """
    paths = sorted(source.glob("*.hdf5"), key=_number) if source.is_dir() else [source]
    if not paths:
        raise NotADataset(source, why="it holds no .hdf5 file")
    for path in paths:
        try:
            with h5py.File(path, "r") as file:
                arrival = _arrival(file, path, terms)
        except _STUMBLES as error:
            raise NotADataset(path, why=f"it is no ALOHA episode ({error})") from error
        yield arrival


def _arrival(file: Tree, path: Path, terms: Terms) -> Arrival:
    state, action = file["observations/qpos"][()], file["action"][()]
    if state.shape != action.shape:
        why = f"qpos has shape {state.shape} and action {action.shape}, which must be equal"
        raise NotADataset(path, why=why)
    fps = float(terms.fps or file.attrs.get("fps", FPS))
    compressed = bool(file.attrs.get("compress", False))
    images = file.get("observations/images", {})
    cameras = tuple(_camera(name, data, compressed, fps) for name, data in images.items())
    names = _joint_names(file, state.shape[1])
    robot = robot_seen("aloha", names, cameras, fps, (state, action), terms)
    task = terms.task or str(file.attrs.get("task", ""))
    count = len(state)
    return Arrival(
        header=header_of(path.parent.name + "-" + path.stem, task, robot, path, "ALOHA"),
        t_ns=regular_times(count, fps=fps),
        state=frozen_f32(state),
        action=frozen_f32(action),
        authority=np.full(count, Authority.LEADER, np.uint8),
        pictures={c.name: partial(_pictures, path, c.name, compressed) for c in cameras},
    )


def _joint_names(file: Tree, count: int) -> tuple[str, ...]:
    if "joint_names" in file.attrs:
        return tuple(json.loads(file.attrs["joint_names"]))
    if count == 2 * (len(_ARM) + 1):
        return tuple(
            f"{side}_{joint}" for side in ("left", "right") for joint in (*_ARM, "gripper")
        )
    return tuple(f"joint_{i}" for i in range(count))


def _camera(name: str, data: Tree, compressed: bool, fps: float) -> CameraSpec:
    if compressed:
        height, width, _, _ = simplejpeg.decode_jpeg_header(data[0].tobytes())
    else:
        height, width = data.shape[1:3]
    return CameraSpec(name, int(width), int(height), fps)


def _pictures(path: Path, camera: str, compressed: bool) -> Iterator[bytes]:
    with h5py.File(path, "r") as file:
        rows: Tree = file[f"observations/images/{camera}"]
        for row in rows:
            image = simplejpeg.decode_jpeg(row.tobytes(), colorspace="BGR") if compressed else row
            yield simplejpeg.encode_jpeg(
                np.ascontiguousarray(image), quality=QUALITY, colorspace="RGB"
            )


def _swapped(image: np.ndarray) -> bytes:
    return simplejpeg.encode_jpeg(np.ascontiguousarray(image), quality=QUALITY, colorspace="BGR")


def _number(path: Path) -> tuple[int, str]:
    found = re.search(r"(\d+)", path.stem)
    return (int(found[1]) if found else 0, path.name)
