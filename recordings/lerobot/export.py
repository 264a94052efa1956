"""Episodes → LeRobotDataset v3.0: which ones, into which folder, and how it becomes visible.

New files are staged and move into the set when all of them are complete; the set's own tables are
replaced last. A second export to the same folder adds only new episodes. Knows no window.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq

from recordings.errors import Cancelled, ExportRefused, NothingToExport
from recordings.grid import common_fps
from recordings.health.alike import content_hash
from recordings.joint_units import Units
from recordings.lerobot.building import Builder
from recordings.lerobot.card import card
from recordings.lerobot.layout import (
    ACTION,
    STATE,
    Codec,
    Feature,
    Mode,
    features,
    info,
    picture_key,
)
from recordings.lerobot.sidecar import Sidecar
from recordings.lerobot.statistics import Stats, clamped_share, counted_stats, picture_stats
from recordings.lerobot.tables import write_tasks
from recordings.library import list_episodes
from recordings.merging import check_one_robot
from recordings.reader import Episode
from recordings.types import EpisodeInfo, EpisodePhase, RobotSpec
from recordings.whole_file import write_whole

_STAGE: Final = ".foresight-part"
_NEVER: Final[Callable[[], bool]] = lambda: False  # noqa: E731


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the dataset should be."""

    mode: Mode = Mode.FAST
    codec: Codec = Codec.AV1  # compact mode; what LeRobot re-encodes to when it edits a set
    units: Units = Units.RADIANS
    fps: int | None = None  # None: the rate of the slowest camera
    with_failures: bool = False  # episodes marked as failed too
    fresh: bool = False  # replace the dataset that is there


@dataclass(frozen=True, slots=True)
class Progress:
    """Told before each episode and at the end."""

    done: int
    total: int
    done_s: float  # of recorded time
    total_s: float
    episode: str


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an export."""

    out: Path
    episodes: int
    frames: int
    added: tuple[str, ...]
    stale: int  # new rows that show a picture older than 1.5 rows
    clamped: Mapping[str, Mapping[str, float]]  # column → joint → share outside q01 … q99
    left_out: tuple[str, ...]  # sentences


def export(
    folder: Path,
    out: Path,
    wanted: Wanted,
    *,
    tell: Callable[[Progress], None] = lambda _: None,
    should_stop: Callable[[], bool] = _NEVER,
) -> Done:
    """Write the episodes of ``folder`` to the dataset ``out``, or add what it lacks.

    Raises:
        NothingToExport, RobotMismatch, UnreadableEpisode, Cancelled, OSError
        ExportRefused: ``out`` holds something else, or other settings, or episodes that have
            changed since.
    """
    infos, left_out = chosen(folder, with_failures=wanted.with_failures)
    robot = check_one_robot(infos)
    if robot is None:
        raise NothingToExport(str(folder), why="it holds no episode that can be used")
    fresh = wanted.fresh and out.exists()
    target = out.with_name(f"{out.name}.new") if fresh else out
    if fresh:
        _refuse_foreign(out)
        shutil.rmtree(target, ignore_errors=True)
    state = _state_of(target, robot, infos, wanted)
    known = {episode.id for episode in state.episodes}
    new = [one for one in infos if one.id not in known]
    done = _extend(target, state, new, tell=tell, should_stop=should_stop)
    if fresh:
        _swap(target, out)
    return Done(
        out=out,
        episodes=len(state.episodes),
        frames=state.frames,
        added=tuple(one.id for one in new),
        stale=done[0],
        clamped=done[1],
        left_out=left_out,
    )


def chosen(folder: Path, *, with_failures: bool) -> tuple[list[EpisodeInfo], tuple[str, ...]]:
    """The episodes an export takes (those training would), and sentences about the others."""
    usable: list[EpisodeInfo] = []
    left_out: list[str] = []
    for one in list_episodes(Path(folder)):
        if one.problem or not one.sealed:
            left_out.append(f"{one.id}: {one.problem or 'it is not complete yet'}")
        elif one.success is False and not with_failures:
            left_out.append(f"{one.id}: it is marked as failed")
        elif one.phase is not EpisodePhase.DISCARDED:
            usable.append(one)
    return usable, tuple(left_out)


def _state_of(out: Path, robot: RobotSpec, infos: Sequence[EpisodeInfo], wanted: Wanted) -> Sidecar:
    """The dataset that is there, checked that it can go on; or the beginning of a new one."""
    state = Sidecar.read(out) if out.exists() else None
    fps = wanted.fps or common_fps(robot)
    if state is None:
        if out.exists() and any(path.name != _STAGE for path in out.iterdir()):
            why = "it is not empty and not an export of Foresight"
            raise ExportRefused(out, why=why, hint="choose another folder")
        extra = _extra_features(infos)
        return Sidecar(robot, fps, wanted.mode, wanted.codec, wanted.units, extra)
    _check_same(out, state, robot, wanted, fps)
    _check_unchanged(out, state, infos)
    _remove_strangers(out, state)
    return state


def _check_same(out: Path, state: Sidecar, robot: RobotSpec, wanted: Wanted, fps: int) -> None:
    pairs = (
        ("fps", state.fps, fps),
        ("mode", state.mode.value, wanted.mode.value),
        ("codec", state.codec.value, wanted.codec.value),
        ("units", state.units.value, wanted.units.value),
    )
    wrong = [f"{what} {a} there, {b} asked" for what, a, b in pairs if a != b]
    if mismatch := state.robot.mismatch(robot):
        wrong.append(mismatch)
    if wrong:
        hint = "ask for the same, choose another folder, or replace it (--fresh)"
        raise ExportRefused(out, why="; ".join(wrong), hint=hint)


def _check_unchanged(out: Path, state: Sidecar, infos: Sequence[EpisodeInfo]) -> None:
    paths = {one.id: Path(one.path) for one in infos}
    changed: list[str] = []
    for exported in state.episodes:
        path = paths.get(exported.id)
        if path is None:
            changed.append(f"{exported.id} is gone")
            continue
        with Episode.open(path) as episode:
            if content_hash(episode) != exported.content:
                changed.append(f"{exported.id} was edited")
    if changed:
        raise ExportRefused(
            out, why=f"since the last export {', '.join(changed)}", hint="replace it (--fresh)"
        )


def _extend(
    out: Path,
    state: Sidecar,
    new: Sequence[EpisodeInfo],
    *,
    tell: Callable[[Progress], None],
    should_stop: Callable[[], bool],
) -> tuple[int, dict[str, dict[str, float]]]:
    """Stage, check, move, describe; returns (late rows, clamped shares)."""
    stage = out / _STAGE
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    before = len(state.files)
    table = features(
        state.robot, fps=state.fps, mode=state.mode, codec=state.codec, extra=state.extra
    )
    builder = Builder(stage, state, table, should_stop=should_stop)
    total_s = sum(one.duration_s for one in new)
    done_s = 0.0
    try:
        for number, one in enumerate(new):
            tell(Progress(number, len(new), done_s, total_s, one.id))
            if should_stop():
                raise Cancelled("the export")
            with Episode.open(Path(one.path)) as episode:
                builder.add(episode)
            done_s += one.duration_s
        builder.close()
        for name in state.files[before:]:
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (stage / name).replace(out / name)
    finally:
        builder.abandon()
        shutil.rmtree(stage, ignore_errors=True)
    clamped = _describe(out, state, table)
    tell(Progress(len(new), len(new), total_s, total_s, ""))
    return builder.stale, clamped


def _describe(out: Path, state: Sidecar, table: dict[str, Feature]) -> dict[str, dict[str, float]]:
    """Write everything that speaks about the whole set; ``info.json`` and the sidecar last."""
    stats, clamped = _whole_stats(out, state, table)
    write_tasks(out / "meta/tasks.parquet", state.tasks)
    write_whole(out / "meta/stats.json", json.dumps(stats, indent=4))
    ours = {"units": state.units.value, "sidecar": True}
    facts = info(
        state.robot.name,
        table,
        fps=state.fps,
        episodes=len(state.episodes),
        frames=state.frames,
        tasks=len(state.tasks),
        ours=ours,
    )
    write_whole(out / "README.md", card(facts, state))
    write_whole(out / "meta/info.json", json.dumps(facts, indent=4))
    state.write(out)
    return clamped


def _whole_stats(
    out: Path, state: Sidecar, table: dict[str, Feature]
) -> tuple[dict[str, Stats], dict[str, dict[str, float]]]:
    """Exact statistics over all rows of the set, one column at a time."""
    files = [out / name for name in state.files if name.startswith("data/")]
    stats: dict[str, Stats] = {}
    clamped: dict[str, dict[str, float]] = {}
    for name, feature in table.items():
        if feature["dtype"] in ("string", "image", "video"):
            continue
        values = _column(files, name)
        stats[name] = counted_stats(values)
        if name in (STATE, ACTION):
            shares = clamped_share(values, stats[name])
            clamped[name] = dict(zip(state.robot.joint_names, shares, strict=True))
    for camera, pixels in state.pixels.items():
        counted = np.array(pixels, np.int64)
        stats[picture_key(camera)] = picture_stats(counted, frames=state.pictures[camera])
    return stats, clamped


def _column(files: Sequence[Path], name: str) -> np.ndarray:
    parts: list[np.ndarray] = []
    for path in files:
        column = pq.read_table(path, columns=[name])[name].combine_chunks()
        parts.append(np.array(column.to_pylist()))
    return np.concatenate(parts)


def _extra_features(infos: Sequence[EpisodeInfo]) -> dict[str, dict[str, Any]]:
    """Columns of other programs that any of the episodes carries."""
    found: dict[str, dict[str, Any]] = {}
    for one in infos:
        with Episode.open(Path(one.path)) as episode:
            for name, feature in episode.extra_features.items():
                found.setdefault(name, feature)
    return found


def _remove_strangers(out: Path, state: Sidecar) -> None:
    """Files a crash left between moving and describing; LeRobot would read them as rows."""
    for top, suffix in (("data", "parquet"), ("meta/episodes", "parquet"), ("videos", "mp4")):
        for path in (out / top).rglob(f"*.{suffix}"):
            if path.relative_to(out).as_posix() not in state.files:
                path.unlink()


def _refuse_foreign(out: Path) -> None:
    if Sidecar.read(out) is None and any(out.iterdir()):
        why = "it is not an export of Foresight"
        raise ExportRefused(out, why=why, hint="choose another folder")


def _swap(new: Path, out: Path) -> None:
    old = out.with_name(f"{out.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    out.rename(old)
    new.rename(out)
    shutil.rmtree(old)
