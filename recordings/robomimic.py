"""robomimic data sets: one HDF5 file, ``data/demo_<k>/{actions, obs/…}``, pictures as raw arrays.

Written without ``next_obs`` (train with ``hdf5_load_next_obs=false``): it would double the file.
Read where actions are joint positions; sets whose actions are hand poses have no place in a
recording of joints and are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import h5py
import numpy as np
import simplejpeg

from recordings.arriving import Arrival, Terms, header_of, regular_times, robot_seen
from recordings.errors import ExportRefused, NotADataset
from recordings.grid import ticks_of
from recordings.reader import Episode
from recordings.stored import Tree
from recordings.types import Authority, CameraSpec, frozen_f32

FILE_NAME: Final = "demos.hdf5"
FPS: Final = 20.0  # Hz, of the simulations behind it, where nobody says
QUALITY: Final = 95
_STATES: Final = ("joint_pos", "robot0_joint_pos", "state", "qpos")
_PICTURE: Final = "_image"
_GYM: Final = 2  # robomimic's number for environments it does not build itself
_STUMBLES: Final = (KeyError, OSError, RuntimeError, ValueError, TypeError)


class Writer:
    """Writes one file; it appears when the last episode is in it."""

    def __init__(self, out: Path) -> None:
        self._path = out / FILE_NAME
        if self._path.exists():
            why = f"{FILE_NAME} is there already"
            raise ExportRefused(out, why=why, hint="choose another folder")
        self._part = self._path.with_suffix(".part")
        self._file: Tree = h5py.File(self._part, "w")
        self._data: Tree = self._file.create_group("data")
        self._count = 0
        self._total = 0

    def write(self, episode: Episode, *, fps: int) -> None:
        """One demonstration.

        Raises:
            NothingToExport, DamagedFile, OSError
        """
        ticks = ticks_of(episode, fps=fps)
        demo = self._data.create_group(f"demo_{self._count}")
        count = len(ticks)
        done = np.zeros(count, np.int64)
        done[-1] = 1
        reward = np.zeros(count)
        reward[-1] = float(episode.info.success is True)
        demo.attrs.update(num_samples=count, task=episode.task, id=episode.info.id)
        demo["actions"] = episode.action[ticks.row]
        demo["states"] = episode.state[ticks.row]
        demo["rewards"], demo["dones"] = reward, done
        demo["obs/joint_pos"] = episode.state[ticks.row]
        for camera in episode.robot.cameras:
            shape = (camera.height, camera.width, 3)
            images = demo.create_dataset(
                f"obs/{camera.name}{_PICTURE}", (count, *shape), np.uint8, chunks=(1, *shape)
            )
            for k, number in enumerate(ticks.picture[camera.name]):
                images[k] = episode.image(camera.name, int(number))
        self._describe(episode, fps)
        self._count += 1
        self._total += count

    def _describe(self, episode: Episode, fps: int) -> None:
        if self._count:
            return
        facts = {"joint_names": episode.robot.joint_names, "fps": fps}
        arguments = {"env_name": episode.robot.name, "type": _GYM, "env_kwargs": facts}
        self._data.attrs["env_args"] = json.dumps(arguments)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._data.attrs["total"] = self._total
            names = [f"demo_{i}".encode() for i in range(self._count)]
            self._file["mask/train"] = np.array(names)
        self._file.close()
        if error is None:
            self._part.rename(self._path)
        self._part.unlink(missing_ok=True)


def read(source: Path, terms: Terms) -> Iterator[Arrival]:
    """The demonstrations of one file.

    Raises:
        NotADataset
    """
    try:
        with h5py.File(source, "r") as file:
            names = sorted(_demos(file), key=_number)
            facts = _facts(file)
    except _STUMBLES as error:
        raise NotADataset(source, why=f"it is no robomimic set ({error})") from error
    for name in names:
        try:
            with h5py.File(source, "r") as file:
                arrival = _arrival(file[f"data/{name}"], source, facts, terms)
        except _STUMBLES as error:
            raise NotADataset(source, why=f"{name} cannot be read ({error})") from error
        yield arrival


def _arrival(demo: Tree, source: Path, facts: dict[str, Any], terms: Terms) -> Arrival:
    action = demo["actions"][()]
    key = next((name for name in _STATES if name in demo["obs"]), None)
    state = None if key is None else demo[f"obs/{key}"][()]
    if state is None or state.shape != action.shape:
        found = "no joint positions" if state is None else f"joint positions {state.shape}"
        why = f"{found} beside actions {action.shape}: its actions are no joint positions"
        raise NotADataset(source, why=why)
    fps = float(terms.fps or facts.get("fps", FPS))
    obs = demo["obs"]
    images = [n for n in obs if n.endswith(_PICTURE) and obs[n].ndim == 4]
    cameras = tuple(
        CameraSpec(n.removesuffix(_PICTURE), obs[n].shape[2], obs[n].shape[1], fps) for n in images
    )
    names = tuple(facts.get("joint_names") or [f"joint_{i}" for i in range(action.shape[1])])
    robot_name = str(facts.get("robot", "robomimic"))
    robot = robot_seen(robot_name, names, cameras, fps, (state, action), terms)
    number = demo.name.rsplit("/", 1)[-1]
    task = terms.task or str(demo.attrs.get("task", ""))
    rewards = demo["rewards"][()] if "rewards" in demo else np.zeros(0)
    return Arrival(
        header=header_of(f"{source.stem}-{number}", task, robot, source, "robomimic"),
        t_ns=regular_times(len(action), fps=fps),
        state=frozen_f32(state),
        action=frozen_f32(action),
        authority=np.full(len(action), Authority.LEADER, np.uint8),
        pictures={
            n.removesuffix(_PICTURE): partial(_pictures, source, f"{demo.name}/obs/{n}")
            for n in images
        },
        success=True if rewards.size and rewards.max() > 0 else None,
    )


def _demos(file: Tree) -> list[str]:
    return list(file["data"])


def _facts(file: Tree) -> dict[str, Any]:
    found = json.loads(file["data"].attrs.get("env_args", "{}"))
    return {**(found.get("env_kwargs") or {}), "robot": found.get("env_name", "robomimic")}


def _pictures(path: Path, name: str) -> Iterator[bytes]:
    with h5py.File(path, "r") as file:
        images: Tree = file[name]
        for image in images:
            yield simplejpeg.encode_jpeg(image, quality=QUALITY, colorspace="RGB")


def _number(name: str) -> int:
    found = re.search(r"(\d+)", name)
    return int(found[1]) if found else 0
