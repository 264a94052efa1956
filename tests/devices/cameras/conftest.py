"""Cameras to look through: emulated network cameras, a webcam behind a driver with V4L2's habits,
and a recording of a RealSense made with the vendor's own library.
"""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from devices.cameras.drained import DrainedCamera
from devices.cameras.http_stream import HttpStream
from devices.cameras.mode import Mode
from devices.cameras.negotiating import fourcc_number, fourcc_text
from devices.emulators.camera_stand import CameraStand, StandPlan
from devices.emulators.camera_troubles import Script
from devices.emulators.pictures import TestCard
from recordings.types import CameraSpec

SPEC = CameraSpec("front", width=160, height=120, fps=20.0)


@pytest.fixture
def stand() -> Iterator[CameraStand]:
    """One running camera "front", 160×120 at 20 Hz, showing the test card."""
    made = CameraStand(StandPlan(("front",), width=160, height=120, fps=20.0, pictures=TestCard()))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def scripted() -> Iterator[Callable[[Script], CameraStand]]:
    """The same with a script of troubles."""
    stands: list[CameraStand] = []

    def start(script: Script) -> CameraStand:
        plan = StandPlan(
            ("front",), width=160, height=120, fps=20.0, scripts={"front": tuple(script)}
        )
        stands.append(CameraStand(plan))
        stands[-1].start()
        return stands[-1]

    yield start
    for made in stands:
        made.stop()


@pytest.fixture(scope="session")
def spec() -> CameraSpec:
    """What the emulated camera delivers."""
    return SPEC


@pytest.fixture(scope="session")
def looking_at() -> Callable[..., DrainedCamera]:
    """A closed camera at an address: ``looking_at(url, spec=…)``."""

    def look(url: str, spec: CameraSpec = SPEC) -> DrainedCamera:
        return DrainedCamera(spec, lambda: HttpStream(spec, url))

    return look


# ── a webcam ───────────────────────────────────────────────────────────────────────────────────

MODES = (Mode("MJPG", 64, 48, 50.0), Mode("MJPG", 128, 96, 25.0), Mode("YUYV", 64, 48, 25.0))


class Webcam:
    """What is plugged in: its modes and controls, and what happens to its cable."""

    def __init__(self, node, modes=MODES):
        self.node = node
        self.modes = modes
        self.fixed = {}  # property → value the camera never leaves
        self.drawn = 0
        self.hangs = threading.Event()
        self.opened = self.released = 0
        self.busy = False
        self.calls = []
        self.plug_in()

    def plug_in(self):
        self.node.touch()

    def unplug(self):
        self.node.unlink()

    @property
    def plugged(self):
        return self.node.exists()

    def capture(self, path):
        assert path == str(self.node)
        self.opened += 1
        return Capture(self)


class Capture:
    """As ``cv2.VideoCapture`` over V4L2: picks the nearest mode, stays "open" after unplugging."""

    def __init__(self, webcam):
        self.webcam = webcam
        self.wish = {"fourcc": "YUYV", "width": 64, "height": 48, "fps": 25.0}
        self.props = {
            cv2.CAP_PROP_AUTO_EXPOSURE: 3.0,
            cv2.CAP_PROP_EXPOSURE: 156.0,
            cv2.CAP_PROP_AUTO_WB: 1.0,
            cv2.CAP_PROP_WB_TEMPERATURE: 4650.0,
        }
        self.alive = True
        self.taken_ms = 0.0

    def isOpened(self):
        return not self.webcam.busy

    @property
    def mode(self):
        def distance(mode):
            return (
                mode.fourcc != self.wish["fourcc"],
                abs(mode.width - self.wish["width"]) + abs(mode.height - self.wish["height"]),
                abs(mode.fps - self.wish["fps"]),
            )

        return min(self.webcam.modes, key=distance)

    def set(self, prop, value):
        names = {
            cv2.CAP_PROP_FOURCC: "fourcc",
            cv2.CAP_PROP_FRAME_WIDTH: "width",
            cv2.CAP_PROP_FRAME_HEIGHT: "height",
            cv2.CAP_PROP_FPS: "fps",
        }
        self.webcam.calls.append(names.get(prop, prop))
        if prop == cv2.CAP_PROP_FOURCC:
            self.wish["fourcc"] = fourcc_text(int(value))
        elif prop in names:
            self.wish[names[prop]] = value
        else:
            self.props[prop] = self.webcam.fixed.get(prop, value)
        return True

    def get(self, prop):
        mode = self.mode
        known = {
            cv2.CAP_PROP_FOURCC: float(fourcc_number(mode.fourcc)),
            cv2.CAP_PROP_FRAME_WIDTH: mode.width,
            cv2.CAP_PROP_FRAME_HEIGHT: mode.height,
            cv2.CAP_PROP_FPS: mode.fps,
            cv2.CAP_PROP_POS_MSEC: self.taken_ms,
        }
        return known[prop] if prop in known else self.props.get(prop, 0.0)

    def read(self):
        assert self.alive, "read after release"
        if self.webcam.hangs.is_set():
            threading.Event().wait(0.5)
            return False, None
        if not self.webcam.plugged:
            return False, None
        threading.Event().wait(1 / self.mode.fps)
        self.taken_ms = time.monotonic() * 1000 - 8.0
        self.webcam.drawn += 1
        image = np.full((self.mode.height, self.mode.width, 3), (200, 40, 10), np.uint8)  # BGR
        return True, image

    def release(self):
        assert self.alive, "released twice"
        self.alive = False
        self.webcam.released += 1


@pytest.fixture
def webcam(tmp_path: Path) -> Webcam:
    """Plugged in, 64×48, MJPG at 50 Hz among others."""
    return Webcam(tmp_path / "usb-Maker_Webcam_1234-video-index0")


# ── a RealSense ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
def recording(tmp_path_factory):
    """20 pictures of 64×48: colour 5 n, depth 500 + n in mm."""
    rs = pytest.importorskip("pyrealsense2")
    path = tmp_path_factory.mktemp("realsense") / "bench.db3"
    record(rs, path)
    return path


def record(rs, path):
    device = rs.software_device()
    device.register_info(rs.camera_info.serial_number, "123456")
    lens = rs.intrinsics()
    lens.width, lens.height, lens.ppx, lens.ppy, lens.fx, lens.fy = 64, 48, 32, 24, 60, 60
    lens.model, lens.coeffs = rs.distortion.brown_conrady, [0] * 5

    def add(sensor, kind, uid, form, pixel_bytes):
        stream = rs.video_stream()
        stream.type, stream.index, stream.uid, stream.fmt = kind, 0, uid, form
        stream.width, stream.height, stream.fps, stream.bpp = 64, 48, 30, pixel_bytes
        stream.intrinsics = lens
        return sensor.add_video_stream(stream)

    stereo, colour = device.add_sensor("Stereo Module"), device.add_sensor("RGB Camera")
    depth_stream = add(stereo, rs.stream.depth, 0, rs.format.z16, 2)
    colour_stream = add(colour, rs.stream.color, 1, rs.format.rgb8, 3)
    stereo.add_read_only_option(rs.option.depth_units, 0.001)
    same = rs.extrinsics()
    same.rotation, same.translation = [1, 0, 0, 0, 1, 0, 0, 0, 1], [0, 0, 0]
    depth_stream.register_extrinsics_to(colour_stream, same)

    recorder = rs.recorder(str(path), device)
    sensors, queue = recorder.query_sensors(), rs.frame_queue(100)
    for sensor in sensors:
        sensor.open(sensor.get_stream_profiles()[0])
        sensor.start(queue)

    def show(sensor, profile, image, pixel_bytes, number):
        frame = rs.software_video_frame()
        frame.pixels, frame.stride, frame.bpp = image, 64 * pixel_bytes, pixel_bytes
        frame.timestamp, frame.domain = number * 33.3, rs.timestamp_domain.hardware_clock
        frame.frame_number, frame.profile = number, profile.as_video_stream_profile()
        if sensor is stereo:
            frame.depth_units = 0.001
        sensor.on_video_frame(frame)

    for number in range(20):
        show(stereo, depth_stream, np.full((48, 64), 500 + number, np.uint16), 2, number)
        show(colour, colour_stream, np.full((48, 64, 3), 5 * number, np.uint8), 3, number)
        queue.wait_for_frame(5000)
        queue.wait_for_frame(5000)
        threading.Event().wait(0.033)  # the recorder stamps pictures with the time they came
    for sensor in sensors:
        sensor.stop()
        sensor.close()
