"""A camera shows its newest picture, how fresh it is, and where the plan goes."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from widgets.camera_view import STALE_MS, CameraView
from widgets.palette import COLORS

LINE = np.column_stack([np.linspace(20, 300, 30), np.full(30, 120.0)])


@pytest.fixture
def view(shown) -> CameraView:
    return shown(CameraView("front"), 320, 240)


def _flat(color: tuple[int, int, int]) -> np.ndarray:
    return np.full((240, 320, 3), color, np.uint8)


def test_the_picture_is_shown_pixel_by_pixel(view: CameraView, pixels):
    image = np.random.default_rng(1).integers(0, 256, (240, 320, 3), np.uint8)
    view.set_frame(image, 30.0, 20.0)
    assert np.array_equal(pixels(view)[60:200, 20:300], image[60:200, 20:300])


def test_the_caption_tells_name_rate_and_age(view: CameraView):
    view.set_frame(_flat((0, 0, 0)), 29.96, 21.4)
    assert view.caption == "front · 30.0 fps · 21 ms"


def test_an_old_picture_is_called_stale(view: CameraView):
    view.set_frame(_flat((0, 0, 0)), 3.0, STALE_MS + 1)
    assert view.caption.endswith("stale")


def test_an_offline_camera_does_not_freeze_its_last_picture(view: CameraView, pixels, share):
    view.set_frame(_flat((0, 200, 0)), 30.0, 20.0)
    view.set_offline("Unplugged. Plug it in again.")
    assert share(pixels(view), "#00c800") == 0.0
    assert view.caption == "front · offline"


def test_the_plan_is_drawn_in_three_colours(view: CameraView, pixels, share):
    view.set_frame(_flat((60, 60, 60)), 30.0, 20.0)
    view.set_trace(LINE, split=8, executing=12)
    image = pixels(view)
    for role in ("committed", "plan_near", "plan_far"):
        assert share(image, getattr(COLORS, role)) > 0.0005


def test_points_behind_the_camera_are_not_drawn(view: CameraView, pixels, share):
    view.set_frame(_flat((60, 60, 60)), 30.0, 20.0)
    hidden = LINE.copy()
    hidden[10:20] = np.nan
    view.set_trace(hidden, split=0)
    assert share(pixels(view)[110:130, 120:200], COLORS.plan_near) == 0.0
    assert share(pixels(view)[110:130, 220:300], COLORS.plan_near) > 0.01


def test_a_trace_can_be_taken_away(view: CameraView, pixels, share):
    view.set_frame(_flat((60, 60, 60)), 30.0, 20.0)
    view.set_trace(LINE)
    view.set_trace(None)
    assert share(pixels(view), COLORS.plan_near) == 0.0


@pytest.mark.parametrize("points", [np.zeros((0, 2)), np.zeros((1, 2)), np.full((4, 2), np.nan)])
def test_a_trace_too_short_to_draw_is_no_trace(view: CameraView, pixels, points):
    view.set_frame(_flat((60, 60, 60)), 30.0, 20.0)
    view.set_trace(points, split=2)
    assert pixels(view).shape == (240, 320, 3)


def test_the_picture_keeps_its_shape(view: CameraView):
    view.resize(400, 200)
    view.set_frame(_flat((9, 9, 9)), 30.0, 20.0)
    area = view.picture_area()
    assert area.width() / area.height() == pytest.approx(320 / 240, rel=0.01)


def test_a_click_is_an_intent(view: CameraView, qtbot: QtBot):
    with qtbot.waitSignal(view.clicked, timeout=500):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton)
