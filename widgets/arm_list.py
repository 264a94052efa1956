"""The arms that were found: what each is, what is wrong with it, and which role it has.

Shows rows it is given; emits what a person wants of one. Knows no port and no protocol.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from widgets.card import button, label, line

NO_ROLE = "Not used"


@dataclass(frozen=True, slots=True)
class ArmItem:
    """One port and the arm on it."""

    key: str  # the port
    title: str
    detail: str  # motors, supply; or why nothing is known
    roles: tuple[tuple[str, str], ...] = ()  # key and words; () when it cannot have one
    role: str = ""  # "" none
    trouble: str = ""  # what is wrong and how it is mended
    tone: str = "danger"  # of the trouble: "danger" or "attention"
    command: str = ""  # for a terminal, "" none
    calibration: str = ""  # in words, "" none
    can_calibrate: bool = False
    can_undo: bool = False
    can_export: bool = False


class ArmList(QWidget):
    """Emits what was asked of a row by its key."""

    roleChosen = Signal(str, str)  # key, role
    calibrateRequested = Signal(str)
    importRequested = Signal(str)
    exportRequested = Signal(str)
    undoRequested = Signal(str)
    copyRequested = Signal(str)  # text

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[tuple[ArmItem, ...], str, bool] | None = None
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(10)

    def set_arms(self, items: Sequence[ArmItem], *, empty: str, enabled: bool = True) -> None:
        """Show these rows, or the sentence ``empty``.

        Args:
            items: one per port.
            empty: shown when there is none.
            enabled: False while something else has the arms.
        """
        new = (tuple(items), empty, enabled)
        if new == self._shown:
            return
        self._shown = new
        while (entry := self._rows.takeAt(0)) is not None:
            widget = entry.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if not items:
            self._rows.addWidget(label(empty, role="quiet", wrap=True))
        for number, item in enumerate(items):
            if number:
                self._rows.addWidget(line())
            row = self._row(item)
            row.setEnabled(enabled)
            self._rows.addWidget(row)

    def _row(self, item: ArmItem) -> QWidget:
        row = QWidget()
        row.setAccessibleName(f"{item.title}, {item.detail}")
        row.setToolTip(item.key)
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        head = QHBoxLayout()
        head.addWidget(label(item.title, role="value"), 1)
        if item.roles:
            head.addWidget(self._role_box(item))
        column.addLayout(head)
        column.addWidget(label(item.detail, role="quiet", wrap=True))
        if item.trouble:
            column.addWidget(label(item.trouble, tone=item.tone, wrap=True))
        if item.command:
            copy = button("Copy command", icon="copy", tip=item.command)
            copy.clicked.connect(partial(self._on_copy_clicked, item.command))
            column.addWidget(copy)
        if item.calibration:
            column.addWidget(label(item.calibration, role="quiet", wrap=True))
        if item.role:
            column.addLayout(self._buttons(item))
        return row

    def _role_box(self, item: ArmItem) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(f"Role of {item.title}")
        box.addItem(NO_ROLE, "")
        for key, words in item.roles:
            box.addItem(words, key)
        box.setCurrentIndex(max(0, box.findData(item.role)))
        box.activated.connect(partial(self._on_role_activated, item.key, box))
        return box

    def _buttons(self, item: ArmItem) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        kind = "" if item.can_export else "primary"
        wanted = [
            ("Calibrate", kind, self.calibrateRequested, item.can_calibrate, "Measure it by hand"),
            ("Import", "quiet", self.importRequested, True, "Take over a calibration from a file"),
        ]
        if item.can_export:
            tip = "Save the calibration as LeRobot reads it"
            wanted.append(("Export", "quiet", self.exportRequested, True, tip))
        if item.can_undo:
            tip = "The calibration before this one again, in file and motors"
            wanted.append(("Undo", "quiet", self.undoRequested, item.can_calibrate, tip))
        for text, style, signal, enabled, tip in wanted:
            ask = button(text, kind=style, tip=tip)
            ask.setEnabled(enabled)
            ask.clicked.connect(partial(self._on_asked, signal, item.key))
            row.addWidget(ask)
        row.addStretch(1)
        return row

    def _on_role_activated(self, key: str, box: QComboBox, _index: int) -> None:
        self.roleChosen.emit(key, box.currentData())

    def _on_asked(self, signal: SignalInstance, key: str, _checked: bool = False) -> None:
        signal.emit(key)

    def _on_copy_clicked(self, text: str, _checked: bool = False) -> None:
        self.copyRequested.emit(text)


def main() -> None:
    """Show one of each."""
    from widgets import demo

    roles = (("follower", "Follower"), ("leaders.main", "Leader"))

    def build() -> QWidget:
        listing = ArmList()
        listing.set_arms(
            (
                ArmItem("/dev/a", "SO-101 arm", "6 motors, 7.4 V, firmware 3.10", roles, "follower",
                        calibration="Calibrated today", can_calibrate=True, can_export=True),
                ArmItem("/dev/b", "Nobody answers", "serial adapter (CH340)",
                        trouble="arm did not open: no answer. Check the power supply."),
            ),
            empty="",
        )  # fmt: skip
        return listing

    demo.show(build, size=(400, 300))


if __name__ == "__main__":
    main()
