"""The list of what is plugged in."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QPushButton

from widgets.device_list import DeviceItem, DeviceList, DeviceNote

CAMERA = DeviceItem("C920", "camera", "/dev/v4l/by-id/usb-C920", "front")
NAMELESS = DeviceItem("Cheap Cam", "camera", "")


def texts(listing):
    return [part.text() for part in listing.findChildren(QLabel) if part.isVisibleTo(listing)]


def test_names_roles_and_notes_are_shown(shown):
    listing = DeviceList()
    listing.set_devices([CAMERA, NAMELESS], [DeviceNote("Too much for one cable.")])
    shown(listing, 400, 300)
    assert {"C920", "camera, used as front", "Cheap Cam"} <= set(texts(listing))
    assert any("nothing names it for good" in text for text in texts(listing))
    assert "Too much for one cable." in texts(listing)


def test_only_what_has_a_lasting_address_can_be_copied(shown, qtbot):
    listing = DeviceList()
    listing.set_devices([CAMERA, NAMELESS], [])
    shown(listing, 400, 300)
    (copy,) = [b for b in listing.findChildren(QPushButton) if b.isVisibleTo(listing)]
    with qtbot.waitSignal(listing.copyRequested) as asked:
        copy.click()
    assert asked.args == ["/dev/v4l/by-id/usb-C920"]


def test_an_empty_list_says_what_would_appear(shown):
    listing = DeviceList()
    shown(listing, 400, 200)
    assert any("What you plug in appears here" in text for text in texts(listing))


def test_the_same_list_again_is_not_built_again(shown):
    listing = DeviceList()
    shown(listing, 400, 300)
    listing.set_devices([CAMERA], [])
    before = listing.findChildren(QPushButton)
    listing.set_devices([CAMERA], [])
    assert listing.findChildren(QPushButton) == before


def test_a_command_that_helps_can_be_copied(shown, qtbot):
    listing = DeviceList()
    listing.set_devices([], [DeviceNote("It may not be opened.", "sudo something")])
    shown(listing, 400, 300)
    (copy,) = [b for b in listing.findChildren(QPushButton) if b.isVisibleTo(listing)]
    with qtbot.waitSignal(listing.copyRequested) as asked:
        copy.click()
    assert asked.args == ["sudo something"]
