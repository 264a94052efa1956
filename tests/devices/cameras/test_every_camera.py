"""What the rig takes for granted of every camera; real ones when asked for.

Real ones: ``pytest tests/devices/cameras --hardware bench.toml`` (nothing moves, lamps light up).
"""

from __future__ import annotations

import sys
import threading
import time

import cv2
import numpy as np
import pytest

from devices.base import Camera
from devices.cameras.described import CameraEntry
from devices.cameras.device import DeviceStream
from devices.cameras.drained import DrainedCamera
from devices.errors import NotConnected
from devices.sim.assembly import build_sim
from devices.sim.robot import sim_robot
from recordings.types import CameraSpec

PATIENT_S = 20.0
KINDS = ("simulated", "network", "webcam", "video", "pictures", "RealSense", "hardware")


@pytest.fixture(params=KINDS)
def camera(request, tmp_path):
    """A closed camera of each kind."""
    made = MAKERS[request.param](request, tmp_path)
    yield made
    made.close()


def _simulated(request, tmp_path):
    return build_sim(sim_robot(camera_size=(160, 120))).cameras["front"]


def _network(request, tmp_path):
    stand = request.getfixturevalue("stand")
    return CameraEntry("front", stand.urls["front"], 160, 120, 20.0).build()


def _webcam(request, tmp_path):
    webcam = request.getfixturevalue("webcam")
    spec = CameraSpec("wrist", 64, 48, 50.0)

    def source():
        return DeviceStream(spec, webcam.node, open_capture=webcam.capture)

    return DrainedCamera(spec, source, node=webcam.node)


def _video(request, tmp_path):
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (64, 48))
    for grey in range(0, 250, 25):
        writer.write(np.full((48, 64, 3), grey, np.uint8))
    writer.release()
    return CameraEntry("front", f"file:{path}", 64, 48, 30.0).build()


def _pictures(request, tmp_path):
    cv2.imwrite(str(tmp_path / "one.png"), np.zeros((48, 64, 3), np.uint8))
    return CameraEntry("front", f"file:{tmp_path}", 64, 48, 30.0).build()


def _realsense(request, tmp_path):
    path = request.getfixturevalue("recording")
    return CameraEntry("front", f"file:{path}", 64, 48, 30.0, depth=True).build()


def _hardware(request, tmp_path):
    path = request.config.getoption("--hardware", None)
    if path is None:
        pytest.skip("no --hardware bench.toml given")
    from devices.bench import load_bench

    sys.__stderr__.write(f"\n{path}: its first camera is opened; nothing moves\n")
    return next(iter(load_bench(path).build().cameras.values()))


MAKERS = {
    "simulated": _simulated,
    "network": _network,
    "webcam": _webcam,
    "video": _video,
    "pictures": _pictures,
    "RealSense": _realsense,
    "hardware": _hardware,
}


def test_it_speaks_the_protocol(camera):
    assert isinstance(camera, Camera)
    assert camera.spec.name


def test_reading_before_connecting_says_so(camera):
    with pytest.raises(NotConnected, match=camera.spec.name):
        camera.read(0.01)


def test_connecting_and_closing_twice_is_allowed(camera):
    camera.connect()
    camera.connect()
    camera.close()
    camera.close()
    with pytest.raises(NotConnected):
        camera.read(0.01)
    camera.connect()
    assert camera.read(PATIENT_S) is not None


def test_pictures_are_what_the_spec_says(camera):
    camera.connect()
    for _ in range(3):
        frame = camera.read(PATIENT_S)
        assert frame.camera == camera.spec.name
        assert frame.image.shape == (camera.spec.height, camera.spec.width, 3)
        assert frame.image.dtype == np.uint8
        assert not frame.image.flags.writeable


def test_no_picture_is_given_twice_and_time_goes_on(camera):
    camera.connect()
    frames = [camera.read(PATIENT_S) for _ in range(6)]
    indices, times = [f.index for f in frames], [f.t_ns for f in frames]
    assert indices == sorted(set(indices))
    assert indices[0] >= 0
    assert times == sorted(set(times))
    assert times[-1] <= time.monotonic_ns()


def test_asking_without_patience_never_waits_and_never_repeats(camera):
    camera.connect()
    seen = camera.read(PATIENT_S).index
    for _ in range(20):
        frame = camera.read(0.0)
        if frame is not None:
            assert frame.index > seen
            seen = frame.index


def test_a_reader_that_paused_is_not_given_the_past(camera):
    camera.connect()
    before = camera.read(PATIENT_S)
    threading.Event().wait(0.5)  # busy with something else
    paused_ns = time.monotonic_ns()
    late = [camera.read(PATIENT_S) for _ in range(2)]  # the first may stem from a busy machine
    assert late[0].index > before.index
    assert (paused_ns - late[1].t_ns) / 1e9 < 0.4  # a backlog would begin right after ``before``


def test_closing_while_another_thread_reads_ends_that_read(camera):
    camera.connect()
    camera.read(PATIENT_S)
    ended = threading.Event()

    def read_on():
        try:
            while camera.read(0.1) is not None:
                pass
        except NotConnected:
            pass
        ended.set()

    reader = threading.Thread(target=read_on)
    reader.start()
    camera.close()
    assert ended.wait(PATIENT_S)
    reader.join()
