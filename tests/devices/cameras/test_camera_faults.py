"""The camera rows of the fault table, through the rig's own capture thread and the live ring.

Stale within half a second, never a picture of the past as new, back without a restart.
"""

import threading
import time

import pytest

from devices.cameras.described import CameraEntry
from devices.cameras.device import DeviceStream
from devices.cameras.drained import DrainedCamera
from devices.capture import Capture
from devices.clock import SystemClock
from devices.emulators.camera_troubles import Trouble
from devices.emulators.pictures import read_number
from devices.rig_settings import RigSettings
from recordings.frame_ring import FrameRing
from recordings.shared_block import block_name
from recordings.types import CameraSpec

OUT_S = RigSettings().camera_out_s  # 0.5 s: the fault table's limit
PATIENT_S = 30.0  # a busy machine


@pytest.fixture
def capture_of():
    """Starts a capture thread for a camera; all are closed afterwards."""
    made = []

    def start(camera):
        ring = FrameRing.create(camera.spec, name=block_name("t"), slots=8)
        capture = Capture(camera, ring, clock=SystemClock())
        capture.connect()
        made.append((capture, ring))
        return capture

    yield start
    for capture, ring in made:
        capture.close()
        ring.close()
        ring.unlink()


def wait_until(is_so):
    pause, deadline_s = threading.Event(), time.monotonic() + PATIENT_S
    while not is_so():
        assert time.monotonic() < deadline_s, "it did not become so"
        pause.wait(0.01)


def age_s(capture):
    return capture.age_s(time.monotonic_ns())


@pytest.fixture
def network(stand, capture_of):
    capture = capture_of(CameraEntry("front", stand.urls["front"], 160, 120, 20.0).build())
    wait_until(lambda: capture.newest is not None and capture.newest.index > 2)
    return capture


@pytest.mark.parametrize(
    "trouble",
    [Trouble.STALL, Trouble.DROP, Trouble.REFUSE, Trouble.CUT_JPEG, Trouble.CUT_PART],
)
def test_a_lost_network_camera_grows_stale_is_told_and_comes_back(stand, network, trouble):
    stand.set_trouble("front", trouble)
    wait_until(lambda: age_s(network) > OUT_S)
    held = network.newest
    faults = []

    def told():
        faults.extend(network.drain_faults())
        return bool(faults)

    wait_until(told)
    assert network.newest is held  # nothing old is shown as new meanwhile
    assert {fault.code for fault in faults} <= {"camera_silent", "camera_unplugged"}
    assert "front" in faults[0].message
    assert network.health(time.monotonic_ns()).fps == 0.0 or age_s(network) < 1.0
    stand.set_trouble("front", Trouble.NONE)
    wait_until(lambda: network.newest is not held and age_s(network) < OUT_S)
    assert network.newest.index > held.index
    assert read_number(network.newest.image) > read_number(held.image)


def test_a_camera_that_changes_its_size_is_out_not_misread(stand, network):
    stand.set_trouble("front", Trouble.WRONG_SIZE)
    wait_until(lambda: age_s(network) > OUT_S)
    wait_until(lambda: any("80×60" in f.message for f in network.drain_faults()))
    assert network.newest.image.shape == (120, 160, 3)


def test_a_slow_camera_shows_its_true_rate(stand, network):
    stand.set_trouble("front", Trouble.SLOW)
    wait_until(lambda: 0 < network.health(time.monotonic_ns()).fps < 7.5)
    assert not network.drain_faults()


def test_an_unplugged_webcam_is_told_and_comes_back(webcam, capture_of):
    spec = CameraSpec("wrist", 64, 48, 50.0)

    def source():
        return DeviceStream(spec, webcam.node, open_capture=webcam.capture)

    capture = capture_of(DrainedCamera(spec, source, node=webcam.node))
    wait_until(lambda: capture.newest is not None)
    webcam.unplug()
    faults = []
    wait_until(lambda: faults.extend(capture.drain_faults()) or bool(faults))
    assert faults[0].code == "camera_unplugged"
    wait_until(lambda: age_s(capture) > OUT_S)
    index = capture.newest.index
    webcam.plug_in()
    wait_until(lambda: age_s(capture) < OUT_S)
    assert capture.newest.index > index
