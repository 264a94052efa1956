"""A small card that says what to try next; it can be hidden and never stands in the way.

Shows the step it is given. Knows no page and no state.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from widgets.card import Card, button, label, tiny_button


class CoachCard(QWidget):
    """Emits ``goRequested`` (the button) and ``dismissed`` (the cross)."""

    goRequested = Signal()
    dismissed = Signal()

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card = Card("First steps")
        self._card.setProperty("role", "coach")
        self._count = label("", role="small")
        self.close_button = tiny_button("close", "Hide the first steps")
        self._card.heading_row.addWidget(self._count)
        self._card.heading_row.addStretch(1)
        self._card.heading_row.addWidget(self.close_button)
        self._title = label("", role="value")
        self._text = label("", role="quiet", wrap=True)
        self.go_button = button("", icon="play")
        foot = QHBoxLayout()
        self._progress = label("", role="small", tone="ok")
        foot.addWidget(self.go_button)
        foot.addStretch(1)
        foot.addWidget(self._progress)
        for part in (self._title, self._text):
            self._card.body.addWidget(part)
        self._card.body.addLayout(foot)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        place = QVBoxLayout(self)
        place.setContentsMargins(12, 12, 12, 0)
        place.addWidget(self._card)
        self.go_button.clicked.connect(self._on_go_clicked)
        self.close_button.clicked.connect(self._on_close_clicked)

    def set_step(
        self, title: str, text: str, *, count: str = "", go: str = "", progress: str = ""
    ) -> None:
        """Show a step.

        Args:
            title: what it is called.
            text: what to do, one or two sentences.
            count: which of how many ("2 of 5").
            go: words of the button that leads there, "" when one is there already.
            progress: how far it is ("3 of 5 kept").
        """
        self._title.setText(title)
        self._text.setText(text)
        self._count.setText(count)
        self.go_button.setText(go)
        self.go_button.setVisible(bool(go))
        self._progress.setText(progress)
        self._progress.setVisible(bool(progress))

    @property
    def text(self) -> str:
        parts = (self._count, self._title, self._text, self._progress)
        return " · ".join(part.text() for part in parts if part.text())

    def _on_go_clicked(self) -> None:
        self.goRequested.emit()

    def _on_close_clicked(self) -> None:
        self.dismissed.emit()


def main() -> None:
    """Show a step."""
    from widgets import demo

    def build() -> QWidget:
        card = CoachCard()
        text = "Press Train. A small policy learns from what you kept."
        card.set_step("Train", text, count="3 of 5", go="Go to Train")
        return card

    demo.show(build, size=(320, 170))


if __name__ == "__main__":
    main()
