"""The emulated cameras from the outside: other people's software must be able to use them."""

import contextlib
import multiprocessing
import os
import select
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import cv2
import numpy as np
import pytest

from devices.emulators.camera_stand import CameraStand, CameraStandProcess, StandPlan
from devices.emulators.camera_troubles import Trouble, trouble_at
from devices.emulators.pictures import Album, ScenePictures, TestCard, read_number
from devices.errors import ConnectFailed

SMALL = {"width": 160, "height": 120, "fps": 20.0}

ORPHAN = """
import sys
from devices.emulators.camera_stand import CameraStandProcess, StandPlan

if __name__ == "__main__":
    stand = CameraStandProcess(StandPlan(("front",), width=160, height=120))
    stand.start()
    sys.stdout.write(f"{stand.pid}\\n")
    sys.stdout.flush()
    sys.stdin.read()
"""


def opencv_frames(url, count):
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG)
    assert capture.isOpened()
    frames = [capture.read()[1] for _ in range(count)]
    capture.release()
    return frames


def one_picture(url):
    with urllib.request.urlopen(url.replace("/video", "/picture"), timeout=10) as answer:
        data = np.frombuffer(answer.read(), np.uint8)
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def ask_again_and_again(url):
    """Until it raises something else than a connection that is cut while it is served."""
    for _ in range(10_000):
        with contextlib.suppress(ConnectionResetError):
            one_picture(url)


@pytest.mark.parametrize("number", [0, 1, 0b101010101010, 2**24 - 1])
def test_the_number_on_the_card_can_be_read_back(number):
    card = TestCard()
    card.open(160, 120)
    assert read_number(card.draw("front", number)) == number


def test_script_says_what_begins_with_a_picture():
    script = ((3, Trouble.STALL), (5, Trouble.NONE))
    assert [trouble_at(script, n) for n in range(2, 6)] == [
        None,
        Trouble.STALL,
        None,
        Trouble.NONE,
    ]


def test_opencv_reads_the_stream_of_the_process():
    stand = CameraStandProcess(StandPlan(("front", "wrist"), **SMALL))
    urls = stand.start()
    assert set(urls) == {"front", "wrist"}
    assert urls["front"] != urls["wrist"]
    numbers = [read_number(f) for f in opencv_frames(urls["wrist"], 5)]
    assert numbers == sorted(set(numbers))
    stand.stop()
    stand.stop()


def test_the_process_ends_with_its_killed_parent(tmp_path):
    script = tmp_path / "orphan.py"
    script.write_text(ORPHAN)
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.getcwd()},
        text=True,
    )
    watch = os.pidfd_open(int(parent.stdout.readline()))
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    readable, _, _ = select.select([watch], [], [], 30.0)
    os.close(watch)
    assert readable


@pytest.fixture
def stand():
    made = CameraStand(StandPlan(("front",), **SMALL))
    made.start()
    yield made
    made.stop()


def test_refusing_closes_the_port_and_repairing_opens_the_same_one(stand):
    url = stand.urls["front"]
    stand.set_trouble("front", Trouble.REFUSE)
    with pytest.raises(urllib.error.URLError):
        ask_again_and_again(url)
    stand.set_trouble("front", Trouble.NONE)
    for _ in range(10_000):
        try:
            picture = one_picture(url)
        except urllib.error.URLError:
            continue
        break
    assert picture.shape == (120, 160, 3)
    assert stand.urls["front"] == url


def test_a_port_that_is_taken_is_told(stand):
    port = int(stand.urls["front"].split(":")[2].split("/")[0])
    second = CameraStand(StandPlan(("front",), **SMALL, ports={"front": port}))
    with pytest.raises(ConnectFailed, match="in use"):
        second.start()


def test_given_pictures_are_shown(tmp_path):
    path = tmp_path / "blue.png"
    cv2.imwrite(str(path), np.full((48, 64, 3), (200, 40, 10), np.uint8))  # BGR
    stand = CameraStand(StandPlan(("front",), **SMALL, pictures=Album((path,))))
    shown = one_picture(stand.start()["front"])
    stand.stop()
    np.testing.assert_allclose(shown[60, 80], (10, 40, 200), atol=4)


@pytest.mark.parametrize(
    ("files", "says"), [((), "no pictures"), (("missing.png",), "missing.png is no picture")]
)
def test_pictures_that_cannot_be_shown_are_told_at_the_start(tmp_path, files, says):
    album = Album(tuple(tmp_path / name for name in files))
    with pytest.raises(ConnectFailed, match=says):
        CameraStand(StandPlan(("front",), **SMALL, pictures=album)).start()


def test_the_process_tells_why_it_cannot_start():
    stand = CameraStandProcess(StandPlan(("front",), **SMALL, pictures=Album(())))
    with pytest.raises(ConnectFailed, match="no pictures"):
        stand.start()
    assert multiprocessing.active_children() == []


def test_the_simulated_scene_is_shown(renderer_of_the_start):
    stand = CameraStandProcess(
        StandPlan(("front", "wrist"), width=160, height=120, fps=5.0, pictures=ScenePictures())
    )
    urls = stand.start()
    shown = {name: one_picture(url).astype(int) for name, url in urls.items()}
    stand.stop()
    for name, picture in shown.items():
        expected = renderer_of_the_start(name).astype(int)
        assert np.abs(picture - expected).mean() < 4.0, name


@pytest.fixture
def renderer_of_the_start():
    from devices.sim.render import SceneRenderer
    from devices.sim.world import World

    renderer = SceneRenderer(160, 120)
    qpos = World(0).qpos()
    yield lambda camera: renderer.render(qpos, camera)
    renderer.close()


def test_a_camera_that_the_scene_does_not_have():
    stand = CameraStandProcess(StandPlan(("cellar",), **SMALL, pictures=ScenePictures()))
    with pytest.raises(ConnectFailed, match="cellar"):
        stand.start()
