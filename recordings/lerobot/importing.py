"""LeRobot datasets → episodes of ours. Columns we have no word for are kept and exported again.

Units are never guessed from numbers: they come from our own exports, from robots whose units
LeRobot fixes, or from the person. Knows no window.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from recordings.arriving import (
    Arrival,
    Imported,
    Intake,
    Terms,
    regular_times,
    robot_seen,
)
from recordings.bench_note import BenchNote
from recordings.errors import Cancelled, NotADataset, RecordingError
from recordings.header import EpisodeHeader, software_version
from recordings.joint_units import Units, from_dataset
from recordings.lerobot.dataset import Dataset, Place
from recordings.lerobot.layout import (
    ACTION,
    AUTHORITY,
    BOOKKEEPING,
    INTERVENTION,
    STATE,
    SUCCESS,
    Feature,
)
from recordings.lerobot.sidecar import Exported, Sidecar
from recordings.types import F32, Authority, CameraSpec, JointSpec, RobotSpec, frozen_f32

_IN_DEGREES: Final = ("so100", "so101", "koch")  # LeRobot records these in degrees and 0…100
_WORDS: Final = (*BOOKKEEPING, STATE, ACTION, INTERVENTION, AUTHORITY, SUCCESS)


@dataclass(frozen=True, slots=True)
class _Terms:
    """How the numbers of one dataset are understood."""

    robot: RobotSpec
    units: Units
    sidecar: Sidecar | None
    notes: tuple[str, ...]


def import_dataset(
    root: Path,
    folder: Path,
    *,
    units: Units | None = None,
    robot: RobotSpec | None = None,
    tell: Callable[[int, int, str], None] = lambda _done, _total, _what: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Imported:
    """Bring every episode of the dataset ``root`` into ``folder``; those there already are skipped.

    Args:
        root: a LeRobotDataset v3.0 or v2.1.
        folder: of episodes; created when missing.
        units: of joints and grippers; None: as the dataset's origin says.
        robot: whose limits and camera rates hold, when its joints are those of the dataset.
        tell: called with (done, total, episode id) before each episode.
        should_stop: asked often; True leaves what is complete and raises ``Cancelled``.

    Raises:
        NotADataset, Cancelled, OSError
    """
    dataset = Dataset(root)
    terms = _terms(dataset, units, robot)
    intake = Intake(folder, should_stop)
    left_out: list[str] = []
    with intake.noted():
        for done, place in enumerate(dataset.episodes):
            episode_id = _name(dataset, terms, place)
            tell(done, len(dataset.episodes), episode_id)
            if intake.knows(episode_id):
                continue
            try:
                intake.take(_arrival(dataset, terms, place, episode_id))
            except Cancelled:
                raise
            except RecordingError as error:
                left_out.append(f"episode {place.number}: {error}")
    tell(len(dataset.episodes), len(dataset.episodes), "")
    return Imported(tuple(intake.added), tuple(intake.known), tuple(left_out), terms.notes)


def _terms(dataset: Dataset, units: Units | None, robot: RobotSpec | None) -> _Terms:
    sidecar = Sidecar.read(dataset.root)
    if sidecar is not None and len(sidecar.episodes) == len(dataset.episodes):
        return _Terms(replace(sidecar.robot, control_hz=dataset.fps), sidecar.units, sidecar, ())
    ours = dataset.info.get("foresight") or {}
    known = Units(ours["units"]) if "units" in ours else None
    units = units or known or _usual_units(dataset)
    names = joint_names(dataset)
    cameras = _cameras(dataset)
    if robot is not None and robot.joint_names == names:
        mine = replace(robot, cameras=cameras, control_hz=dataset.fps)
        return _Terms(mine, units, None, ())
    note = (
        "joint limits are taken from the data; name an episode of the robot to have the real ones"
    )
    return _Terms(_seen_robot(dataset, names, cameras, units), units, None, (note,))


def _usual_units(dataset: Dataset) -> Units:
    if dataset.robot_type.startswith(_IN_DEGREES):
        return Units.DEGREES
    raise NotADataset(
        dataset.root,
        why=f"nobody says whether the joints of {dataset.robot_type!r} are radians or degrees",
        hint="say it (--units radians or --units degrees)",
    )


def joint_names(dataset: Dataset) -> tuple[str, ...]:
    """Names of the state's columns without LeRobot's ".pos"; numbered where there are none.

    Raises:
        NotADataset: no state or action, or of different lengths.
    """
    for key in (STATE, ACTION):
        if key not in dataset.features:
            raise NotADataset(dataset.root, why=f"it has no column {key!r}")
    state, action = dataset.features[STATE], dataset.features[ACTION]
    if list(state["shape"]) != list(action["shape"]) or len(state["shape"]) != 1:
        why = f"state has shape {state['shape']} and action {action['shape']}, which must be equal"
        raise NotADataset(dataset.root, why=why)
    names = state.get("names")
    if isinstance(names, Mapping):  # older datasets: {"motors": [...]}
        names = next(iter(names.values()))
    if not isinstance(names, Sequence) or len(names) != state["shape"][0]:
        names = [f"joint_{i}" for i in range(state["shape"][0])]
    return tuple(str(name).removesuffix(".pos") for name in names)


def _cameras(dataset: Dataset) -> tuple[CameraSpec, ...]:
    cameras: list[CameraSpec] = []
    for key in dataset.picture_features:
        feature = dataset.features[key]
        sizes = [int(n) for n in feature["shape"]]
        names = [str(n) for n in feature.get("names") or ()]
        first = sizes[0] == 3 or names[:1] in (["channels"], ["channel"])
        height, width = sizes[1:] if first else sizes[:2]
        cameras.append(CameraSpec(key.rsplit(".", 1)[-1], width, height, float(dataset.fps)))
    return tuple(cameras)


def _seen_robot(
    dataset: Dataset, names: tuple[str, ...], cameras: tuple[CameraSpec, ...], units: Units
) -> RobotSpec:
    """A robot whose limits are what its data visit, and a little more."""
    named = tuple(JointSpec(n, 0.0, 1.0, 1.0, is_gripper="gripper" in n.lower()) for n in names)
    counted = RobotSpec(dataset.robot_type, named, (), dataset.fps)
    ends: list[np.ndarray] = []
    for place in dataset.episodes:
        columns = dataset.columns(place)
        for key in (STATE, ACTION):
            values = from_dataset(columns[key], robot=counted, units=units)
            ends.append(np.stack([np.nanmin(values, axis=0), np.nanmax(values, axis=0)]))
    return robot_seen(dataset.robot_type, names, cameras, dataset.fps, ends, Terms())


def _name(dataset: Dataset, terms: _Terms, place: Place) -> str:
    exported = _exported(terms, place)
    return exported.id if exported else f"{dataset.root.name}-{place.number:06d}"


def _bench(exported: Exported | None) -> BenchNote:
    if exported is None:
        return BenchNote()
    return BenchNote.from_dict(exported.bench or {"operator": exported.operator})


def _exported(terms: _Terms, place: Place) -> Exported | None:
    return terms.sidecar.episodes[place.number] if terms.sidecar else None


def _arrival(dataset: Dataset, terms: _Terms, place: Place, episode_id: str) -> Arrival:
    columns = dataset.columns(place)
    robot = terms.robot
    exported = _exported(terms, place)
    created_ns = exported.created_wall_ns if exported else _written_ns(dataset)
    pictures = {
        camera: (lambda key=key: dataset.jpegs(place, key))
        for camera, key in zip(robot.camera_names, dataset.picture_features, strict=True)
    }
    extra = {n: v for n, v in columns.items() if n not in _WORDS}
    return Arrival(
        header=EpisodeHeader(
            id=episode_id,
            task=_task(dataset, place, columns),
            robot=robot,
            created_wall_ns=created_ns,
            created_mono_ns=0,
            bench=_bench(exported),
            software={
                "name": "foresight",
                "version": software_version(),
                "imported_from": f"LeRobotDataset {dataset.version}: {dataset.root.name}",
            },
        ),
        t_ns=regular_times(place.length, fps=dataset.fps),
        state=_joints(columns[STATE], terms),
        action=_joints(columns[ACTION], terms),
        authority=_authority(columns),
        pictures=pictures,
        success=exported.success if exported else _success(columns),
        extra=extra,
        extra_features={name: _plain(dataset.features[name]) for name in extra},
    )


def _joints(values: np.ndarray, terms: _Terms) -> F32:
    return frozen_f32(from_dataset(values, robot=terms.robot, units=terms.units))


def _task(dataset: Dataset, place: Place, columns: Mapping[str, np.ndarray]) -> str:
    numbers = columns.get("task_index")
    if numbers is not None and len(numbers) and int(numbers[0]) < len(dataset.tasks):
        return dataset.tasks[int(numbers[0])]
    return place.tasks[0] if place.tasks else ""


def _authority(columns: Mapping[str, np.ndarray]) -> Any:  # noqa: ANN401 - (t,) uint8
    if AUTHORITY in columns:
        return columns[AUTHORITY].reshape(-1).astype(np.uint8)
    count = len(columns[STATE])
    if INTERVENTION in columns:
        helped = columns[INTERVENTION].reshape(-1).astype(bool)
        return np.where(helped, Authority.LEADER, Authority.POLICY).astype(np.uint8)
    return np.full(count, Authority.LEADER, np.uint8)


def _success(columns: Mapping[str, np.ndarray]) -> bool | None:
    found = columns.get(SUCCESS)
    return None if found is None else bool(np.any(found))


def _plain(feature: Feature) -> dict[str, Any]:
    return {name: feature.get(name) for name in ("dtype", "shape", "names")}


def _written_ns(dataset: Dataset) -> int:
    return (dataset.root / "meta/info.json").stat().st_mtime_ns
