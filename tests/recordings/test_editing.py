"""Trim, split, join, relabel, merge, undo: no recording changes until it is compacted."""

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recordings import cutting, history, library
from recordings.compacting import compact, empty_trash
from recordings.edits import Trim, read_edits, read_log
from recordings.errors import (
    CutOutside,
    EpisodeNotFound,
    NothingToUndo,
    NotOneRecording,
    RobotMismatch,
)
from recordings.merging import merge
from recordings.reader import Episode
from recordings.repairing import damage, repair
from recordings.types import EpisodePhase, RobotSpec
from tests.conftest import MakeEpisode


def ids(folder: Path) -> list[str]:
    return [info.id for info in library.list_episodes(folder)]


def test_a_trim_shows_only_its_part_and_leaves_the_file_alone(episode_file: Path) -> None:
    folder, before = episode_file.parent, episode_file.read_bytes()
    with Episode.open(episode_file) as whole:
        state, times = whole.state, whole.t_ns
        pictures = [whole.jpeg("front", i) for i in range(30)]
        seen = whole.frame_index["front"]
    cutting.trim(folder, episode_file.stem, Trim(0.2, 0.5))
    with Episode.open(episode_file) as episode:
        assert np.array_equal(episode.state, state[20:51])
        assert np.array_equal(episode.t_ns, times[20:51])
        for row in (0, 13, 30):
            mine = episode.jpeg("front", int(episode.frame_index["front"][row]))
            assert mine == pictures[seen[20 + row]]
        info = episode.info
    assert (info.steps, info.trimmed, info.duration_s) == (31, True, pytest.approx(0.3))
    (listed,) = library.list_episodes(folder)
    assert (listed.steps, listed.frames) == (31, 2 * (seen[50] - seen[20] + 1))
    with Episode.open(episode_file, trimmed=False) as episode:
        assert len(episode.state) == 100
    assert episode_file.read_bytes() == before


def test_a_trim_that_keeps_nothing_is_refused_with_what_there_is(episode_file: Path) -> None:
    with pytest.raises(CutOutside, match=r"at 5\.00, 9\.00 s: its steps are between 0\.00 s and"):
        cutting.trim(episode_file.parent, episode_file.stem, Trim(5, 9))
    assert read_edits(episode_file.parent) == {}


def test_parts_of_a_split_hold_every_step_once_and_cost_no_disk(episode_file: Path) -> None:
    folder, inode = episode_file.parent, episode_file.stat().st_ino
    with Episode.open(episode_file) as episode:
        times = episode.t_ns
    library.mark(folder, episode_file.stem, task="stack", success=True)
    names = cutting.split(folder, episode_file.stem, [0.333, 0.7])
    assert ids(folder) == names
    parts = []
    for name in names:
        with Episode.open(folder / f"{name}.h5") as part:
            parts.append(part.t_ns)
            assert (part.task, part.info.part_of) == ("stack", episode_file.stem)
    assert np.array_equal(np.concatenate(parts), times)
    assert [len(part) for part in parts] == [34, 36, 30]
    assert {(folder / f"{name}.h5").stat().st_ino for name in names} == {inode}
    assert [info.id for info in library.list_trash(folder)] == [episode_file.stem]


def test_where_the_disk_has_no_links_a_split_copies(
    episode_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links on this disk")

    monkeypatch.setattr(os, "link", refuse)
    first, second = cutting.split(episode_file.parent, episode_file.stem, [0.5])
    assert len(ids(episode_file.parent)) == 2
    assert list(damage(episode_file.with_name(f"{first}.h5"))) == []
    assert list(damage(episode_file.with_name(f"{second}.h5"))) == []


def test_neighbouring_parts_join_again_others_do_not(
    episode_file: Path, make_episode: MakeEpisode, robot: RobotSpec
) -> None:
    folder = episode_file.parent
    other = make_episode(folder, robot, seconds=0.2)
    first, second, third = cutting.split(folder, episode_file.stem, [0.3, 0.6])
    with pytest.raises(NotOneRecording, match=r"0\.31 s between them are missing"):
        cutting.join(folder, [third, first])
    with pytest.raises(NotOneRecording, match="different recordings"):
        cutting.join(folder, [first, other.stem])
    with pytest.raises(NotOneRecording, match="at least two"):
        cutting.join(folder, [first, first])
    assert cutting.join(folder, [second, first]) == first
    with Episode.open(folder / f"{first}.h5") as joined:
        assert len(joined.t_ns) == 60
    assert sorted(ids(folder)) == sorted([first, third, other.stem])


def test_every_change_can_be_undone_and_done_again(episode_file: Path) -> None:
    folder, name = episode_file.parent, episode_file.stem
    states = []

    def look() -> list[tuple]:
        infos = library.list_episodes(folder) + library.list_trash(folder)
        return [(i.id, i.steps, i.task, i.success, i.phase, i.flagged) for i in infos]

    actions = [
        lambda: library.decide(folder, "relabel", {name: {"task": "new", "success": False}}),
        lambda: cutting.trim(folder, name, Trim(0.1, 0.9)),
        lambda: library.keep(folder, name),
        lambda: cutting.split(folder, name, [0.4]),
        lambda: library.trash(folder, f"{name}-1"),
        lambda: library.decide(folder, "flag", {f"{name}-2": {"flagged": True}}),
    ]
    for action in actions:
        states.append(look())
        action()
    end = look()
    for state in reversed(states):
        history.undo(folder)
        assert look() == state
    with pytest.raises(NothingToUndo):
        history.undo(folder)
    for _ in actions:
        history.redo(folder)
    assert look() == end


def test_after_a_new_change_the_undone_one_is_no_longer_offered(episode_file: Path) -> None:
    folder, name = episode_file.parent, episode_file.stem
    library.mark(folder, name, task="a")
    history.undo(folder)
    library.mark(folder, name, task="b")
    with pytest.raises(NothingToUndo, match="nothing to redo"):
        history.redo(folder)
    assert [change.what for change in read_log(folder).done] == ["mark"]


def test_deciding_about_an_unknown_episode_changes_none(episode_file: Path) -> None:
    with pytest.raises(EpisodeNotFound):
        library.decide(episode_file.parent, "keep", {episode_file.stem: {"task": "x"}, "no": {}})
    assert read_edits(episode_file.parent) == {}


@given(cuts=st.lists(st.integers(2, 97), min_size=2, max_size=4, unique=True))
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_compacting_changes_no_value_of_what_counts(
    episode_file: Path, tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("e")
    path = Path(shutil.copy(episode_file, folder))
    first, last = min(cuts), max(cuts)
    cutting.trim(folder, path.stem, Trim(first / 100, last / 100))

    def content() -> tuple:
        with Episode.open(path) as e:
            jpegs = [e.jpeg(c, i) for c in e.robot.camera_names for i in range(e.frame_count(c))]
            columns = (e.state, e.action, e.t_ns, e.authority, e.plan_id, e.guard_bits)
            frames = [e.frame_index[c].tolist() for c in e.robot.camera_names]
            return [c.tobytes() for c in columns], frames, jpegs, e.events, replace(e.info, path="")

    before, size = content(), path.stat().st_size
    assert compact(folder).episodes == (path.stem,)
    assert content() == before
    assert path.stat().st_size < size
    assert compact(folder).episodes == ()  # nothing left to do
    cutting.trim(folder, path.stem, Trim(first / 100 + 0.01, last / 100))  # times still hold
    with Episode.open(path) as again:
        assert len(again.t_ns) == last - first


def test_emptying_the_trash_leaves_the_parts_of_a_split_whole(episode_file: Path) -> None:
    folder = episode_file.parent
    names = cutting.split(folder, episode_file.stem, [0.5])
    assert empty_trash(folder) == 1
    for name in names:
        assert list(damage(folder / f"{name}.h5")) == []


def test_merging_folders_brings_decisions_along_and_leaves_the_sources(
    make_episode: MakeEpisode, robot: RobotSpec, tmp_path: Path
) -> None:
    a = make_episode(tmp_path / "a", robot, seconds=0.2)
    b = make_episode(tmp_path / "b ü", robot, seconds=0.3)
    library.decide(b.parent, "keep", {b.stem: {"phase": "kept", "task": "pour"}})
    library.trash(a.parent, make_episode(a.parent, robot, seconds=0.1).stem)
    (b.parent / "torn.h5").write_bytes(b"")
    done = merge([a.parent, b.parent], tmp_path / "all")
    assert set(done.added) == {a.stem, b.stem}
    assert len(done.left_out) == 1
    infos = {info.id: info for info in library.list_episodes(tmp_path / "all")}
    assert (infos[b.stem].phase, infos[b.stem].task) == (EpisodePhase.KEPT, "pour")
    assert set(merge([b.parent], tmp_path / "all").known) == {b.stem}
    assert a.exists()


def test_robots_are_not_mixed(make_episode: MakeEpisode, robot: RobotSpec, tmp_path: Path) -> None:
    make_episode(tmp_path / "a", robot, seconds=0.1)
    make_episode(tmp_path / "b", replace(robot, name="yam"), seconds=0.1)
    with pytest.raises(RobotMismatch, match="'so101' here, 'yam' there"):
        merge([tmp_path / "a", tmp_path / "b"], tmp_path / "all")
    assert not (tmp_path / "all").exists()


def test_a_full_disk_leaves_the_episode_as_it_was(episode_file: Path, small_files: int) -> None:
    cutting.trim(episode_file.parent, episode_file.stem, Trim(0.1, 0.9))
    before = episode_file.read_bytes()
    with pytest.raises(OSError, match=r"."):
        compact(episode_file.parent)
    assert episode_file.read_bytes() == before
    assert list(episode_file.parent.glob("*.part")) == []


def test_an_open_episode_goes_on_when_its_folder_is_moved(episode_file: Path) -> None:
    with Episode.open(episode_file) as episode:
        before = episode.image("front", 3)
        episode_file.parent.rename(episode_file.parent.with_name("anderswo 二"))
        assert np.array_equal(episode.image("front", 3), before)
        assert episode.plans == []


def test_repair_names_damaged_pictures_and_removes_only_half_copies(episode_file: Path) -> None:
    folder = episode_file.parent
    with Episode.open(episode_file) as episode:
        broken = episode.jpeg("wrist", 7)
    data = episode_file.read_bytes()
    at = data.rindex(broken) + 50  # both cameras show the same, wrist lies behind
    episode_file.write_bytes(data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :])
    (folder / f"{episode_file.stem}.h5.part").write_bytes(b"half")
    (folder / "lonely.h5.part").write_bytes(b"half")
    found = {r.file: r for r in repair(folder)}
    assert "1 of 30 pictures of camera 'wrist'" in found[episode_file.name].problem
    assert "removed" in found[f"{episode_file.stem}.h5.part"].done
    assert "kept as it is" in found["lonely.h5.part"].problem
    assert sorted(p.name for p in folder.glob("*.part")) == ["lonely.h5.part"]
