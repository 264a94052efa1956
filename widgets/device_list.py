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
from widgets.card import Card, label, tiny_button
from widgets.palette import COLORS


@dataclass(frozen=True, slots=True)
class DeviceItem:
    """One device that is plugged in."""

    name: str
    kind: str  # in words: "camera", "gamepad"
    address: str  # "" when nothing names it for good
    used_as: str = ""  # its role on the bench, "" none


class DeviceList(Card):
    """Emits ``copyRequested(address)``."""

    copyRequested = Signal(str)

    def __init__(self, title: str = "Plugged in", *, parent: QWidget | None = None) -> None:
        super().__init__(title, parent=parent)
        self._shown: tuple[tuple[DeviceItem, ...], tuple[str, ...]] | None = None
        self._rows = QVBoxLayout()
        self._rows.setSpacing(8)
        self._notes = QVBoxLayout()
        self._notes.setSpacing(8)
        self.body.addLayout(self._rows)
        self.body.addSpacing(4)
        self.body.addLayout(self._notes)
        self.set_devices((), ())

    def set_devices(self, items: Sequence[DeviceItem], notes: Sequence[str]) -> None:
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
            self._notes.addWidget(_note(note))

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
            copy = tiny_button("copy", f"Copy its address: {item.address}")
            copy.clicked.connect(partial(self._on_copy_clicked, item.address))
            line.addWidget(copy, 0, Qt.AlignmentFlag.AlignVCenter)
        return row

    def _on_copy_clicked(self, address: str, _checked: bool = False) -> None:
        self.copyRequested.emit(address)

    def sizeHint(self) -> QSize:
        return QSize(440, super().sizeHint().height())


def _note(text: str) -> QWidget:
    row = QWidget()
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(12)
    mark = QLabel()
    mark.setPixmap(icons.pixmap("attention", COLORS.attention, size_px=20))
    mark.setAccessibleName("attention")
    words = label(text, role="quiet", wrap=True)
    words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
    line.addWidget(words, 1, Qt.AlignmentFlag.AlignTop)
    return row


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
            ("Cameras a, b and c on one hub ask for about 442 Mbit/s of 384 Mbit/s.",),
        )
        return listing

    demo.show(build, size=(520, 320))


if __name__ == "__main__":
    main()
