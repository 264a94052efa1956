"""Measuring an arm by hand: what to do now, how far every joint was swept, and the way out.

Shows what it is given; emits what a person asks for. Knows no arm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QProgressBar, QWidget

from widgets import theme
from widgets.card import Card, button, label

FULL = 100  # per cent
BAR_PX = 40  # at least
MARKS = {"waiting": "○", "now": "●", "done": "✓"}
TONES = {"waiting": "quiet", "now": "human", "done": "ok"}


@dataclass(frozen=True, slots=True)
class SweepRow:
    """One joint."""

    name: str
    share: float  # 0…1 of what it usually turns
    text: str  # how far, with its unit
    state: str  # "waiting", "now" or "done"


class SweepCard(Card):
    """Emits ``nextRequested``, ``storeRequested`` and ``cancelRequested``."""

    nextRequested = Signal()
    storeRequested = Signal()
    cancelRequested = Signal()

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__("Calibrate", parent=parent)
        self._advice = label("", role="subtitle", wrap=True)
        self._remark = label("", tone="attention", wrap=True)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnStretch(2, 1)
        self._names: tuple[str, ...] = ()
        self._cells: list[tuple[QWidget, ...]] = []
        self.next_button = button("Next joint", tip="This joint was moved as far as it goes")
        self.store_button = button(
            "Store", kind="primary", icon="keep", tip="Write what was measured into the motors"
        )
        self.cancel_button = button("Cancel", kind="quiet", tip="The motors stay as they were")
        self.next_button.clicked.connect(self.nextRequested)
        self.store_button.clicked.connect(self.storeRequested)
        self.cancel_button.clicked.connect(self.cancelRequested)
        foot = QHBoxLayout()
        foot.setSpacing(6)
        for part in (self.next_button, self.store_button, self.cancel_button):
            foot.addWidget(part)
        foot.addStretch(1)
        self.body.addWidget(self._advice)
        self.body.addLayout(self._grid)
        self.body.addWidget(self._remark)
        self.body.addLayout(foot)
        self.set_sweep("", (), may_store=False)

    def set_sweep(
        self, advice: str, rows: Sequence[SweepRow], *, may_store: bool, remark: str = ""
    ) -> None:
        """Show how far it is.

        Args:
            advice: what to do now.
            rows: every joint.
            may_store: enough was measured.
            remark: what looks odd, "" nothing.
        """
        self._advice.setText(advice)
        self._remark.setText(remark)
        self._remark.setVisible(bool(remark))
        self.store_button.setEnabled(may_store)
        self.next_button.setEnabled(bool(rows) and not may_store)
        if tuple(row.name for row in rows) != self._names:
            self._start_over(rows)
        for cells, row in zip(self._cells, rows, strict=True):
            self._show(cells, row)

    @property
    def advice(self) -> str:
        return self._advice.text()

    def _start_over(self, rows: Sequence[SweepRow]) -> None:
        for cell in (cell for cells in self._cells for cell in cells):
            cell.hide()
            cell.deleteLater()
        self._names = tuple(row.name for row in rows)
        self._cells = []
        for number, row in enumerate(rows):
            bar = QProgressBar()
            bar.setRange(0, FULL)
            bar.setTextVisible(False)
            bar.setMinimumWidth(BAR_PX)
            bar.setAccessibleName(f"{row.name} swept")
            cells = (label(), label(row.name), bar, label("", role="value"))
            cells[3].setAlignment(Qt.AlignmentFlag.AlignRight)
            for column, cell in enumerate(cells):
                self._grid.addWidget(cell, number, column)
            self._cells.append(cells)

    def _show(self, cells: tuple[QWidget, ...], row: SweepRow) -> None:
        mark, name, bar, text = cells
        mark.setProperty("text", MARKS[row.state])
        theme.restyle(mark, tone=TONES[row.state])
        theme.restyle(name, role="value" if row.state == "now" else "quiet")
        theme.restyle(bar, tone="ok" if row.state == "done" else "")
        bar.setProperty("value", round(FULL * min(1.0, row.share)))
        text.setProperty("text", row.text)


def main() -> None:
    """Show a sweep that has begun."""
    from widgets import demo

    def build() -> QWidget:
        card = SweepCard()
        rows = (
            SweepRow("shoulder pan", 1.0, "218°", "done"),
            SweepRow("shoulder lift", 0.4, "76°", "now"),
            SweepRow("gripper", 0.0, "0°", "waiting"),
        )
        card.set_sweep("Move the shoulder lift from one end to the other.", rows, may_store=False)
        return card

    demo.show(build, size=(400, 260))


if __name__ == "__main__":
    main()
