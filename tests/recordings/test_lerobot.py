"""LeRobot datasets: what is written follows the specification, and comes back as it was."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recordings import cutting, library
from recordings.edits import Trim
from recordings.errors import (
    Cancelled,
    DamagedFile,
    ExportRefused,
    NotADataset,
    NothingToExport,
    RobotMismatch,
)
from recordings.grid import ticks_of
from recordings.joint_units import Units, from_dataset, to_dataset
from recordings.lerobot.dataset import Dataset
from recordings.lerobot.export import Wanted, export
from recordings.lerobot.importing import import_dataset
from recordings.lerobot.layout import Codec, Mode, Place
from recordings.lerobot.statistics import counted_stats, histogram, picture_stats, sampled
from recordings.lerobot.video import VideoWriter, packet_count, read_frames
from recordings.reader import Episode
from recordings.types import Authority, RobotSpec
from tests.conftest import MakeEpisode

FPS = 30


@pytest.fixture(scope="module")
def _folder(
    make_episode: MakeEpisode, robot: RobotSpec, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Three takes: a demonstration, a failed one, one in which a policy drove."""
    folder = tmp_path_factory.mktemp("übung 一")
    make_episode(folder, robot, seconds=0.7, task="stack")
    make_episode(folder, robot, seconds=0.5, task="stack", success=False)
    make_episode(folder, robot, seconds=0.9, task="旋转", authority=Authority.POLICY, phase_rad=2)
    return folder


@pytest.fixture
def folder(_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(_folder, tmp_path / "episodes"))


def rows(out: Path) -> dict[str, np.ndarray]:
    files = sorted((out / "data").rglob("*.parquet"))
    tables = [pq.read_table(f) for f in files]
    names = [n for n in tables[0].column_names if not n.startswith("observation.images")]
    return {n: np.concatenate([np.array(table[n].to_pylist()) for table in tables]) for n in names}


def infos(folder: Path) -> list:
    return [i for i in library.list_episodes(folder) if i.success is not False]


@pytest.mark.parametrize("mode", Mode)
def test_rows_follow_the_specification(folder: Path, tmp_path: Path, mode: Mode) -> None:
    done = export(folder, tmp_path / "set", Wanted(mode=mode))
    found = rows(done.out)
    lengths = [21, 27]
    assert (done.episodes, done.frames) == (2, 48)
    assert found["index"].tolist() == list(range(48))
    assert found["episode_index"].tolist() == np.repeat([0, 1], lengths).tolist()
    assert found["frame_index"].tolist() == [*range(21), *range(27)]
    expected = (found["frame_index"] / FPS).astype(np.float32)
    assert np.array_equal(found["timestamp"].astype(np.float32), expected)
    assert found["task_index"].tolist() == found["episode_index"].tolist()
    assert not found["intervention"].any()
    assert found["next.success"].tolist() == [i in (20, 47) for i in range(48)]
    file = next((done.out / "data").rglob("*.parquet"))
    meta = pq.ParquetFile(file).metadata
    assert [meta.row_group(i).num_rows for i in range(meta.num_row_groups)] == lengths
    info = json.loads((done.out / "meta/info.json").read_text())
    stored = set(pq.read_schema(file).names)
    assert stored == {n for n, f in info["features"].items() if f["dtype"] != "video"}
    assert info["features"]["action"]["names"][-1] == "gripper.pos"
    assert (info["fps"], info["total_tasks"], info["splits"]) == (30, 2, {"train": "0:2"})
    tasks = pq.read_schema(done.out / "meta/tasks.parquet")
    assert json.loads(tasks.metadata[b"pandas"])["index_columns"] == ["task"]
    assert (done.out / "README.md").read_text().count("task_categories") == 1


def test_rows_hold_the_newest_of_their_time_never_the_future(folder: Path, tmp_path: Path) -> None:
    export(folder, tmp_path / "set", Wanted())
    found = rows(tmp_path / "set")
    with Episode.open(infos(folder)[0].path) as episode:
        since_s = (episode.t_ns - episode.t_ns[0]) / 1e9
        for k in range(21):
            row = int(np.flatnonzero(since_s <= k / FPS + 1e-9)[-1])
            assert np.array_equal(
                found["observation.state"][k].astype(np.float32), episode.state[row]
            )
            assert np.array_equal(found["action"][k].astype(np.float32), episode.action[row])


def test_fast_mode_keeps_every_byte_of_the_pictures(folder: Path, tmp_path: Path) -> None:
    export(folder, tmp_path / "set", Wanted())
    table = pq.read_table(next((tmp_path / "set/data").rglob("*.parquet")))
    with Episode.open(infos(folder)[0].path) as episode:
        ticks = ticks_of(episode, fps=FPS)
        for k in (0, 7, 20):
            stored = table["observation.images.wrist"][k].as_py()["bytes"]
            assert stored == episode.jpeg("wrist", int(ticks.picture["wrist"][k]))


def test_compact_mode_shows_each_row_its_own_picture(folder: Path, tmp_path: Path) -> None:
    export(folder, tmp_path / "set", Wanted(mode=Mode.COMPACT))
    path = tmp_path / "set/videos/observation.images.front/chunk-000/file-000.mp4"
    assert packet_count(path) == 48
    frames = list(read_frames(path, from_s=21 / FPS, count=27, fps=FPS))
    with Episode.open(infos(folder)[1].path) as episode:
        numbers = ticks_of(episode, fps=FPS).picture["front"]
        originals = np.stack([episode.image("front", int(n)) for n in numbers]).astype(float)
    error = [[np.square(f - o).mean() for o in originals] for f in frames]
    assert numbers[np.argmin(error, axis=1)].tolist() == numbers.tolist()
    assert 10 * np.log10(255**2 / np.diag(error).max()) > 30


@pytest.mark.parametrize("codec", Codec)
def test_every_episode_begins_with_a_keyframe(tmp_path: Path, codec: Codec) -> None:
    import av

    video = VideoWriter(tmp_path / "v.mp4", width=64, height=64, fps=30, codec=codec)
    rng = np.random.default_rng(0)
    for count in (5, 4):
        video.begin_episode()
        for _ in range(count):
            video.write(rng.integers(0, 256, (64, 64, 3), np.uint8))
    video.close()
    with av.open(str(tmp_path / "v.mp4")) as box:
        packets = [p for p in box.demux(video=0) if p.size]
    assert [float(p.pts * p.time_base) for p in packets] == pytest.approx(np.arange(9) / 30)
    assert packets[0].is_keyframe
    assert packets[5].is_keyframe
    assert packet_count(tmp_path / "v.mp4") == 9


def test_statistics_of_the_set_are_exact_and_not_those_of_averages(
    folder: Path, tmp_path: Path
) -> None:
    done = export(folder, tmp_path / "set", Wanted())
    stats = json.loads((done.out / "meta/stats.json").read_text())
    state = rows(done.out)["observation.state"]
    for name, level in (("q01", 0.01), ("q50", 0.5), ("q99", 0.99)):
        assert np.allclose(stats["observation.state"][name], np.quantile(state, level, axis=0))
    assert np.shape(stats["observation.images.front"]["mean"]) == (3, 1, 1)
    assert stats["observation.images.front"]["count"] == [48]
    assert set(stats) == set(json.loads((done.out / "meta/info.json").read_text())["features"])
    low, high = (np.array(stats["observation.state"][q]) for q in ("q01", "q99"))
    outside = ((state < low) | (state > high)).mean(axis=0)
    assert list(done.clamped["observation.state"].values()) == pytest.approx(outside)


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.just(3))))
@settings(max_examples=40, deadline=None)
def test_picture_statistics_from_histograms_equal_numpy(pixels: np.ndarray) -> None:
    counts = np.stack([np.bincount(pixels[:, c], minlength=256) for c in range(3)])
    found = picture_stats(counts, frames=1)
    scaled = pixels / 255.0
    assert np.ravel(found["mean"]) == pytest.approx(scaled.mean(axis=0))
    assert np.ravel(found["std"]) == pytest.approx(scaled.std(axis=0), abs=1e-9)
    assert np.ravel(found["q10"]) == pytest.approx(np.quantile(scaled, 0.1, axis=0))
    assert np.ravel(found["max"]) == pytest.approx(scaled.max(axis=0))


def test_only_new_episodes_are_added_and_the_old_files_stay(
    folder: Path, tmp_path: Path, make_episode: MakeEpisode, robot: RobotSpec
) -> None:
    out = tmp_path / "set"
    export(folder, out, Wanted(mode=Mode.COMPACT))
    before = {p: p.read_bytes() for p in out.rglob("file-000.*") if "meta" not in p.parts}
    assert export(folder, out, Wanted(mode=Mode.COMPACT)).added == ()
    new = make_episode(folder, robot, seconds=0.4, task="third")
    done = export(folder, out, Wanted(mode=Mode.COMPACT))
    assert (done.added, done.episodes, done.frames) == ((new.stem,), 3, 60)
    assert all(path.read_bytes() == data for path, data in before.items())
    found = rows(out)
    assert found["index"].tolist() == list(range(60))
    stats = json.loads((out / "meta/stats.json").read_text())
    exact = np.quantile(found["action"], 0.99, axis=0)
    assert np.allclose(stats["action"]["q99"], exact)


def test_a_set_whose_episodes_were_edited_is_not_continued_but_replaced(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "set"
    export(folder, out, Wanted())
    edited = infos(folder)[0].id
    cutting.trim(folder, edited, Trim(0.1, 0.5))
    with pytest.raises(ExportRefused, match=f"{edited} was edited; replace it"):
        export(folder, out, Wanted())
    assert export(folder, out, Wanted(fresh=True)).frames == 13 + 27
    assert sorted(p.name for p in tmp_path.iterdir()) == ["episodes", "set"]
    library.trash(folder, edited)
    with pytest.raises(ExportRefused, match=f"{edited} is gone"):
        export(folder, out, Wanted())


def test_other_settings_and_other_peoples_folders_are_refused(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    export(folder, out, Wanted())
    with pytest.raises(ExportRefused, match="fps 30 there, 15 asked; mode fast there, compact"):
        export(folder, out, Wanted(mode=Mode.COMPACT, fps=15))
    (tmp_path / "other").mkdir()
    (tmp_path / "other/thesis.txt").write_text("precious")
    for wanted in (Wanted(), Wanted(fresh=True)):
        with pytest.raises(ExportRefused, match="not an export of Foresight"):
            export(folder, tmp_path / "other", wanted)
    assert (tmp_path / "other/thesis.txt").exists()


def test_cancelling_leaves_the_set_as_it_was(
    folder: Path, tmp_path: Path, make_episode: MakeEpisode, robot: RobotSpec
) -> None:
    out = tmp_path / "set"
    export(folder, out, Wanted(mode=Mode.COMPACT))
    make_episode(folder, robot, seconds=0.4)
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        export(folder, out, Wanted(mode=Mode.COMPACT), should_stop=lambda: next(asked, True))
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before


def test_files_a_crash_left_are_removed_before_the_set_goes_on(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "set"
    export(folder, out, Wanted())
    stranger = out / "data/chunk-000/file-001.parquet"
    shutil.copy(out / "data/chunk-000/file-000.parquet", stranger)
    export(folder, out, Wanted())
    assert not stranger.exists()


def test_failures_come_along_only_when_asked_and_nothing_is_an_error(
    folder: Path, tmp_path: Path
) -> None:
    done = export(folder, tmp_path / "all", Wanted(with_failures=True))
    assert done.episodes == 3
    (left_out,) = export(folder, tmp_path / "good", Wanted()).left_out
    assert "marked as failed" in left_out
    with pytest.raises(NothingToExport):
        export(tmp_path / "nowhere", tmp_path / "x", Wanted())


def test_robots_are_not_mixed(
    folder: Path, tmp_path: Path, make_episode: MakeEpisode, robot: RobotSpec
) -> None:
    make_episode(folder, replace(robot, name="yam"), seconds=0.2)
    with pytest.raises(RobotMismatch, match="'so101' here, 'yam' there"):
        export(folder, tmp_path / "set", Wanted())
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize("mode", Mode)
def test_folders_may_have_any_name(folder: Path, tmp_path: Path, mode: Mode) -> None:
    odd = tmp_path / "Mara's teste 日本 äöü"
    shutil.copytree(folder, odd / "épisodes à moi")
    export(odd / "épisodes à moi", odd / "mein Satz", Wanted(mode=mode))
    done = import_dataset(odd / "mein Satz", odd / "zurück")
    assert len(done.added) == len(infos(folder))
    assert not any(info.problem for info in library.list_episodes(odd / "zurück"))


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("units", Units)
def test_what_was_exported_comes_back(
    folder: Path, tmp_path: Path, mode: Mode, units: Units
) -> None:
    export(folder, tmp_path / "set", Wanted(mode=mode, units=units))
    back = tmp_path / "back"
    done = import_dataset(tmp_path / "set", back)
    assert done.added == tuple(i.id for i in infos(folder))
    assert import_dataset(tmp_path / "set", back).known == done.added
    for info in infos(folder):
        with Episode.open(info.path) as old, Episode.open(back / f"{info.id}.h5") as new:
            ticks = ticks_of(old, fps=FPS)
            assert np.allclose(new.state, old.state[ticks.row], atol=1e-6)
            assert np.allclose(new.action, old.action[ticks.row], atol=1e-6)
            assert new.authority.tolist() == old.authority[ticks.row].tolist()
            assert (new.task, new.info.success) == (old.task, old.info.success)
            assert new.robot.joints == old.robot.joints
            picture = int(ticks.picture["front"][9])
            difference = new.image("front", 9).astype(int) - old.image("front", picture)
            assert np.abs(difference).mean() < (0.01 if mode is Mode.FAST else 6)
    again = export(back, tmp_path / "again", Wanted(mode=mode, units=units))
    first, second = rows(tmp_path / "set"), rows(again.out)
    for name, values in first.items():
        equal = np.allclose(values, second[name], atol=1e-4)
        assert equal, name


def test_columns_of_others_survive_there_and_back(folder: Path, tmp_path: Path) -> None:
    path = Path(infos(folder)[0].path)
    rng = np.random.default_rng(0)
    extra = {
        "next.reward": rng.random(70).astype(np.float32),
        "tactile": rng.random((70, 4)).astype(np.float32),
        "subtask": np.array([f"teil {i // 30}" for i in range(70)]),
    }
    features = {
        "next.reward": {"dtype": "float32", "shape": [1], "names": None},
        "tactile": {"dtype": "float32", "shape": [4], "names": ["a", "b", "c", "d"]},
        "subtask": {"dtype": "string", "shape": [1], "names": None},
    }
    with h5py.File(path, "r+") as file:
        group = file.create_group("extra")
        group.attrs["features"] = json.dumps(features)
        for name, values in extra.items():
            if values.dtype.kind == "U":
                group.create_dataset(name, (70,), h5py.string_dtype(), data=values.tolist())
            else:
                group[name] = values
    export(folder, tmp_path / "set", Wanted())
    import_dataset(tmp_path / "set", tmp_path / "back")
    export(tmp_path / "back", tmp_path / "again", Wanted())
    with Episode.open(path) as old, Episode.open(tmp_path / "back" / path.name) as new:
        row = ticks_of(old, fps=FPS).row
        for name, values in extra.items():
            assert np.array_equal(new.extra[name], values[row]), name
        assert new.extra_features == features
    first, second = rows(tmp_path / "set"), rows(tmp_path / "again")
    assert first["subtask"].tolist() == second["subtask"].tolist()
    assert np.array_equal(first["tactile"], second["tactile"])


def to_v21(root: Path) -> None:
    """Rewrites a compact one-file set the way LeRobot 0.3 laid it out."""
    info = json.loads((root / "meta/info.json").read_text())
    info |= {
        "codebase_version": "v2.1",
        "data_path": "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet",
        "video_path": "videos/chunk-{episode_chunk:03d}/{video_key}/"
        "episode_{episode_index:06d}.mp4",
    }
    info.pop("foresight")
    table = pq.read_table(root / "data/chunk-000/file-000.parquet")
    episodes, at = [], 0
    for number, length in ((0, 21), (1, 27)):
        data = root / f"data/chunk-000/episode_{number:06d}.parquet"
        pq.write_table(table.slice(at, length), data)
        for key in ("front", "wrist"):
            old = root / f"videos/observation.images.{key}/chunk-000/file-000.mp4"
            new = root / f"videos/chunk-000/observation.images.{key}/episode_{number:06d}.mp4"
            video = VideoWriter(new, width=320, height=240, fps=FPS, codec=Codec.H264)
            for image in read_frames(old, from_s=at / FPS, count=length, fps=FPS):
                video.write(image)
            video.close()
        episodes.append({"episode_index": number, "tasks": ["x"], "length": length})
        at += length
    (root / "data/chunk-000/file-000.parquet").unlink()
    shutil.rmtree(root / "meta/episodes")
    shutil.rmtree(root / "foresight")
    (root / "meta/tasks.parquet").unlink()
    lines = {
        "episodes": episodes,
        "tasks": [{"task_index": 0, "task": "a"}, {"task_index": 1, "task": "b"}],
    }
    for name, found in lines.items():
        text = "\n".join(json.dumps(line) for line in found)
        (root / f"meta/{name}.jsonl").write_text(text)
    (root / "meta/info.json").write_text(json.dumps(info))


def test_v21_is_read_too(folder: Path, tmp_path: Path, robot: RobotSpec) -> None:
    root = tmp_path / "old set"
    export(folder, root, Wanted(mode=Mode.COMPACT))
    state = rows(root)["observation.state"]
    to_v21(root)
    done = import_dataset(root, tmp_path / "back", units=Units.RADIANS, robot=robot)
    assert done.added == ("old set-000000", "old set-000001")
    with Episode.open(tmp_path / "back/old set-000001.h5") as episode:
        assert np.allclose(episode.state, state[21:], atol=1e-6)
        assert (episode.task, episode.frame_count("wrist")) == ("b", 27)
        assert episode.robot.joints == robot.joints


def test_units_are_asked_for_and_not_guessed(folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "set"
    export(folder, root, Wanted())
    shutil.rmtree(root / "foresight")
    info = json.loads((root / "meta/info.json").read_text())
    info.pop("foresight")
    (root / "meta/info.json").write_text(json.dumps({**info, "robot_type": "homemade"}))
    with pytest.raises(NotADataset, match=r"'homemade' are radians or degrees; say it \(--units"):
        import_dataset(root, tmp_path / "back")
    done = import_dataset(root, tmp_path / "back", units=Units.RADIANS)
    assert "limits are taken from the data" in done.notes[0]
    (root / "meta/info.json").write_text(json.dumps({**info, "robot_type": "so101_follower"}))
    assert import_dataset(root, tmp_path / "deg").added
    with Episode.open(tmp_path / "deg/set-000000.h5") as episode:
        assert np.abs(episode.state[:, :5]).max() < 0.02  # read as degrees, as LeRobot records it


def spoil(root: Path, what: str) -> None:
    info = root / "meta/info.json"
    match what:
        case "no info":
            info.unlink()
        case "not JSON":
            info.write_text("{")
        case "newer":
            info.write_text(json.dumps({**json.loads(info.read_text()), "codebase_version": "v9"}))
        case "no episodes":
            shutil.rmtree(root / "meta/episodes")
        case "no action":
            found = json.loads(info.read_text())
            del found["features"]["action"]
            info.write_text(json.dumps(found))


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("no info", "it is no LeRobot dataset"),
        ("not JSON", "it is not JSON"),
        ("newer", "v9, known are v3.0 and v2.1; convert it"),
        ("no episodes", "meta/episodes is missing"),
        ("no action", "it has no column 'action'"),
    ],
)
def test_an_incomplete_set_says_what_is_missing(
    folder: Path, tmp_path: Path, what: str, sentence: str
) -> None:
    root = tmp_path / "set"
    export(folder, root, Wanted())
    shutil.rmtree(root / "foresight")
    spoil(root, what)
    with pytest.raises(NotADataset, match=sentence):
        import_dataset(root, tmp_path / "back", units=Units.RADIANS)


def test_an_episode_whose_video_is_cut_short_is_left_out_and_the_rest_arrives(
    folder: Path, tmp_path: Path
) -> None:
    root = tmp_path / "set"
    export(folder, root, Wanted(mode=Mode.COMPACT))
    dataset = Dataset(root)
    path, _ = dataset.episodes[1].videos["observation.images.front"]
    frames = list(read_frames(path, from_s=0, count=40, fps=FPS))
    video = VideoWriter(path, width=320, height=240, fps=FPS, codec=Codec.H264)
    for frame in frames:
        video.write(frame)
    video.close()
    done = import_dataset(root, tmp_path / "back")
    assert len(done.added) == 1
    assert "19 of 27 pictures" in done.left_out[0]
    assert sorted(p.suffix for p in (tmp_path / "back").iterdir()) == [".h5", ".jsonl"]
    with pytest.raises(DamagedFile):
        list(read_frames(path, from_s=0, count=41, fps=FPS))


@given(st.lists(st.floats(-3, 3, width=32), min_size=6, max_size=6), st.sampled_from(Units))
def test_units_there_and_back(values: list[float], units: Units) -> None:
    from tests.conftest import robot as make_robot

    arm = getattr(make_robot, "__wrapped__", None) or make_robot._get_wrapped_function()
    there = to_dataset([values], robot=arm(), units=units)
    back = from_dataset(there, robot=arm(), units=units)
    assert np.allclose(back, [values], rtol=1e-6, atol=1e-6)


def test_files_are_numbered_in_chunks_of_a_thousand() -> None:
    assert Place(0, 998).after == Place(0, 999)
    assert Place(0, 999).after == Place(1, 0)
    assert Place(1, 7).stem == "chunk-001/file-007"


def test_sampling_looks_at_the_pictures_lerobot_looks_at() -> None:
    assert sampled(3) == [0, 1, 2]
    assert len(sampled(900)) == int(900**0.75)
    assert sampled(900)[-1] == 899
    stats = counted_stats(np.array([1.0, 2.0, 3.0]))
    assert (stats["q50"], stats["std"]) == ([2.0], pytest.approx([np.sqrt(2 / 3)]))
    with pytest.raises(ValueError, match=r"."):
        histogram(b"no picture")
