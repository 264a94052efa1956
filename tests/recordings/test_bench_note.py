"""An episode knows the bench it was recorded on: in the journal, in plain HDF5, after an export."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest

from recordings import library
from recordings.bench_note import BenchNote, CameraNote, LensNote
from recordings.errors import DamagedFile
from recordings.header import EpisodeHeader, new_header
from recordings.lerobot.export import Wanted, export
from recordings.lerobot.importing import import_dataset
from recordings.lerobot.layout import Mode
from recordings.reader import Episode

LENS = LensNote(640, 480, (600.0, 0.0, 320.0, 0.0, 601.0, 240.0, 0.0, 0.0, 1.0), (0.1, -0.2), 0.3)
NOTE = BenchNote(
    "kitchen",
    "Mara Ø",
    {"follower": "0123456789abcdef", "leader main": "fedcba9876543210"},
    {"front": CameraNote("/dev/v4l/by-id/usb-C920", LENS), "wrist": CameraNote("http://cam/video")},
)


@pytest.fixture
def episode(make_episode, robot, tmp_path):
    return make_episode(tmp_path / "episodes", robot, seconds=0.2, bench=NOTE)


def test_a_journal_says_it_from_its_first_record(robot):
    header = new_header("stack", robot=robot, bench=NOTE)
    assert EpisodeHeader.from_bytes(header.to_bytes()) == header


def test_a_journal_of_before_says_who_and_no_more(robot):
    header = new_header("stack", robot=robot)
    old = json.loads(header.to_bytes())
    del old["bench"]
    old["operator"] = "Mara"
    assert EpisodeHeader.from_bytes(json.dumps(old).encode()).bench == BenchNote(operator="Mara")


@pytest.mark.parametrize("bench", [{"cameras": {"front": {}}}, {"cameras": []}, {"colour": "red"}])
def test_a_journal_with_another_note_is_no_journal_of_ours(robot, bench):
    header = json.loads(new_header("stack", robot=robot).to_bytes()) | {"bench": bench}
    with pytest.raises((KeyError, TypeError, AttributeError)):
        EpisodeHeader.from_bytes(json.dumps(header).encode())


def test_any_hdf5_tool_finds_lens_calibration_and_operator(episode):
    with h5py.File(episode) as file:
        assert file.attrs["operator"] == "Mara Ø"
        assert file.attrs["bench_name"] == "kitchen"
        assert json.loads(file.attrs["calibrations"])["follower"] == "0123456789abcdef"
        front, wrist = file["streams/front"].attrs, file["streams/wrist"].attrs
        assert front["identity"] == "/dev/v4l/by-id/usb-C920"
        np.testing.assert_array_equal(front["intrinsics"], np.reshape(LENS.intrinsics, (3, 3)))
        np.testing.assert_array_equal(front["distortion"], LENS.distortion)
        assert (front["calibrated_width"], front["calibrated_height"]) == (640, 480)
        assert wrist["identity"] == "http://cam/video"
        assert "intrinsics" not in wrist


def test_the_reader_gives_it_back(episode):
    with Episode.open(episode) as found:
        assert found.bench == NOTE
        assert found.info.operator == "Mara Ø"


def test_a_recording_of_before_says_who_and_no_more(episode):
    with h5py.File(episode, "a") as file:
        del file.attrs["bench"]
    with Episode.open(episode) as found:
        assert found.bench == BenchNote(operator="Mara Ø")


def test_a_note_that_is_none_is_a_damaged_file(episode):
    with h5py.File(episode, "a") as file:
        file.attrs["bench"] = json.dumps({"cameras": {"front": {"lens": None}}})
    with pytest.raises(DamagedFile, match="'bench' is no bench"):
        Episode.open(episode)


def test_an_export_for_lerobot_brings_it_back(episode, tmp_path):
    library.keep(episode.parent, episode.stem)
    export(episode.parent, tmp_path / "set", Wanted(mode=Mode.FAST))
    done = import_dataset(tmp_path / "set", tmp_path / "back")
    with Episode.open(tmp_path / "back" / f"{done.added[0]}.h5") as found:
        assert found.bench == NOTE
