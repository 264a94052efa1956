"""How much the policy may do before a person agrees: four segments.

Emits what is asked for; shows only what it is told. Knows no rig.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QPushButton, QWidget

from recordings.types import Autonomy
from widgets.card import Card, label

_WORDS = {
    Autonomy.ASK_EACH: ("Ask each", "Every plan waits for you. Enter approves it."),
    Autonomy.ASK_FIRST: ("Ask first", "The first plan of an episode waits for you, the rest run."),
    Autonomy.VETO: (
        "Veto",
        "The first plan runs after a short wait unless you refuse it.",
    ),
    Autonomy.AUTO: ("Auto", "Plans run as soon as they pass their checks."),
}


class AutonomyPicker(Card):
    """Emits ``autonomyRequested(Autonomy)`` on a click."""

    autonomyRequested = Signal(Autonomy)

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__("Autonomy", parent=parent)
        self._group = QButtonGroup(self)
        self._buttons: dict[Autonomy, QPushButton] = {}
        row = QHBoxLayout()
        row.setSpacing(6)
        for autonomy, (text, tip) in _WORDS.items():
            item = QPushButton(text)
            item.setProperty("segment", "true")
            item.setCheckable(True)
            item.setToolTip(tip)
            item.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            item.setCursor(Qt.CursorShape.PointingHandCursor)
            self._group.addButton(item)
            self._buttons[autonomy] = item
            row.addWidget(item, 1)
        self._group.buttonClicked.connect(self._on_button_clicked)
        self._sentence = label("", role="small", wrap=True)
        self.body.addLayout(row)
        self.body.addWidget(self._sentence)
        self._current = Autonomy.ASK_EACH
        self.set_autonomy(Autonomy.ASK_EACH)

    def set_autonomy(self, autonomy: Autonomy) -> None:
        self._current = autonomy
        self._buttons[autonomy].setChecked(True)
        self._sentence.setText(_WORDS[autonomy][1])

    @property
    def autonomy(self) -> Autonomy:
        """What is shown."""
        return self._current

    def _on_button_clicked(self, clicked: QAbstractButton) -> None:
        asked = next(a for a, item in self._buttons.items() if item is clicked)
        self.set_autonomy(self._current)  # the truth comes back through the setter
        self.autonomyRequested.emit(asked)


def main() -> None:
    """Show the picker; a click is granted at once."""
    from widgets import demo

    def build() -> QWidget:
        picker = AutonomyPicker()
        picker.set_autonomy(Autonomy.VETO)
        picker.autonomyRequested.connect(picker.set_autonomy)
        return picker

    demo.show(build, size=(340, 150))


if __name__ == "__main__":
    main()
