"""`foresight devices`, `board`, `calibrate-camera`, and what the studio makes of a calibration."""

import json
import re
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

sys.path.insert(0, str(Path(__file__).parents[1] / "devices/cameras"))
from board_pictures import looking_at_board, picture

from devices.bench import load_bench
from devices.cameras.board import Board
from devices.cameras.calibration import CalibrationShelf, CameraCalibration
from devices.cameras.lens import Lens
from devices.cameras.listing import FoundCamera
from devices.cameras.place import Place, fixed_place, flat_board
from devices.cameras.usb import UsbPlace
from devices.description import Standing
from devices.inputs.listing import FoundInput
from studio.cli import run
from studio.pages.devices_card import DevicesCard, items_of, roles_of
from studio.parts.space import Space
from studio.plugged_in import Note, as_text, notes_on
from studio.views import views_of

MATRIX = np.array([[560.0, 0, 320.0], [0, 560.0, 240.0], [0, 0, 1]])
SIZE = (640, 480)
TILTS = [(5, 0), (-5, 1), (0, 5), (1, -5), (4, 4), (-4, 4), (4, -4), (0, 0)]  # tenths of a radian
CENTRES = [(-4, -4), (4, -4), (-4, 4), (4, 4), (0, 0), (0, -3), (0, 3), (0, 0)]  # twentieths


def cam(name, ports):
    return FoundCamera(name, f"/dev/v4l/by-id/{name}", "/dev/video0", usb=UsbPlace(1, ports, 480))


def test_the_list_says_names_and_lasting_addresses():
    puck = FoundInput("SpaceMouse Compact", "puck", 0x256F, 0xC635, "", "/dev/hidraw3")
    text = as_text([cam("usb-Logi", "2.1")], [puck], [Note("A note.", "sudo it")])
    assert "/dev/v4l/by-id/usb-Logi" in text
    assert re.search(r"SpaceMouse Compact +hid:256f:c635 +puck", text)
    assert text.endswith("\nA note.\nsudo it\n")


def test_three_cameras_on_a_hub_are_warned_about_and_one_that_nobody_may_open():
    puck = FoundInput("SpaceMouse", "puck", 0x256F, 0xC635, "", "/nonexistent/hidraw3")
    notes = notes_on([cam(n, f"2.{n}") for n in "123"], [puck])
    assert "on one hub" in notes[0].text
    assert 'ATTRS{idVendor}=="256f"' in notes[1].command


def test_devices_as_json(capsys):
    assert run(["devices", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"devices", "notes"}


def test_board_is_written(tmp_path, capsys):
    assert run(["board", "--out", str(tmp_path / "b.pdf")]) == 0
    assert (tmp_path / "b.pdf").read_bytes().startswith(b"%PDF")
    assert run(["board", "--out", str(tmp_path / "b.pdf"), "--square-mm", "90"]) == 2
    assert "expected at most" in capsys.readouterr().err


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A folder that plays like a person moving the board: every pose is held for three pictures."""
    folder = tmp_path_factory.mktemp("film")
    for number, ((x, y), centre) in enumerate(zip(TILTS, CENTRES, strict=True)):
        middle = (centre[0] / 20, centre[1] / 20)
        pose = looking_at_board(tilt_x=x / 10, tilt_y=y / 10, turn=0.1 * number, centre=middle)
        image = picture(Board(), pose, MATRIX, (0, 0, 0, 0, 0), SIZE)
        for copy in range(3):
            cv2.imwrite(str(folder / f"{number}{copy}.png"), image)
    return folder


def test_a_camera_is_calibrated_from_its_pictures(film, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("studio.calibrate_camera.GOOD_VIEWS", 8)
    address = f"file:{film}"
    place = ["--board-at", "0.2", "0.1", "90"]
    arguments = ["calibrate-camera", address, "--fps", "5", "--out", str(tmp_path), *place]
    assert run(arguments) == 0, capsys.readouterr().err
    said = capsys.readouterr().out
    assert "Good: points land 0." in said
    found = CalibrationShelf(tmp_path).load(address)
    np.testing.assert_allclose(found.lens.intrinsics, MATRIX, atol=4.0)
    assert found.place is not None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["0"], "no address of a camera"),
        (["file:/nowhere"], "nothing is plugged in"),
        (["file:/nowhere", "--fps", "0"], "fps is 0.0"),
    ],
)
def test_a_calibration_that_cannot_begin(arguments, says, capsys):
    assert run(["calibrate-camera", *arguments]) == 2
    assert says in capsys.readouterr().err


def test_a_camera_that_never_sees_the_board(tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((480, 640, 3), 128, np.uint8))
    assert run(["calibrate-camera", f"file:{tmp_path}", "--seconds", "0.3"]) == 2
    assert "The board is not seen" in capsys.readouterr().err


# ── plans in pictures ──────────────────────────────────────────────────────────────────────────

BENCH = """
version = 1
kind = "so101"
[follower]
port = "/dev/serial/by-id/arm"
calibration = "follower.toml"
[cameras.front]
address = "http://127.0.0.1:9/video"
width = 640
height = 480
fps = 30
"""
HOME_Q = (0.0, 0.0, 0.0, 0.0, 0.0, 0.5)
POINTS = [[0.2, 0.0, 0.1], [0.25, 0.05, 0.0]]
ABOVE = fixed_place(flat_board(0.2, 0.0, 0.0), looking_at_board(distance_m=0.6))


@pytest.fixture
def bench(tmp_path):
    from devices.calibration.store import write_calibration
    from devices.emulators.so101 import so101_calibration

    write_calibration(tmp_path / "follower.toml", so101_calibration(1))
    (tmp_path / "bench.toml").write_text(BENCH)
    return load_bench(str(tmp_path / "bench.toml"))


def calibrated(place):
    lens = Lens(*SIZE, MATRIX, (0.0,) * 5, 0.2, 12)
    return CameraCalibration("http://127.0.0.1:9/video", lens, place)


def test_a_plan_is_drawn_where_the_calibrated_camera_sees_it(bench, tmp_path):
    CalibrationShelf(tmp_path).save(calibrated(ABOVE))
    space = Space((Standing("so101"),), views=views_of(bench, tmp_path))
    pixels = space.project("front", HOME_Q, POINTS, size=SIZE)
    camera_from_base = np.linalg.inv(ABOVE.pose)
    seen = np.c_[POINTS, np.ones(2)] @ camera_from_base.T
    np.testing.assert_allclose(pixels, (seen[:, :2] / seen[:, 2:3]) * 560 + (320, 240), atol=1e-6)


def test_a_camera_that_rides_on_the_arm_sees_from_where_the_arm_is(bench, tmp_path):
    CalibrationShelf(tmp_path).save(calibrated(Place(np.eye(4), rides=True, miss_m=0.0)))
    space = Space((Standing("so101"),), views=views_of(bench, tmp_path))
    tool = space._kinematics.tip_pose(HOME_Q)
    ahead = (tool @ [0.0, 0.0, 0.1, 1.0])[:3]
    np.testing.assert_allclose(
        space.project("front", HOME_Q, [ahead], size=SIZE), [[320, 240]], atol=1e-6
    )


@pytest.mark.parametrize("case", ["no file", "only the lens", "another size", "broken file"])
def test_what_is_not_known_is_not_drawn(bench, tmp_path, case):
    shelf = CalibrationShelf(tmp_path)
    if case != "no file":
        path = shelf.save(calibrated(None if case == "only the lens" else ABOVE))
        if case == "broken file":
            path.write_text("version = 2")
    size = (320, 240) if case == "another size" else SIZE
    pixels = Space((Standing("so101"),), views=views_of(bench, tmp_path)).project(
        "front", HOME_Q, POINTS, size=size
    )
    assert pixels.shape == (2, 2)
    assert np.isnan(pixels).all()


def test_the_simulated_bench_knows_its_cameras_itself(tmp_path):
    assert views_of(load_bench("sim"), tmp_path) is None


# ── the Connect page ───────────────────────────────────────────────────────────────────────────


def test_what_is_plugged_in_appears_and_vanishes_on_the_connect_page(bench, tmp_path, qtbot):
    card = DevicesCard(bench, sys=tmp_path / "sys", dev=tmp_path / "dev")
    qtbot.addWidget(card)
    card.look()
    assert words_of(card) == ["No camera, puck, gamepad or pedal. What you plug in appears here."]
    puck = tmp_path / "sys/class/hidraw/hidraw0"
    (puck / "device").mkdir(parents=True)
    (puck / "device/uevent").write_text("HID_ID=0003:0000256F:0000C635\nHID_NAME=SpaceMouse\n")
    card.look()
    assert "SpaceMouse" in words_of(card)
    assert any("may not be opened" in text for text in words_of(card))
    shutil.rmtree(puck)
    card.look()
    assert "SpaceMouse" not in words_of(card)


def words_of(card):
    parts = [part for part in card.findChildren(QLabel) if part.isVisibleTo(card)]
    return [part.text() for part in parts if part.text() and part.text() != "Plugged in"]


def test_a_camera_is_told_by_any_of_its_names(bench):
    by_path = "/dev/v4l/by-path/pci-1"
    found = FoundCamera("C920", "/dev/v4l/by-id/usb-C920", "/dev/video0", links=(by_path,))
    (item,) = items_of([found], [], {by_path: "wrist"})
    assert item.used_as == "wrist"
    assert roles_of(bench) == {"http://127.0.0.1:9/video": "front"}
