"""A folder of real episodes becomes batches; one that cannot is refused, both sides named."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.data import Dataset, load_dataset
from model.errors import RobotMismatch, TrainingDataUnusable
from model.images import squash
from model.joint_frame import OLD_SIGNS, old_so_frame
from model.mix import shuffled_rows
from model.new_tag import new_tag
from model.tags import ABSOLUTE
from model.transforms import UnitTransform
from recordings.library import list_episodes, mark
from recordings.reader import Episode
from recordings.types import RobotSpec
from recordings.windows.moments import Grid

GRID = Grid(dt_s=0.1, horizon=30)
load = functools.partial(load_dataset, grid=GRID, squash=functools.partial(squash, size=96))


@pytest.fixture(scope="module")
def folder(
    make_episode: Callable[..., Path], robot: RobotSpec, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Six episodes of half a second."""
    place = tmp_path_factory.mktemp("six")
    for number in range(6):
        make_episode(place, robot, seconds=0.5, phase_rad=float(number))
    return place


@pytest.fixture(scope="module")
def dataset(folder: Path) -> Dataset:
    return load(folder)


def test_every_example_shows_the_picture_its_step_had_seen(folder: Path, dataset: Dataset) -> None:
    with Episode.open(list_episodes(folder)[2].path) as episode:
        seen = episode.image("wrist", int(episode.frame_index["wrist"][30]))
        state = episode.state[30]
    batch = dataset.batch(np.array([2 * 5 + 3]))  # third episode, 0.3 s after its start
    apart = batch.images[0, 1].astype(int) - squash(seen, size=96)
    assert np.abs(apart).max() <= 1  # rounding of ties depends on torch's thread count
    assert np.array_equal(batch.state[0], state)


def test_whole_episodes_are_held_out(dataset: Dataset) -> None:
    training, heldout = dataset.split(heldout_fraction=0.2, seed=0)
    assert not set(dataset.episode[training]) & set(dataset.episode[heldout])
    assert len(set(dataset.episode[heldout])) == 1


def test_an_epoch_visits_every_row_once_and_depends_only_on_its_arguments() -> None:
    rows = np.arange(100, 160)
    seen = [shuffled_rows(rows, batch_size=16, step=step, seed=3) for step in range(15)]
    assert sorted(np.concatenate(seen)) == sorted(np.tile(rows, 4))
    assert np.array_equal(seen[7], shuffled_rows(rows, batch_size=16, step=7, seed=3))


def test_failed_episodes_are_left_out(
    make_episode: Callable[..., Path], robot: RobotSpec, tmp_path: Path
) -> None:
    good = make_episode(tmp_path, robot, seconds=0.3)
    bad = make_episode(tmp_path, robot, seconds=0.3, task="fail at it")
    mark(tmp_path, bad.stem, success=False)
    assert good.exists()
    assert load(tmp_path).task == ("put the red cube in the tray",)


def test_an_empty_folder_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataUnusable, match=f"{tmp_path.name}.*no episode"):
        load(tmp_path)


def test_episodes_of_two_robots_are_refused_with_both_named(
    make_episode: Callable[..., Path], robot: RobotSpec, tmp_path: Path
) -> None:
    make_episode(tmp_path, robot, seconds=0.3)
    make_episode(tmp_path, replace(robot, name="koch"), seconds=0.3)
    with pytest.raises(RobotMismatch, match=r"so101.*koch"):
        load(tmp_path)


def test_another_camera_set_is_refused_with_both_named(
    make_episode: Callable[..., Path], robot: RobotSpec, tmp_path: Path
) -> None:
    make_episode(tmp_path, robot, seconds=0.3)
    make_episode(tmp_path, replace(robot, cameras=robot.cameras[:1]), seconds=0.3)
    with pytest.raises(RobotMismatch, match=r"front, wrist.*front"):
        load(tmp_path)


def test_a_tag_is_made_in_the_units_the_network_knows(dataset: Dataset) -> None:
    """States, actions and statistics turn together: what is learned differs by the sign alone."""
    rows = np.arange(len(dataset))
    plain = new_tag(dataset, rows, grid=GRID, control_mode=ABSOLUTE)
    turned = new_tag(dataset, rows, grid=GRID, control_mode=ABSOLUTE, frame=old_so_frame())
    expected = old_so_frame().statistics_to_checkpoint(plain.action)
    np.testing.assert_allclose(turned.action.q01, expected.q01, atol=1e-3)
    np.testing.assert_allclose(turned.action.q99, expected.q99, atol=1e-3)
    one, other = UnitTransform(plain), UnitTransform(turned)
    action, state = dataset.action[:5], dataset.state[:5]
    seen = other.normalise_actions(action, state)
    np.testing.assert_allclose(
        seen, one.normalise_actions(action, state) * np.array(OLD_SIGNS), atol=1e-3
    )
    back = one.restore_actions(one.normalise_actions(action, state), state)
    np.testing.assert_allclose(other.restore_actions(seen, state), back, atol=1e-4)


def test_pictures_that_do_not_fit_into_memory_are_the_same(
    folder: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.data.HELD_BYTES", 1000)
    filed, rows = load(folder), np.array([13, 2, 29])
    assert filed.held_bytes == 0 < dataset.held_bytes
    assert [len(p) for p in filed.pictures] == [len(p) for p in dataset.pictures]
    apart = filed.batch(rows).images.astype(int) - dataset.batch(rows).images
    assert np.abs(apart).max() <= 1
