"""The list "Plugged in": cameras, pucks, gamepads and pedals with the names that last.

Shows rows and notes it is given; emits the address a person wants to copy. Knows no device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLayout, QVBoxLayout, QWidget

from widgets import icons
from widgets.card import Card, button, label, tiny_button
from widgets.palette import COLORS


@dataclass(frozen=True, slots=True)
class DeviceItem:
    """One device that is plugged in."""

    name: str
    kind: str  # in words: "camera", "gamepad"
    address: str  # "" when nothing names it for good
    used_as: str = ""  # its role on the bench, "" none


@dataclass(frozen=True, slots=True)
class DeviceNote:
    """Something that stands in a device's way."""

    text: str
    command: str = ""  # that a person can paste into a terminal, "" none


class DeviceList(Card):
    """Emits ``copyRequested(text)``: an address or a command."""

    copyRequested = Signal(str)

    def __init__(self, title: str = "Plugged in", *, parent: QWidget | None = None) -> None:
        super().__init__(title, parent=parent)
        self._shown: tuple[tuple[DeviceItem, ...], tuple[DeviceNote, ...]] | None = None
        self._rows = QVBoxLayout()
        self._rows.setSpacing(8)
        self._notes = QVBoxLayout()
        self._notes.setSpacing(8)
        self.body.addLayout(self._rows)
        self.body.addSpacing(4)
        self.body.addLayout(self._notes)
        self.set_devices((), ())

    def set_devices(self, items: Sequence[DeviceItem], notes: Sequence[DeviceNote]) -> None:
        """Show these devices and what stands in their way."""
        new = (tuple(items), tuple(notes))
        if new == self._shown:
            return
        self._shown = new
        for layout in (self._rows, self._notes):
            _empty(layout)
        if not items:
            text = "No camera, puck, gamepad or pedal. What you plug in appears here."
            self._rows.addWidget(label(text, role="quiet", wrap=True))
        for item in items:
            self._rows.addWidget(self._row(item))
        for note in notes:
            self._notes.addWidget(self._note(note))

    def _row(self, item: DeviceItem) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        texts = QVBoxLayout()
        texts.setSpacing(1)
        use = f"{item.kind}, used as {item.used_as}" if item.used_as else item.kind
        texts.addWidget(label(item.name, role="value"))
        missing = "" if item.address else "; nothing names it for good, try another port"
        texts.addWidget(label(use + missing, role="quiet", wrap=True))
        line.addLayout(texts, 1)
        row.setToolTip(item.address)
        row.setAccessibleName(f"{item.name}, {use}")
        if item.address:
            line.addWidget(self._copy(item.address, f"Copy its address: {item.address}"))
        return row

    def _note(self, note: DeviceNote) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(12)
        mark = QLabel()
        mark.setPixmap(icons.pixmap("attention", COLORS.attention, size_px=20))
        mark.setAccessibleName("attention")
        line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        right = QVBoxLayout()
        right.addWidget(label(note.text, role="quiet", wrap=True))
        if note.command:
            copy = button("Copy command", icon="copy", tip=note.command)
            copy.clicked.connect(partial(self._on_copy_clicked, note.command))
            right.addWidget(copy, 0, Qt.AlignmentFlag.AlignLeft)
        line.addLayout(right, 1)
        return row

    def _copy(self, text: str, tip: str) -> QWidget:
        copy = tiny_button("copy", tip)
        copy.clicked.connect(partial(self._on_copy_clicked, text))
        return copy

    def _on_copy_clicked(self, address: str, _checked: bool = False) -> None:
        self.copyRequested.emit(address)

    def sizeHint(self) -> QSize:
        return QSize(440, super().sizeHint().height())


def _empty(layout: QLayout) -> None:
    while (entry := layout.takeAt(0)) is not None:
        widget = entry.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()


def main() -> None:
    """Show one of each."""
    from widgets import demo

    def build() -> QWidget:
        listing = DeviceList()
        listing.set_devices(
            (
                DeviceItem("HD Pro Webcam C920", "camera", "/dev/v4l/by-id/usb-046d_C920", "front"),
                DeviceItem("SpaceMouse Compact", "puck", "hid:256f:c635"),
                DeviceItem("Cheap Cam", "camera", ""),
            ),
            (DeviceNote("SpaceMouse Compact may not be opened. A rule allows it.", "sudo tee"),),
        )
        return listing

    demo.show(build, size=(520, 320))


if __name__ == "__main__":
    main()
