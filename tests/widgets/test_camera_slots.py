"""Cameras as thumbnails that are dragged into their places."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from widgets.camera_slots import CameraItem, CameraSlots, Slot

PLACES, OTHERS = ("front", "wrist", "top"), ("left", "right")
C920, CHEAP = CameraItem("usb:1", "C920", "front"), CameraItem("usb:2", "Cheap Cam")
RED = np.full((60, 80, 3), (200, 20, 30), np.uint8)


@pytest.fixture
def slots(shown):
    made = CameraSlots()
    made.set_cameras([C920, CHEAP], PLACES, OTHERS)
    return shown(made, 380, 320)


def drop(slot: Slot, data: QMimeData) -> None:
    middle = QPointF(slot.rect().center())
    move, left = Qt.DropAction.MoveAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(slot, QDragEnterEvent(middle.toPoint(), move, data, left, none))
    event = QDropEvent(middle, move, data, left, none)
    QApplication.sendEvent(slot, event)
    assert event.isAccepted()


def test_a_camera_dragged_into_a_place_has_it(slots, qtbot):
    carried = slots.tiles["usb:2"].thumb.drag().mimeData()
    with qtbot.waitSignal(slots.placed) as asked:
        drop(slots.slots["wrist"], carried)
    assert asked.args == ["usb:2", "wrist"]


def test_a_camera_dropped_where_it_was_changes_nothing(slots, qtbot):
    with qtbot.assertNotEmitted(slots.placed):
        drop(slots.slots["front"], slots.tiles["usb:1"].thumb.drag().mimeData())


def test_a_drag_begins_only_after_some_way(slots, monkeypatch):
    thumb, begun = slots.tiles["usb:2"].thumb, []
    monkeypatch.setattr("widgets.camera_slots.QDrag.exec", lambda *_: begun.append(True))

    def mouse(kind: QEvent.Type, x: int) -> None:
        at = QPointF(QPoint(x, 10))
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(
            thumb, QMouseEvent(kind, at, thumb.mapToGlobal(at), left, left, none)
        )

    mouse(QEvent.Type.MouseMove, 90)
    mouse(QEvent.Type.MouseButtonPress, 10)
    mouse(QEvent.Type.MouseMove, 12)
    assert not begun
    mouse(QEvent.Type.MouseMove, 10 + QApplication.startDragDistance())
    assert begun


def test_the_list_of_a_tile_does_it_without_a_mouse(slots, qtbot):
    box = slots.tiles["usb:1"].box
    assert [box.itemData(i) for i in range(box.count())] == ["", *PLACES, *OTHERS]
    assert box.currentData() == "front"
    with qtbot.waitSignal(slots.placed) as asked:
        box.setCurrentIndex(0)
        box.activated.emit(0)
    assert asked.args == ["usb:1", ""]


def test_pictures_are_shown_and_trouble_takes_them_away(slots, pixels, share):
    thumb = slots.tiles["usb:1"].thumb
    slots.set_picture("usb:1", RED)
    assert share(pixels(thumb), "#c8141e") > 0.95
    slots.set_trouble("usb:1", "It is used by another program. Close it.")
    assert thumb.trouble == "It is used by another program. Close it."
    assert share(pixels(thumb), "#c8141e") == 0.0
    assert thumb.trouble in slots.troubles


def test_a_picture_of_a_camera_that_has_gone_is_ignored(slots):
    slots.set_cameras([C920], PLACES, OTHERS)
    slots.set_picture("usb:2", RED)
    assert list(slots.tiles) == ["usb:1"]


def test_the_same_cameras_again_keep_their_pictures(slots):
    slots.set_picture("usb:1", RED)
    before = slots.tiles["usb:1"]
    slots.set_cameras([C920, CHEAP], PLACES, OTHERS)
    assert slots.tiles["usb:1"] is before


def test_a_place_that_only_a_bench_file_names_has_a_slot(slots):
    slots.set_cameras([CameraItem("usb:3", "Odd", "under the table")], PLACES, OTHERS)
    assert "under the table" in slots.slots
    assert slots.tiles["usb:3"].box.currentData() == "under the table"
