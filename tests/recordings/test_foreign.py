"""ALOHA and robomimic files in and out, MCAP out: the layouts others read, and our values back."""

import base64
import json
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest

from recordings import foreign, library
from recordings.arriving import Terms
from recordings.errors import Cancelled, ExportRefused, NotADataset, NothingToExport
from recordings.grid import ticks_of
from recordings.mcap_file import messages
from recordings.reader import Episode
from recordings.types import RobotSpec


def send(name: str, folder: Path, out: Path, *ids: str, stop: bool = False) -> foreign.Sent:
    return foreign.send_out(
        name, folder, ids, out, fps=30, tell=lambda *_: None, should_stop=lambda: stop
    )


def bring(name: str, source: Path, folder: Path, terms: Terms | None = None, stop: bool = False):
    return foreign.bring_in(
        name,
        source,
        folder,
        terms or Terms(),
        tell=lambda *_: None,
        should_stop=lambda: stop,
    )


def is_red(image: np.ndarray) -> np.ndarray:
    image = image.astype(int)
    return (image[..., 0] - image[..., 1] > 100) & (image[..., 0] - image[..., 2] > 100)


def test_aloha_files_hold_what_act_reads(episode_file: Path, tmp_path: Path) -> None:
    send("aloha", episode_file.parent, tmp_path / "a")
    send("aloha", episode_file.parent, tmp_path / "a")  # numbers go on
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == [
        "episode_0.hdf5",
        "episode_1.hdf5",
    ]
    with h5py.File(tmp_path / "a/episode_0.hdf5") as file, Episode.open(episode_file) as episode:
        row = ticks_of(episode, fps=30).row
        assert np.array_equal(file["observations/qpos"], episode.state[row])
        assert np.array_equal(file["action"], episode.action[row])
        assert file["observations/qvel"].shape == file["action"].shape
        jpeg = file["observations/images/front"][4]
        assert file["compress_len"].shape == (2, len(row))
        image = cv2.imdecode(jpeg[: file["compress_len"][0, 4]], cv2.IMREAD_COLOR)  # as ACT does
    assert is_red(image).sum() > 1000  # RGB to those who read it so


@pytest.mark.parametrize("name", ["aloha", "robomimic"])
def test_there_and_back(name: str, episode_file: Path, tmp_path: Path, robot: RobotSpec) -> None:
    send(name, episode_file.parent, tmp_path / "out")
    source = tmp_path / "out" if name == "aloha" else tmp_path / "out/demos.hdf5"
    done = bring(name, source, tmp_path / "back", Terms(robot=robot))
    assert bring(name, source, tmp_path / "back").known == done.added
    (info,) = library.list_episodes(tmp_path / "back")
    with Episode.open(episode_file) as old, Episode.open(info.path) as new:
        ticks = ticks_of(old, fps=30)
        assert np.array_equal(new.state, old.state[ticks.row])
        assert np.array_equal(new.action, old.action[ticks.row])
        assert (new.task, new.robot.joints) == (old.task, old.robot.joints)
        assert new.robot.control_hz == 30
        picture = old.image("wrist", int(ticks.picture["wrist"][12]))
        assert np.abs(new.image("wrist", 12).astype(int) - picture).mean() < 2
        assert is_red(new.image("wrist", 12)).sum() > 1000


def test_raw_aloha_pictures_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "episode_3.hdf5"
    image = np.zeros((4, 32, 48, 3), np.uint8)
    image[..., 0] = 220
    with h5py.File(path, "w") as file:
        file.attrs["sim"] = True
        file["action"] = file["observations/qpos"] = np.random.default_rng(0).random((4, 14))
        file["observations/images/top"] = image
    (name,) = bring("aloha", path, tmp_path / "back").added
    with Episode.open(tmp_path / "back" / f"{name}.h5") as episode:
        assert episode.robot.joint_names[:2] == ("left_waist", "left_shoulder")
        assert [j.is_gripper for j in episode.robot.joints].count(True) == 2
        assert (episode.robot.control_hz, episode.info.steps) == (50, 4)
        assert is_red(episode.image("top", 2)).all()


def test_robomimic_sets_hold_what_behaviour_cloning_reads(
    episode_file: Path, tmp_path: Path
) -> None:
    send("robomimic", episode_file.parent, tmp_path)
    with h5py.File(tmp_path / "demos.hdf5") as file:
        demo = file["data/demo_0"]
        count = demo.attrs["num_samples"]
        assert file["data"].attrs["total"] == count == len(demo["actions"])
        assert demo["obs/front_image"].shape == (count, 240, 320, 3)
        assert (demo["dones"][-1], demo["rewards"][-1]) == (1, 1)
        assert json.loads(file["data"].attrs["env_args"])["env_name"] == "so101"
        assert [n.decode() for n in file["mask/train"]] == ["demo_0"]
    with pytest.raises(ExportRefused, match="is there already"):
        send("robomimic", episode_file.parent, tmp_path)


def test_hand_poses_are_not_taken_for_joints(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "d.hdf5", "w") as file:
        file["data/demo_0/actions"] = np.zeros((5, 7))
        file["data/demo_0/obs/robot0_eef_pos"] = np.zeros((5, 3))
    with pytest.raises(NotADataset, match="its actions are no joint positions"):
        bring("robomimic", tmp_path / "d.hdf5", tmp_path / "back")
    assert library.list_episodes(tmp_path / "back") == []


@pytest.mark.parametrize("name", ["aloha", "robomimic"])
@pytest.mark.parametrize("content", [b"", b"no HDF5 at all", None])
def test_foreign_and_empty_files_are_named(
    name: str, content: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "Datei 1.hdf5"
    if content is None:
        h5py.File(path, "w").close()
    else:
        path.write_bytes(content)
    with pytest.raises(NotADataset, match=r"Datei 1\.hdf5 cannot be imported"):
        bring(name, path, tmp_path / "back")


def test_cancelling_leaves_no_half_file(episode_file: Path, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        send("robomimic", episode_file.parent, tmp_path / "r", stop=True)
    assert list((tmp_path / "r").iterdir()) == []
    send("aloha", episode_file.parent, tmp_path / "a")
    with pytest.raises(Cancelled):
        bring("aloha", tmp_path / "a", tmp_path / "back", stop=True)
    assert list((tmp_path / "back").iterdir()) == []


def test_naming_no_episode_that_is_there_is_an_error(episode_file: Path, tmp_path: Path) -> None:
    with pytest.raises(NothingToExport):
        send("mcap", episode_file.parent, tmp_path / "m", "19990101")


def test_mcap_holds_every_picture_unchanged_in_the_order_of_time(
    episode_file: Path, tmp_path: Path
) -> None:
    reader = pytest.importorskip("mcap.reader")
    send("mcap", episode_file.parent, tmp_path, episode_file.stem)
    with (tmp_path / f"{episode_file.stem}.mcap").open("rb") as stream:
        found = list(reader.make_reader(stream).iter_messages())
    times = [message.log_time for _, _, message in found]
    assert times == sorted(times)
    topics = [channel.topic for _, channel, _ in found]
    assert (topics.count("/joints/state"), topics.count("/cameras/front")) == (100, 30)
    pictures = [json.loads(m.data) for _, c, m in found if c.topic == "/cameras/front"]
    with Episode.open(episode_file) as episode:
        assert base64.b64decode(pictures[11]["data"]) == episode.jpeg("front", 11)
        assert len(list(messages(episode))) == len(found)
