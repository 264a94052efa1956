"""Why something could not be done, where it was asked for; what stands behind it on request.

Shows texts it is given; hidden while there is no problem.
"""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from widgets.card import button, label

_DETAILS_PX = 120


class ProblemLine(QWidget):
    """A sentence, and a button that opens its details below it."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = label("", tone="danger", wrap=True)
        self.details_button = button("Details", kind="quiet", icon="info")
        self.details_button.setCheckable(True)
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setProperty("role", "code")
        self._details.setAccessibleName("Details")
        self._details.setFixedHeight(_DETAILS_PX)
        row = QHBoxLayout()
        row.addWidget(self._sentence, 1)
        row.addWidget(self.details_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self._details)
        self.details_button.toggled.connect(self._details.setVisible)
        self.set_problem("")

    def set_problem(self, sentence: str, details: str = "") -> None:
        """Show a sentence; "" hides everything."""
        if sentence != self._sentence.text() or not sentence:
            self.details_button.setChecked(False)
            self._details.setVisible(False)
        self._sentence.setText(sentence)
        self._details.setPlainText(details)
        self.details_button.setVisible(bool(details))
        self.setVisible(bool(sentence))

    @property
    def sentence(self) -> str:
        return self._sentence.text()

    @property
    def details(self) -> str:
        """What can be read below the sentence, "" while it is closed."""
        return self._details.toPlainText() if self.details_button.isChecked() else ""


def main() -> None:
    """Show a problem with details."""
    from widgets import demo

    def build() -> QWidget:
        line = ProblemLine()
        line.set_problem("The cut lies outside of the recording.", "Traceback …\nCutOutside: …")
        return line

    demo.show(build, size=(420, 90))


if __name__ == "__main__":
    main()
