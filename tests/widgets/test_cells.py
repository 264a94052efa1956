"""Cells are moved, closed and brought back; pictures use the space there is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QLabel

from widgets.camera_grid import CameraGrid, places
from widgets.cells import BOTTOM, LEFT, RIGHT, Cells
from widgets.coach_card import CoachCard


def cells() -> Cells:
    result = Cells(QLabel("3D"))
    result.add("cameras", "Cameras", QLabel("pictures"), RIGHT, closable=True)
    result.add("curves", "Joints", QLabel("curves"), BOTTOM, closable=True)
    result.add("inspector", "Inspector", QLabel("facts"), RIGHT, closable=False)
    return result


def test_a_closed_cell_stays_closed_when_the_page_changes(shown):
    held = shown(cells(), 800, 600)
    held.cell("cameras").set_wanted(False)
    held.show_only(("inspector",))
    held.show_only(("cameras", "curves", "inspector"))
    assert [k for k in ("cameras", "curves", "inspector") if held.cell(k).isVisible()] == [
        "curves",
        "inspector",
    ]


def test_the_menu_brings_it_back(shown):
    held = shown(cells(), 800, 600)
    held.cell("cameras").set_wanted(False)
    (entry,) = held.actions_to_show(("cameras",))
    assert not entry.isChecked()
    entry.setChecked(True)
    assert held.cell("cameras").isVisible()


def test_where_a_person_put_a_cell_is_remembered(shown):
    held = shown(cells(), 800, 600)
    held.addDockWidget(LEFT, held.cell("curves"))
    held.cell("cameras").set_wanted(False)
    state, closed = held.layout_state()
    fresh = shown(cells(), 800, 600)
    assert fresh.restore_layout(state, closed)
    assert fresh.dockWidgetArea(fresh.cell("curves")) is LEFT
    assert not fresh.cell("cameras").wanted


def test_a_layout_that_is_none_is_refused(shown):
    held = shown(cells(), 800, 600)
    assert not held.restore_layout(b"nonsense", [])


sizes = st.builds(QSize, st.integers(150, 1200), st.integers(120, 1200))


@given(st.integers(1, 5), sizes)
def test_pictures_lie_inside_and_do_not_overlap(count: int, size: QSize):
    areas = places(count, size)
    whole = QRect(-1, -1, size.width() + 2, size.height() + 2)
    assert all(whole.contains(area) for area in areas)
    assert not any(a.intersects(b) for i, a in enumerate(areas) for b in areas[:i])


def test_a_flat_place_shows_them_beside_each_other_and_a_tall_one_below():
    flat, tall = places(2, QSize(700, 200)), places(2, QSize(320, 600))
    assert flat[0].top() == flat[1].top()
    assert tall[0].left() == tall[1].left()


def test_the_height_asked_for_is_filled_without_margins():
    grid = CameraGrid((QLabel("a"), QLabel("b")))
    areas = places(2, QSize(324, grid.height_for(324)))
    assert areas[0].width() >= 322


def test_the_coach_says_where_to_go_and_can_be_hidden(shown, qtbot):
    card = shown(CoachCard(), 320, 170)
    card.set_step("Train", "Press Train.", count="3 of 5", go="Go to Train")
    assert card.text == "3 of 5 · Train · Press Train."
    with qtbot.waitSignal(card.goRequested, timeout=1000):
        card.go_button.click()
    with qtbot.waitSignal(card.dismissed, timeout=1000):
        card.close_button.click()
    card.set_step("Record", "Keep five.", progress="3 of 5 kept")
    assert not card.go_button.isVisible()
