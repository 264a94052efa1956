"""Cameras of the machine: a driver with the habits of V4L2 stands where OpenCV meets the kernel."""

import os
import time

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.base import Camera
from devices.cameras.controls import PictureControls
from devices.cameras.device import DeviceStream, taken_ns
from devices.cameras.drained import DrainedCamera
from devices.cameras.errors import (
    CameraBusy,
    CameraForbidden,
    CameraMissing,
    CameraSilent,
    CameraUnplugged,
    ControlRefused,
    ModeRefused,
)
from devices.cameras.mode import Mode
from devices.cameras.negotiating import fourcc_number, fourcc_text
from recordings.types import CameraSpec

SPEC = CameraSpec("wrist", width=64, height=48, fps=50.0)
PATIENT_S = 10.0


def camera_of(webcam, spec=SPEC, **options):
    def source():
        return DeviceStream(spec, webcam.node, open_capture=webcam.capture, **options)

    return DrainedCamera(spec, source, node=webcam.node)


@pytest.fixture
def camera(webcam):
    made = camera_of(webcam)
    yield made
    made.close()


def read_until_it_fails(camera):
    deadline_s = time.monotonic() + PATIENT_S
    while time.monotonic() < deadline_s:
        camera.read(0.05)


# ── agreeing on a mode ─────────────────────────────────────────────────────────────────────────


def test_it_speaks_the_protocol(camera):
    assert isinstance(camera, Camera)


def test_format_then_size_then_rate_and_compressed_first(camera, webcam):
    camera.connect()
    assert webcam.calls[:4] == ["fourcc", "width", "height", "fps"]
    assert camera.source.mode == Mode("MJPG", 64, 48, 50.0)


def test_pictures_are_rgb_and_carry_the_time_they_were_taken(camera):
    camera.connect()
    frame = camera.read(PATIENT_S)
    assert frame.image[0, 0].tolist() == [10, 40, 200]
    assert not frame.image.flags.writeable
    assert (time.monotonic_ns() - frame.t_ns) / 1e6 >= 8.0


@pytest.mark.parametrize(
    ("size", "fps", "got"),
    [
        ((640, 480), 50.0, "MJPG 128×96 at 25 Hz"),
        ((64, 48), 90.0, "MJPG 64×48 at 50 Hz"),
        ((128, 96), 50.0, "MJPG 128×96 at 25 Hz"),
    ],
)
def test_a_mode_the_camera_lacks_is_refused_with_what_it_has(webcam, size, fps, got):
    webcam.modes = tuple(m for m in webcam.modes if m.fourcc == "MJPG")
    camera = camera_of(webcam, CameraSpec("wrist", *size, fps))
    with pytest.raises(ModeRefused, match="asked for") as raised:
        camera.connect()
    assert raised.value.got == got
    assert f"any format {size[0]}×{size[1]} at {fps:g} Hz" in str(raised.value)
    assert webcam.opened == webcam.released == 1


def test_a_camera_without_compression_is_taken_as_it_is(webcam):
    webcam.modes = (Mode("YUYV", 64, 48, 50.0),)
    camera = camera_of(webcam)
    camera.connect()
    assert camera.source.mode.fourcc == "YUYV"
    camera.close()


def test_a_format_that_was_asked_for_is_refused_when_missing(webcam):
    webcam.modes = (Mode("YUYV", 64, 48, 50.0),)
    with pytest.raises(ModeRefused, match="asked for MJPG 64×48 at 50 Hz, it delivers YUYV"):
        camera_of(webcam, fourcc="MJPG").connect()


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=4, max_size=4))
def test_fourcc_round_trip(text):
    assert fourcc_text(fourcc_number(text)) == text


def test_what_is_no_fourcc():
    assert fourcc_text(0) == "????"
    assert fourcc_text(-1) == "????"


# ── access ─────────────────────────────────────────────────────────────────────────────────────


def test_nothing_plugged_in_names_what_is(webcam, tmp_path):
    webcam.unplug()
    (tmp_path / "usb-Other_Cam-video-index0").touch()
    with pytest.raises(CameraMissing, match="usb-Other_Cam-video-index0"):
        camera_of(webcam).connect()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_no_permission_tells_the_command_as_a_person(webcam):
    webcam.node.chmod(0)
    with pytest.raises(CameraForbidden, match="usermod -aG video"):
        camera_of(webcam).connect()


def test_forbidden_says_the_command():
    assert "sudo usermod -aG video $USER" in str(CameraForbidden("wrist", address="/dev/v4l/x"))


def test_another_program_has_it(webcam):
    webcam.busy = True
    with pytest.raises(CameraBusy, match="another program uses"):
        camera_of(webcam).connect()


# ── unplugging ─────────────────────────────────────────────────────────────────────────────────


def test_unplugged_and_plugged_in_again(camera, webcam):
    camera.connect()
    camera.read(PATIENT_S)
    webcam.unplug()
    with pytest.raises(CameraUnplugged, match="was unplugged"):
        read_until_it_fails(camera)
    camera.close()
    with pytest.raises(CameraMissing):
        camera.connect()
    webcam.plug_in()
    camera.connect()
    assert camera.read(PATIENT_S).image.shape == (48, 64, 3)
    camera.close()
    assert webcam.opened == webcam.released == 2


def test_unplugged_under_a_driver_that_waits(camera, webcam):
    """The reader is told although the driver still sleeps in its read."""
    camera.connect()
    camera.read(PATIENT_S)
    webcam.hangs.set()
    webcam.unplug()
    before_s = time.monotonic()
    with pytest.raises(CameraUnplugged):
        read_until_it_fails(camera)
    assert time.monotonic() - before_s < 2.0


def test_a_driver_that_gives_nothing_is_an_error_though_it_is_open(camera, webcam):
    camera.connect()
    camera.read(PATIENT_S)
    webcam.hangs.set()
    with pytest.raises(CameraSilent, match="sent no picture for"):
        read_until_it_fails(camera)


def test_it_is_never_released_under_a_reading_thread(camera, webcam):
    for _ in range(5):
        camera.connect()
        camera.read(PATIENT_S)
        camera.close()
    assert webcam.opened == webcam.released == 5  # Capture asserts the order


# ── exposure and white balance ─────────────────────────────────────────────────────────────────


def test_values_are_fixed_in_the_cameras_units(webcam):
    controls = PictureControls(exposure_ms=10.0, white_balance_k=4200.0)
    camera = camera_of(webcam, controls=controls)
    camera.connect()
    capture = camera.source._capture
    assert capture.props[cv2.CAP_PROP_AUTO_EXPOSURE] == 1.0
    assert capture.props[cv2.CAP_PROP_EXPOSURE] == 100.0
    assert capture.props[cv2.CAP_PROP_AUTO_WB] == 0.0
    assert capture.props[cv2.CAP_PROP_WB_TEMPERATURE] == 4200.0
    camera.close()


@pytest.mark.parametrize(
    ("prop", "keeps", "says"),
    [
        (cv2.CAP_PROP_AUTO_EXPOSURE, 3.0, "exposure was set to manual, the camera keeps automatic"),
        (cv2.CAP_PROP_EXPOSURE, 156.0, "exposure was set to 10, the camera keeps 15.6"),
        (cv2.CAP_PROP_WB_TEMPERATURE, 2800.0, "white balance was set to 4200, the camera keeps"),
    ],
)
def test_a_camera_that_does_not_obey_is_refused(webcam, prop, keeps, says):
    webcam.fixed[prop] = keeps
    controls = PictureControls(exposure_ms=10.0, white_balance_k=4200.0)
    with pytest.raises(ControlRefused, match=says):
        camera_of(webcam, controls=controls).connect()


def test_locking_freezes_what_the_camera_found(webcam, monkeypatch):
    monkeypatch.setattr("devices.cameras.device.SETTLE_S", 0.0)
    camera = camera_of(webcam, controls=PictureControls(lock=True))
    camera.connect()
    source = camera.source
    while source.controls.exposure_ms is None:
        camera.read(PATIENT_S)
    assert source.controls == PictureControls(15.6, 4650.0, lock=True)
    assert source._capture.props[cv2.CAP_PROP_AUTO_EXPOSURE] == 1.0
    camera.close()


# ── when a picture was taken ───────────────────────────────────────────────────────────────────

NOW_NS = 500_000_000_000


@pytest.mark.parametrize(
    ("stamp_ms", "expected_ns"),
    [
        (499_970.0, 499_970_000_000),  # 30 ms ago
        (0.0, NOW_NS),  # no stamp
        (1.7e12, NOW_NS),  # wall clock
        (500_001.0, NOW_NS),  # the future
    ],
)
def test_the_drivers_stamp_counts_when_it_is_of_our_clock(stamp_ms, expected_ns):
    assert taken_ns(stamp_ms, NOW_NS) == expected_ns
