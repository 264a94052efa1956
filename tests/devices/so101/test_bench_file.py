"""A bench.toml of real arms: what it may say, and how it says what is wrong."""

from __future__ import annotations

import pickle

import pytest

from devices.bench import load_bench
from devices.calibration.lerobot import write_lerobot
from devices.calibration.store import write_calibration
from devices.emulators.so101 import so101_calibration
from devices.errors import InvalidBench
from devices.motor_errors import InvalidCalibration

GOOD = """version = 1
kind = "so101"
park = [0, -1.2, 1.2, 1.0, 0, 0]
[follower]
port = "/dev/follower"
calibration = "follower.toml"
[leaders.main]
port = "usb:1A86:55D3:5A46085921"
calibration = "leader.json"
[cameras.front]
address = "http://127.0.0.1:8080/video"
width = 640
height = 480
fps = 30
[bus]
stale_ms = 40
retries = 3
[workspace]
low = [0.0, -0.3, 0.0]
high = [0.4, 0.3, 0.4]
"""


@pytest.fixture
def load(tmp_path):
    """``load(text)``: the bench a file with this text describes."""
    write_calibration(tmp_path / "follower.toml", so101_calibration(1))
    write_lerobot(tmp_path / "leader.json", so101_calibration(2))

    def read(text: str):
        path = tmp_path / "bench.toml"
        path.write_text(text)
        return load_bench(str(path))

    return read


def test_a_bench_of_real_arms(load):
    bench = load(GOOD)
    assert bench.name == "bench"
    assert bench.robot.camera_names == ("front",)
    assert bench.robot.name == "so101"
    assert bench.arms.follower.place.port == "/dev/follower"
    assert bench.arms.follower.place.stale_s == 0.04
    assert bench.arms.leaders["main"].place.patience.retries == 3
    assert bench.arms.leaders["main"].place.calibration.joints == so101_calibration(2).joints
    assert bench.park_q == (0, -1.2, 1.2, 1.0, 0, 0)
    assert bench.workspace.high == (0.4, 0.3, 0.4)
    assert bench.settings.heartbeat_s == 0.5  # a real arm is watched more closely than a simulated


def test_an_so100_is_the_same_arm_under_its_own_name(load):
    bench = load(GOOD.replace('kind = "so101"', 'kind = "so100"'))
    assert bench.robot.name == "so100"
    assert bench.robot.joints == load(GOOD).robot.joints
    assert bench.build().kinematics.joints[0].name == "shoulder_pan"


def test_it_travels_to_another_process_and_builds_devices_that_are_closed(load):
    hardware = pickle.loads(pickle.dumps(load(GOOD))).build()
    assert set(hardware.leaders) == {"main", "hand"}
    assert hardware.arm.spec.camera_names == ("front",)
    assert set(hardware.cameras) == {"front"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('port = "/dev/follower"', "", r"follower\.port is None, expected a port such as"),
        ('port = "/dev/follower"', "port = 3", r"follower\.port is 3"),
        ("[follower]", "[follwer]", r"file is 'follwer', expected one of version, bus, cameras"),
        ("[bus]", "[bus]\nbaud = 9600", r"bus is 'baud', expected one of reply_ms"),
        ("stale_ms = 40", "stale_ms = 0", r"bus\.stale_ms is 0, expected a number from 5 to"),
        ("retries = 3", 'retries = "3"', r"bus\.retries is '3', expected a number from 0 to 20"),
        (
            'port = "usb:1A86:55D3:5A46085921"',
            'port = "/dev/follower"',
            r"leaders\.main\.port is '/dev/follower', expected one of its own: follower\.port has",
        ),
        ('"leader.json"', '"follower.toml"', r"one of its own: follower\.calibration has this one"),
        ("park = [0, -1.2", "park = [-1.2", r"park is \[-1.2.*expected 6 joints, rad"),
        ("high = [0.4", "high = [-0.4", r"workspace\.high is .* on every axis"),
        ("width = 640", "width = 2", r"cameras\.front\.width"),
        ("[leaders.main]", "[leaders.hand]", r"leaders\.hand is .* another name"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(load, old, new, said):
    assert old in GOOD
    with pytest.raises(InvalidBench, match=said) as caught:
        load(GOOD.replace(old, new))
    assert "Correct the file and connect again." in str(caught.value)


def test_without_a_follower_there_is_nothing_to_drive(load):
    with pytest.raises(InvalidBench, match="follower is None, expected a table with port and"):
        load('version = 1\nkind = "so101"\n')


def test_a_calibration_that_is_missing_blocks_the_bench(load):
    with pytest.raises(InvalidCalibration, match=r"none\.toml: file is"):
        load(GOOD.replace("follower.toml", "none.toml"))
