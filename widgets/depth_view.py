"""Depth reasoning on the Run page: today an honest card that says why there is none.

A coarse *relative* depth picture belongs here once a checkpoint has a depth head; this knows none.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from widgets import icons
from widgets.card import Card, label
from widgets.palette import COLORS

NO_DEPTH_HEAD = "This checkpoint has no depth head, so it plans without depth reasoning."


class DepthView(Card):
    """Shows the reason for the absence of depth."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__("Depth reasoning", parent=parent)
        mark = QLabel()
        mark.setPixmap(icons.pixmap("cube", COLORS.quiet, size_px=28))
        self._reason = label("", role="quiet", wrap=True)
        self._reason.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.body.addStretch(1)
        self.body.addWidget(mark, 0, Qt.AlignmentFlag.AlignHCenter)
        self.body.addWidget(self._reason)
        self.body.addStretch(1)
        self.set_absent(NO_DEPTH_HEAD)

    def set_absent(self, reason: str) -> None:
        """Say why no depth is shown."""
        self._reason.setText(reason)

    @property
    def reason(self) -> str:
        return self._reason.text()


def main() -> None:
    """Show the placeholder."""
    from widgets import demo

    demo.show(DepthView, size=(420, 220))


if __name__ == "__main__":
    main()
