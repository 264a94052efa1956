"""Video and picture files as cameras; RealSense through recordings of its own library."""

import time

import cv2
import numpy as np
import pytest

from devices.base import Camera
from devices.cameras.described import CameraEntry
from devices.cameras.errors import CameraMissing, DriverMissing, ModeRefused
from devices.errors import ConnectFailed

PATIENT_S = 10.0
GREYS = (20, 90, 160, 230)


def entry(path, *, fps=40.0, size=(64, 48), **more):
    return CameraEntry("front", f"file:{path}", *size, fps, **more)


@pytest.fixture(params=["video", "folder"])
def clip(request, tmp_path):
    """Four grey pictures."""
    pictures = [np.full((48, 64, 3), grey, np.uint8) for grey in GREYS]
    if request.param == "folder":
        folder = tmp_path / "pictures"
        folder.mkdir()
        for number, picture in enumerate(pictures):
            cv2.imwrite(str(folder / f"{number}.png"), picture)
        return folder
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (64, 48))
    for picture in pictures:
        writer.write(picture)
    writer.release()
    return path


def test_files_play_in_a_loop_at_the_benchs_rate(clip):
    camera = entry(clip).build()
    assert isinstance(camera, Camera)
    camera.connect()
    frames = [camera.read(PATIENT_S) for _ in range(9)]
    camera.close()
    for frame in frames:
        assert abs(int(frame.image[5, 5, 0]) - GREYS[frame.seq % 4]) < 6
    span_s = (frames[-1].t_ns - frames[0].t_ns) / 1e9
    assert span_s >= (frames[-1].seq - frames[0].seq - 1) / 40.0


def test_a_colour_stays_what_it_is(tmp_path):
    cv2.imwrite(str(tmp_path / "one.png"), np.full((48, 64, 3), (200, 40, 10), np.uint8))
    camera = entry(tmp_path / "one.png").build()
    camera.connect()
    assert camera.read(PATIENT_S).image[0, 0].tolist() == [10, 40, 200]
    camera.close()


def test_another_size_is_refused(clip):
    with pytest.raises(ModeRefused, match="asked for 640×480, it delivers pictures of 64×48"):
        entry(clip, size=(640, 480)).build().connect()


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CameraMissing, match=r"clip\.mp4"):
        entry(tmp_path / "clip.mp4").build().connect()


@pytest.mark.parametrize("name", ["note.mp4", "note.png"])
def test_a_file_that_is_no_picture(tmp_path, name):
    (tmp_path / name).write_text("hello")
    with pytest.raises(ConnectFailed, match="holds no picture that can be read"):
        entry(tmp_path / name).build().connect()


def test_an_empty_folder(tmp_path):
    with pytest.raises(ConnectFailed, match="holds no picture"):
        entry(tmp_path).build().connect()


# ── RealSense ──────────────────────────────────────────────────────────────────────────────────


def test_without_the_library_the_command_is_told(monkeypatch):
    monkeypatch.setattr("devices.cameras.realsense.LIBRARY", "pyrealsense2_missing")
    camera = CameraEntry("front", "realsense:123456", 640, 480, 30.0).build()
    with pytest.raises(DriverMissing, match=r'pip install "foresight-studio\[realsense\]"'):
        camera.connect()


def test_a_serial_number_that_is_not_plugged_in():
    pytest.importorskip("pyrealsense2")
    with pytest.raises(CameraMissing, match="realsense:000"):
        CameraEntry("front", "realsense:000", 640, 480, 30.0).build().connect()


def test_realsense_gives_colour_and_the_depth_that_belongs_to_it(recording):
    camera = entry(recording, fps=30.0, depth=True).build()
    assert isinstance(camera, Camera)
    assert camera.depth is None
    camera.connect()
    seen = [(camera.read(PATIENT_S), camera.depth) for _ in range(30)]
    camera.close()
    for frame, _ in seen:
        assert frame.image.shape == (48, 64, 3)
        assert int(frame.image[10, 10, 0]) == 5 * frame.seq
    within = [depth for _, depth in seen if 0 < depth.seq < 19]  # not where the recording loops
    assert len(within) >= 5
    for depth in within:
        assert depth.metres[10, 10] == pytest.approx(0.5 + 0.001 * depth.seq, abs=1e-4)
    assert [f.index for f, _ in seen] == sorted({f.index for f, _ in seen})
    assert camera.depth is None


def test_a_realsense_mode_that_does_not_exist(recording):
    with pytest.raises(ModeRefused, match="asked for 320×240 at 30 Hz") as raised:
        entry(recording, fps=30.0, size=(320, 240)).build().connect()
    assert "USB 3" in raised.value.hint


def test_a_realsense_recording_that_is_not_there(tmp_path):
    pytest.importorskip("pyrealsense2")
    with pytest.raises(CameraMissing, match=r"gone\.bag"):
        entry(tmp_path / "gone.bag", depth=True).build().connect()


def test_time_passes_between_pictures_of_a_single_file(tmp_path):
    cv2.imwrite(str(tmp_path / "one.png"), np.zeros((48, 64, 3), np.uint8))
    camera = entry(tmp_path / "one.png", fps=20.0).build()
    camera.connect()
    first = camera.read(PATIENT_S)
    second = camera.read(PATIENT_S)
    camera.close()
    assert second.t_ns > first.t_ns
    assert (time.monotonic_ns() - second.t_ns) / 1e9 < PATIENT_S
