"""Reading for training: every window is what was recorded, in an order that can be repeated."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recordings import library
from recordings.errors import DamagedFile, NothingToLearnFrom, RobotMismatch
from recordings.quantiles import exact_quantiles, remembered
from recordings.reader import Episode
from recordings.types import Authority, RobotSpec
from recordings.windows.moments import Grid
from recordings.windows.reader import WindowReader
from tests.conftest import MakeEpisode

GRID = Grid(dt_s=0.05, horizon=8)


@pytest.fixture(scope="module")
def folder(
    make_episode: MakeEpisode, robot: RobotSpec, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("takes")
    for number, task in enumerate(("stack", "pour", "stack")):
        make_episode(folder, robot, seconds=0.6 + 0.2 * number, task=task, phase_rad=1.37 * number)
    return folder


def test_a_window_holds_what_was_known_then_and_what_was_sent_next(folder: Path) -> None:
    infos = library.list_episodes(folder)
    with WindowReader.open(infos, GRID) as reader, Episode.open(infos[1].path) as episode:
        assert [len(reel) for reel in reader.reels] == [12, 16, 20]
        found = reader.read([12 + 5, 12 + 14])
        for k, row in enumerate((25, 70)):
            assert np.array_equal(found.state[k], episode.state[row])
            ahead = row + 5 * np.arange(8)
            rows = np.where(ahead < 80, ahead, 79)  # behind the end the last one sent repeats
            assert np.allclose(found.action[k], episode.action[rows], atol=1e-6)
            picture = episode.image("wrist", int(episode.frame_index["wrist"][row]))
            assert np.array_equal(found.images[1][k], picture)
        assert found.valid.sum(axis=1).tolist() == [8, 2]
        assert found.tasks == ("pour", "pour")
        assert found.images[0].shape == (2, 240, 320, 3)


def test_an_epoch_shows_every_window_once_in_an_order_of_the_seed(folder: Path) -> None:
    infos = library.list_episodes(folder)

    def states(threads: int, seed: int, epoch: int) -> np.ndarray:
        with WindowReader.open(infos, GRID, threads=threads) as reader:
            return np.concatenate([w.state for w in reader.epoch(7, seed=seed, epoch=epoch)])

    one = states(1, seed=3, epoch=0)
    assert np.array_equal(one, states(4, seed=3, epoch=0))
    assert not np.array_equal(one, states(1, seed=3, epoch=1))
    assert not np.array_equal(one, states(1, seed=4, epoch=0))
    assert len(np.unique(one, axis=0)) == len(one) == 48


def test_moments_at_which_nobody_drove_are_left_out(
    make_episode: MakeEpisode, robot: RobotSpec, tmp_path: Path
) -> None:
    make_episode(tmp_path, robot, seconds=0.3, authority=Authority.HOLD)
    with pytest.raises(NothingToLearnFrom, match="nobody drove"):
        WindowReader.open(library.list_episodes(tmp_path), GRID)


def test_bad_episodes_and_numbers_are_named(
    make_episode: MakeEpisode, robot: RobotSpec, tmp_path: Path
) -> None:
    path = make_episode(tmp_path, robot, seconds=0.3)
    infos = library.list_episodes(tmp_path)
    make_episode(tmp_path, replace(robot, name="yam"), seconds=0.3)
    with pytest.raises(RobotMismatch):
        WindowReader.open(library.list_episodes(tmp_path), GRID)
    with WindowReader.open(infos, GRID) as reader:
        with pytest.raises(IndexError, match="windows 0 … 99 of"):
            reader.read([0, 99])
        path.write_bytes(path.read_bytes()[:20_000])
        with pytest.raises(DamagedFile, match="cut short"):
            reader.read([len(reader) - 1])


def test_more_episodes_than_open_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recordings.windows.pictures._MOST_OPEN", 1)
    with WindowReader.open(library.list_episodes(folder), GRID, threads=4) as reader:
        found = reader.read(np.arange(len(reader)))
        assert len(np.unique(found.episodes)) == 3
        assert len(reader._files) == 1


rows = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 60), st.just(2)),
    elements=st.floats(-1e6, 1e6, width=32),
)


@given(st.lists(rows, min_size=1, max_size=4), st.lists(st.floats(0, 1), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_streaming_quantiles_equal_numpys(chunks: list[np.ndarray], levels: list[float]) -> None:
    found = exact_quantiles(lambda: iter(chunks), levels)
    whole = np.quantile(np.concatenate(chunks).astype(np.float64), levels, axis=0)
    assert np.allclose(found, whole, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("chunks", [[], [np.full((2, 2), np.nan, np.float32)]])
def test_quantiles_of_nothing_and_of_no_numbers_do_not_exist(chunks: list[np.ndarray]) -> None:
    with pytest.raises(ValueError, match="do not exist"):
        exact_quantiles(lambda: iter(chunks), [0.5])


def test_quantiles_are_remembered_by_content_and_a_damaged_cache_only_costs_time(
    folder: Path, tmp_path: Path
) -> None:
    infos = library.list_episodes(folder)
    with WindowReader.open(infos, GRID) as reader:
        found = reader.action_quantiles((0.01, 0.99), cache=tmp_path)
        (file,) = tmp_path.glob("quantiles-*.json")
        again = remembered(tmp_path, ["other"], lambda: found * 0)
        assert not again.any()
        file.write_text("[[")
        assert np.array_equal(reader.action_quantiles((0.01, 0.99), cache=tmp_path), found)
    with WindowReader.open(infos[:2], GRID) as reader:
        assert not np.array_equal(reader.action_quantiles((0.01, 0.99), cache=tmp_path), found)
