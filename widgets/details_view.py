"""What stands behind an error: the sentence, and the lines that help to find its cause.

Shows text it is given; copying and saving a bundle are asked for. Knows no log.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPlainTextEdit, QWidget

from widgets.card import button, label
from widgets.overlay import Overlay


class DetailsView(Overlay):
    """Emits ``bundleRequested``."""

    bundleRequested = Signal()

    def __init__(self, *, parent: QWidget) -> None:
        super().__init__("What happened", size=QSize(860, 560), parent=parent)
        self._sentence = label("", role="value", wrap=True)
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setAccessibleName("Details")
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._text.setProperty("role", "code")
        self.copy_button = button("Copy", icon="copy", tip="Sentence and details as text")
        self.bundle_button = button(
            "Save a support bundle", icon="folder", tip="Logs, settings and versions in one file"
        )
        self.copy_button.clicked.connect(self._on_copy_clicked)
        self.bundle_button.clicked.connect(self._on_bundle_clicked)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.copy_button)
        foot.addWidget(self.bundle_button)
        self.body.addWidget(self._sentence)
        self.body.addWidget(self._text, 1)
        self.body.addLayout(foot)

    def set_details(self, sentence: str, details: str) -> None:
        self._sentence.setText(sentence)
        self._text.setPlainText(details or "There is nothing more in the log about this.")

    @property
    def text(self) -> str:
        return f"{self._sentence.text()}\n\n{self._text.toPlainText()}"

    def first_focus(self) -> QWidget:
        return self._text

    def _on_copy_clicked(self) -> None:
        QApplication.clipboard().setText(self.text)

    def _on_bundle_clicked(self) -> None:
        self.bundleRequested.emit()


def main() -> None:
    """Show a made-up traceback."""
    from widgets import demo

    def build() -> QWidget:
        page = QWidget()
        page.resize(900, 600)
        view = DetailsView(parent=page)
        view.set_details("The planner stopped; the arm holds.", "Traceback …\nValueError: bad")
        view.open()
        return page

    demo.show(build, size=(900, 600))


if __name__ == "__main__":
    main()
