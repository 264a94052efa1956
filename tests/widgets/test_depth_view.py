"""Depth reasoning on screen: absent with a reason, the map alone, the relative picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from widgets.depth_paint import VIRIDIS, viridis
from widgets.depth_view import DepthView
from widgets.palette import COLORS

SOME = np.zeros((10, 10), np.bool_)
SOME[2:4, 5:9] = True
SLOPE = np.tile(np.linspace(-1, 1, 40, dtype=np.float32)[:, None], (1, 40))


@pytest.fixture
def view(shown: Callable[..., DepthView]) -> DepthView:
    return shown(DepthView(), 320, 340)


def test_absent_depth_says_why(qtbot: QtBot) -> None:
    view = DepthView()
    qtbot.addWidget(view)
    assert "no depth head" in view.reason
    view.set_absent("Depth is off")
    assert view.reason == "Depth is off"


def test_without_a_decoder_the_map_shows_what_was_predicted(
    view: DepthView, pixels: Callable, share: Callable
) -> None:
    view.set_trace(SOME, 41.2, None)
    assert view.summary == "8 of 100 cells predicted · 41 ms"
    assert "No picture" in view.remark
    assert view.reason == ""
    one = share(pixels(view), COLORS.plan_near)
    view.set_trace(np.ones((10, 10), np.bool_), 300.0, None)
    assert view.summary == "all of 100 cells predicted · 300 ms"
    assert share(pixels(view), COLORS.plan_near) > 4 * one > 0


def test_nothing_predicted_outlines_nothing(
    view: DepthView, pixels: Callable, share: Callable
) -> None:
    view.set_trace(np.zeros((10, 10), np.bool_), 9.0, None)
    assert view.summary.startswith("0 of 100")
    assert share(pixels(view), COLORS.plan_near, 4) == 0


def test_a_decoded_picture_runs_from_far_to_near(view: DepthView, pixels: Callable) -> None:
    view.set_trace(np.zeros((10, 10), np.bool_), 12.0, SLOPE)
    assert "Relative depth" in view.remark
    assert "no metres" in view.remark
    picture = pixels(view)
    column = picture[:, picture.shape[1] // 2].astype(int)
    far, near = (np.abs(column - VIRIDIS[i]).sum(axis=1).argmin() for i in (0, -1))
    assert far < near
    for row, colour in ((far, VIRIDIS[0]), (near, VIRIDIS[-1])):
        assert np.abs(column[row] - colour).max() <= 12


def test_predicted_cells_of_a_picture_are_framed(view: DepthView, pixels: Callable) -> None:
    dark = np.zeros((8, 8), np.float32)
    dark[0, 0] = 1.0  # gives the map its range
    view.set_trace(SOME, 12.0, dark)
    image = pixels(view).astype(int)
    white = (image > 235).all(axis=-1)
    rows, columns = np.nonzero(white[: image.shape[0] // 2, image.shape[1] // 3 :])
    assert len(rows) > 100
    view.set_trace(np.ones((10, 10), np.bool_), 12.0, dark)
    again = (pixels(view) > 235).all(axis=-1)
    assert again.sum() < white.sum() / 2  # a frame around everything would say nothing
    assert columns.max() > columns.min()


def test_an_absence_after_a_plan_takes_the_picture_away(view: DepthView) -> None:
    view.set_trace(SOME, 12.0, SLOPE)
    view.set_absent("No plan")
    assert view.reason == "No plan"
    assert not view.findChild(type(view._canvas)).isVisible()


@given(st.floats(-50, 50), st.floats(0.1, 100))
def test_colours_depend_on_order_within_the_picture_only(offset: float, scale: float) -> None:
    assert np.abs(viridis(SLOPE * scale + offset).astype(int) - viridis(SLOPE)).max() <= 2


def test_a_flat_picture_has_one_colour() -> None:
    assert len(np.unique(viridis(np.full((4, 4), 3.0, np.float32)).reshape(-1, 3), axis=0)) == 1


def test_a_surface_is_asked_for_only_by_a_person_and_only_with_a_picture(
    view: DepthView, qtbot: QtBot
) -> None:
    view.set_trace(SOME, 41.2, SLOPE)
    assert not view.surface_box.isChecked()
    with qtbot.waitSignal(view.surfaceRequested) as asked:
        view.surface_box.click()
    assert asked.args == [True]
    view.set_trace(SOME, 41.2, None)
    assert not view.surface_box.isEnabled()
