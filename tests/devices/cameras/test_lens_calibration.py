"""Lens and place from pictures of a board, against a camera that is known exactly."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from board_pictures import looking_at_board, picture
from PIL import Image

from devices.cameras.board import Board, InvalidBoard, page, save_page
from devices.cameras.calibration import CalibrationShelf, CameraCalibration, without_password
from devices.cameras.collecting import Collector
from devices.cameras.errors import InvalidCalibration
from devices.cameras.lens import CalibrationRefused, Lens, Quality, calibrate_lens, covered
from devices.cameras.place import (
    Place,
    fixed_place,
    flat_board,
    riding_place,
    touched_board,
)
from devices.projection import CameraMatrix

BOARD = Board()
SIZE = (640, 480)
TRUE_MATRIX = np.array([[560.0, 0, 331.0], [0, 557.0, 236.0], [0, 0, 1]])
TRUE_BENDS = (-0.12, 0.05, 0.001, -0.0015, 0.0)
POSES = [
    looking_at_board(tilt_x=tx, tilt_y=ty, turn=turn, centre=(cx, cy), distance_m=d)
    for tx, ty, turn, cx, cy, d in [
        (0.5, 0.0, 0.0, -0.2, -0.2, 0.45),
        (-0.5, 0.1, 0.1, 0.2, -0.2, 0.45),
        (0.0, 0.5, -0.1, -0.2, 0.2, 0.45),
        (0.1, -0.5, 0.2, 0.2, 0.2, 0.45),
        (0.4, 0.4, 0.0, 0.0, 0.0, 0.35),
        (-0.4, 0.4, 0.3, 0.0, -0.15, 0.40),
        (0.4, -0.4, -0.3, 0.0, 0.15, 0.40),
        (0.0, 0.0, 0.0, 0.0, 0.0, 0.40),
        (0.6, 0.2, 1.2, 0.1, 0.0, 0.50),
        (-0.2, -0.6, -1.2, -0.1, 0.0, 0.50),
    ]
]


def photo(pose):
    return picture(BOARD, pose, TRUE_MATRIX, TRUE_BENDS, SIZE)


@pytest.fixture(scope="module")
def photos():
    return [photo(pose) for pose in POSES]


@pytest.fixture(scope="module")
def views(photos):
    return [BOARD.find(image) for image in photos]


@pytest.fixture(scope="module")
def lens(views):
    return calibrate_lens(views)


# ── the lens ───────────────────────────────────────────────────────────────────────────────────


def test_corners_are_found_where_they_are(views):
    for view, pose in zip(views, POSES, strict=True):
        truth = CameraMatrix(TRUE_MATRIX, np.linalg.inv(pose), TRUE_BENDS).project(view.points)
        assert np.abs(view.pixels - truth).max() < 0.6
        assert np.abs((view.pixels - truth).mean(axis=0)).max() < 0.12  # no half pixel lost


def test_the_true_lens_is_found(lens):
    np.testing.assert_allclose(lens.intrinsics, TRUE_MATRIX, atol=2.0)
    assert lens.distortion[0] == pytest.approx(TRUE_BENDS[0], abs=0.02)
    assert lens.quality is Quality.GOOD
    assert lens.views == len(POSES)
    assert lens.words.startswith("Good: points land 0.")
    assert "59° across" in lens.words or "60° across" in lens.words


def test_the_boards_place_is_found(lens, views):
    for view, pose in zip(views, POSES, strict=True):
        found = lens.camera_from_board(view)
        assert np.linalg.norm(found[:3, 3] - pose[:3, 3]) < 0.003
        assert np.linalg.norm(cv2.Rodrigues(found[:3, :3] @ pose[:3, :3].T)[0]) < 0.01


def test_a_partly_hidden_board_is_found_by_its_numbers(photos):
    image = photos[7].copy()
    image[:, :320] = 90
    view = BOARD.find(image)
    truth = CameraMatrix(TRUE_MATRIX, np.linalg.inv(POSES[7]), TRUE_BENDS).project(view.points)
    assert 6 <= len(view.numbers) < BOARD.corner_count
    assert np.abs(view.pixels - truth).max() < 0.6


def test_a_picture_without_board():
    assert BOARD.find(np.full((480, 640, 3), 128, np.uint8)) is None


def test_too_few_views(views):
    with pytest.raises(CalibrationRefused, match="3 views of the board, at least 8 are needed"):
        calibrate_lens(views[:3])


def test_all_views_in_one_corner():
    poses = [
        looking_at_board(tilt_x=x, tilt_y=y, centre=(-0.3, -0.25), distance_m=0.9)
        for x in (-0.5, 0.0, 0.5)
        for y in (-0.5, 0.0, 0.5)
    ]
    views = [BOARD.find(photo(pose)) for pose in poses]
    with pytest.raises(CalibrationRefused, match="only seen in one part") as raised:
        calibrate_lens(views)
    assert "bottom right" in raised.value.hint


def test_never_tilted():
    poses = [
        looking_at_board(centre=(x, y), distance_m=0.45)
        for x in (-0.25, 0.0, 0.25)
        for y in (-0.2, 0.0, 0.2)
    ]
    views = [BOARD.find(photo(pose)) for pose in poses]
    with pytest.raises(CalibrationRefused, match=r"always held alike|could be off|seen") as raised:
        calibrate_lens(views)
    assert "ilt" in raised.value.hint


def test_a_bent_board_is_refused(views):
    rng = np.random.default_rng(0)
    bent = [
        type(v)(v.board, v.numbers, v.pixels + rng.normal(0, 3.0, v.pixels.shape), v.size)
        for v in views
    ]
    with pytest.raises(CalibrationRefused, match="px from where they are seen") as raised:
        calibrate_lens(bent)
    assert "flat" in raised.value.hint


def test_pictures_of_different_sizes(views):
    other = type(views[0])(BOARD, views[0].numbers, views[0].pixels, (320, 240))
    with pytest.raises(CalibrationRefused, match="320×240, 640×480"):
        calibrate_lens([*views, other])


def test_another_size_than_calibrated(lens, views):
    other = type(views[0])(BOARD, views[0].numbers, views[0].pixels, (320, 240))
    with pytest.raises(CalibrationRefused, match="calibrated at 640×480, the picture is 320×240"):
        lens.camera_from_board(other)


def test_where_the_board_was_seen(views):
    assert covered(views).sum() >= 8


# ── collecting ─────────────────────────────────────────────────────────────────────────────────


def test_collecting_takes_still_new_views_until_the_lens_is_known(photos):
    collector = Collector(BOARD)
    assert collector.offer(np.full((480, 640, 3), 128, np.uint8)) is False
    assert "not seen" in collector.advice
    for number, image in enumerate(photos):
        assert collector.offer(image) is False
        assert collector.advice == "Hold the board still."
        assert collector.offer(image) is True
        assert collector.offer(image) is False  # nothing new
        assert len(collector.views) == number + 1
    assert collector.lens is not None
    assert collector.lens.quality is Quality.GOOD


def test_collecting_says_where_to_go(photos):
    collector = Collector(BOARD)
    collector.offer(photos[0])
    collector.offer(photos[0])
    assert collector.advice.startswith("1 of at least 8 views. Move the board to the ")


# ── the place ──────────────────────────────────────────────────────────────────────────────────


def random_pose(rng, *, reach_m=0.3):
    pose = np.eye(4)
    pose[:3, :3] = cv2.Rodrigues(rng.normal(size=3))[0]
    pose[:3, 3] = rng.uniform(-reach_m, reach_m, 3)
    return pose


def test_a_fixed_camera_projects_base_points_to_where_they_are(lens, views):
    """End to end: picture → lens → board → place → pixel."""
    base_from_board = flat_board(0.2, 0.1, 0.3)
    place = fixed_place(base_from_board, lens.camera_from_board(views[4]))
    calibration = CameraCalibration("realsense:1", lens, place)
    points = np.c_[BOARD.corners, np.ones(BOARD.corner_count)] @ base_from_board.T
    seen = calibration.matrix(size=SIZE).project(points[:, :3])
    truth = CameraMatrix(TRUE_MATRIX, np.linalg.inv(POSES[4]), TRUE_BENDS).project(BOARD.corners)
    assert np.abs(seen - truth).max() < 1.0


def test_a_flat_board_lies_face_up():
    pose = flat_board(0.2, 0.1, np.pi / 2)
    np.testing.assert_allclose(pose[:3, :3] @ [0, 0, 1], [0, 0, -1], atol=1e-12)
    np.testing.assert_allclose(pose[:3, :3] @ [1, 0, 0], [0, 1, 0], atol=1e-12)
    assert np.linalg.det(pose[:3, :3]) == pytest.approx(1.0)


@given(st.integers(0, 2**31))
def test_touching_corners_finds_the_board(seed):
    rng = np.random.default_rng(seed)
    truth = random_pose(rng)
    corners = BOARD.corners[[0, 6, 21, 27]]
    touched = corners @ truth[:3, :3].T + truth[:3, 3]
    found, miss_m = touched_board(touched + rng.normal(0, 5e-4, touched.shape), corners)
    assert miss_m < 2e-3
    back = corners @ found[:3, :3].T + found[:3, 3]
    assert np.linalg.norm(back - touched, axis=1).max() < 4e-3


@pytest.mark.parametrize(
    ("numbers", "shift", "says"),
    [
        ([0, 6], 0.0, "2 corners were touched"),
        ([0, 1, 2, 3], 0.0, "in one line"),
        ([0, 6, 21, 27], 0.05, "do not fit the board"),
    ],
)
def test_touches_that_cannot_be(numbers, shift, says):
    corners = BOARD.corners[numbers]
    touched = corners.copy()
    touched[0, 2] += shift
    touched[-1, 0] += shift
    with pytest.raises(CalibrationRefused, match=says):
        touched_board(touched, corners)


@settings(max_examples=30)
@given(st.integers(0, 2**31))
def test_a_camera_on_the_tool_is_found(seed):
    rng = np.random.default_rng(seed)
    truth, base_from_board = random_pose(rng, reach_m=0.1), random_pose(rng)
    tools = [random_pose(rng) for _ in range(6)]
    boards = [np.linalg.inv(tool @ truth) @ base_from_board for tool in tools]
    place = riding_place(tools, boards)
    np.testing.assert_allclose(place.pose, truth, atol=1e-6)
    assert place.rides
    assert place.miss_m < 1e-6
    np.testing.assert_allclose(place.base_from_camera(tools[0]), tools[0] @ truth, atol=1e-6)


def test_a_riding_camera_needs_the_tool(lens):
    place = Place(np.eye(4), rides=True, miss_m=0.0)
    with pytest.raises(ValueError, match="needs the tool's pose"):
        CameraCalibration("x", lens, place).matrix(size=SIZE)


def one_axis(angle, shift):
    pose = np.eye(4)
    pose[:3, :3] = cv2.Rodrigues(np.array([0.0, 0.0, angle]))[0]
    pose[:3, 3] = shift
    return pose


def test_an_arm_that_turned_about_one_axis_only():
    tools = [one_axis(0.5 * n, (0.1 * n, 0, 0)) for n in range(5)]
    with pytest.raises(CalibrationRefused, match="one axis only"):
        riding_place(tools, [np.linalg.inv(tool) for tool in tools])


def test_too_few_poses_of_the_arm():
    with pytest.raises(CalibrationRefused, match="2 poses of the arm, at least 4"):
        riding_place([np.eye(4)] * 2, [np.eye(4)] * 2)


def test_a_board_that_was_moved_in_between():
    rng = np.random.default_rng(3)
    tools = [random_pose(rng) for _ in range(6)]
    boards = [np.linalg.inv(tool) @ random_pose(rng) for tool in tools]
    with pytest.raises(CalibrationRefused, match=r"places \d+ mm apart"):
        riding_place(tools, boards)


# ── files ──────────────────────────────────────────────────────────────────────────────────────

ADDRESS = "/dev/v4l/by-id/usb-046d_C920_5A5B-video-index0"


def made(address=ADDRESS, *, place=True):
    lens = Lens(640, 480, TRUE_MATRIX, TRUE_BENDS, 0.21, 12)
    where = Place(one_axis(0.4, (0.1, 0.2, 0.3)), rides=False, miss_m=0.0012)
    return CameraCalibration(address, lens, where if place else None)


@pytest.mark.parametrize("place", [True, False])
def test_a_file_and_back(tmp_path, place):
    shelf = CalibrationShelf(tmp_path)
    path = shelf.save(made(place=place))
    found = shelf.load(ADDRESS)
    np.testing.assert_array_equal(found.lens.intrinsics, TRUE_MATRIX)
    assert found.lens.distortion == TRUE_BENDS
    assert found.address == ADDRESS
    assert (found.place is not None) is place
    assert "usb-046d-C920-5A5B" in path.name
    assert "fx = 560.0" in path.read_text()


def test_a_camera_without_calibration(tmp_path):
    assert CalibrationShelf(tmp_path).load(ADDRESS) is None


def test_the_previous_one_is_kept(tmp_path):
    shelf = CalibrationShelf(tmp_path)
    shelf.save(made(place=False))
    path = shelf.save(made())
    assert "[place]" in path.read_text()
    assert "[place]" not in path.with_suffix(".before").read_text()


def test_passwords_are_not_written(tmp_path):
    address = "http://me:secret@10.0.0.5:8080/video"
    shelf = CalibrationShelf(tmp_path)
    path = shelf.save(made(address))
    assert "secret" not in path.read_text() + path.name
    assert shelf.load(address) is not None
    assert shelf.load("http://10.0.0.5:8080/video") is not None
    assert without_password(ADDRESS) == ADDRESS


def test_the_file_of_another_camera(tmp_path):
    shelf = CalibrationShelf(tmp_path)
    shelf.save(made("realsense:1")).rename(shelf.path_of("realsense:2"))
    with pytest.raises(InvalidCalibration, match="address is 'realsense:1'"):
        shelf.load("realsense:2")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("fx = 560.0", "fx = -560.0", "lens.fx is -560.0, expected a number, 32 to 32000"),
        ("cx = 331.0", 'cx = "middle"', "lens.cx is 'middle'"),
        ("version = 1", "version = 9", "version is 9, expected 1"),
        ("[lens]", "[lense]", "lens is missing, expected a table"),
        ("rides_on_tool = false", "rides_on_tool = 0", "rides_on_tool is 0, expected true or"),
        ("0.0012", "nan", "place.miss_m is nan"),
        ("    0.1,\n    0.2,", "    0.1,", "place.position_m"),
        ("    1.0,\n    ],", "    5.0,\n    ],", "rotation"),
        ("version", "version = ", "readable TOML"),
    ],
)
def test_a_file_that_says_something_impossible(tmp_path, old, new, says):
    shelf = CalibrationShelf(tmp_path)
    path = shelf.save(made())
    text = path.read_text()
    assert old in text, text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InvalidCalibration, match=says):
        shelf.load(ADDRESS)


# ── the page ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_the_printed_board_is_found_and_has_its_true_size(paper):
    sheet = page(BOARD, paper=paper)
    view = BOARD.find(sheet)
    assert len(view.numbers) == BOARD.corner_count
    px_per_m = 300 / 0.0254
    one_square = np.linalg.norm(view.pixels[1] - view.pixels[0])
    assert one_square == pytest.approx(BOARD.square_m * px_per_m, rel=0.003)


def test_png_and_pdf_carry_their_size(tmp_path):
    save_page(tmp_path / "board.png", BOARD)
    save_page(tmp_path / "board.pdf", BOARD)
    with Image.open(tmp_path / "board.png") as image:
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.5)
        assert image.width / 300 * 25.4 == pytest.approx(297, abs=0.2)
    pdf = (tmp_path / "board.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    box = [float(v) for v in pdf.split(b"/MediaBox [")[1].split(b"]")[0].split()]
    assert box[2] / 72 * 25.4 == pytest.approx(297, abs=0.2)


@pytest.mark.parametrize(
    ("board", "says"),
    [
        (lambda: Board(columns=2), "at least 3 × 3"),
        (lambda: Board(marker_m=0.04), "smaller than its field"),
        (lambda: Board(dictionary="7x7"), "one of 5x5_100"),
        (lambda: Board(square_m=float("nan")), "smaller than its field"),
    ],
)
def test_a_board_that_cannot_be(board, says):
    with pytest.raises(InvalidBoard, match=says):
        board()


def test_a_board_that_does_not_fit_on_the_paper():
    with pytest.raises(InvalidBoard, match="320 × 200 mm, expected at most 273 × 166 mm on a4"):
        page(Board(square_m=0.04))


@pytest.mark.parametrize(("name", "paper"), [("board.jpg", "a4"), ("board.pdf", "a3")])
def test_a_page_that_cannot_be(tmp_path, name, paper):
    with pytest.raises(InvalidBoard):
        save_page(tmp_path / name, BOARD, paper=paper)
