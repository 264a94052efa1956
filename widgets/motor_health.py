"""How every motor of an arm is: temperature, supply, current, load, answers asked for again.

A table of numbers with a tone each; what a motor complains about stands below it. Shows values it
is given and judges them by bounds it is given. Knows no motor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from widgets import theme
from widgets.card import Card, label

COLUMNS = ("", "°C", "V", "A", "load", "again")
TIPS = (
    "",
    "Temperature of the motor",
    "Supply voltage at the motor",
    "Current",
    "Share of its full force",
    "Answers that had to be asked for again since it was connected",
)
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class MotorRow:
    """One motor; None where its bus does not tell."""

    name: str
    temperature_c: float | None
    voltage_v: float | None
    current_a: float | None
    load: float | None  # share of full force, signed
    again: int | None  # answers asked for once more
    alarm: str = ""  # what it complains about, "" nothing


@dataclass(frozen=True, slots=True)
class Bounds:
    """From where on a number is worth a look, and from where on it is bad."""

    warm_c: float = 50.0
    hot_c: float = 60.0
    low_v: float = 4.5  # an STS3215 gives up at 4.0 V
    strained: float = 0.8  # share of full force
    many_again: int = 100


class MotorHealth(Card):
    """Hidden while nothing is known."""

    def __init__(
        self, title: str = "Motors", *, bounds: Bounds | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(title, parent=parent)
        self._bounds = bounds or Bounds()
        self._names: tuple[str, ...] = ()
        self._cells: list[tuple[QLabel, ...]] = []
        self._alarms = label("", tone="danger", wrap=True)
        self._place = QWidget()
        self._grid = QGridLayout(self._place)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(0, 1)
        self.body.addWidget(self._place)
        self.body.addWidget(self._alarms)
        self.set_motors(())

    def set_motors(self, rows: Sequence[MotorRow]) -> None:
        """Show these motors; the same names again keep their cells."""
        self.setVisible(bool(rows))
        if tuple(row.name for row in rows) != self._names:
            self._start_over(rows)
        for cells, row in zip(self._cells, rows, strict=True):
            for cell, (text, tone) in zip(cells, self._values(row), strict=True):
                cell.setText(text)
                theme.restyle(cell, tone=tone)
        complaints = [f"{row.name}: {row.alarm}" for row in rows if row.alarm]
        self._alarms.setText("; ".join(complaints))
        self._alarms.setVisible(bool(complaints))

    def texts(self, name: str) -> tuple[str, ...]:
        """What stands in the row of a motor."""
        return tuple(cell.text() for cell in self._cells[self._names.index(name)])

    def _values(self, row: MotorRow) -> tuple[tuple[str, str], ...]:
        """Text and tone of every cell."""
        b = self._bounds
        celsius, volts, amperes, load = row.temperature_c, row.voltage_v, row.current_a, row.load
        return (
            (row.name, "danger" if row.alarm else ""),
            (_number(celsius, 0), _above(celsius, b.warm_c, b.hot_c)),
            (_number(volts, 1), "attention" if volts is not None and volts < b.low_v else ""),
            (_number(amperes, 2), ""),
            (
                NOTHING if load is None else f"{100 * abs(load):.0f} %",
                "attention" if load is not None and abs(load) > b.strained else "",
            ),
            (
                NOTHING if row.again is None else f"{row.again}",
                "attention" if (row.again or 0) > b.many_again else "",
            ),
        )

    def _start_over(self, rows: Sequence[MotorRow]) -> None:
        while (entry := self._grid.takeAt(0)) is not None:
            widget = entry.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._names = tuple(row.name for row in rows)
        for column, (text, tip) in enumerate(zip(COLUMNS, TIPS, strict=True)):
            head = label(text, role="small")
            head.setToolTip(tip)
            self._grid.addWidget(head, 0, column, _side(column))
        self._cells = [tuple(label() for _ in COLUMNS) for _ in rows]
        for number, cells in enumerate(self._cells, start=1):
            for column, cell in enumerate(cells):
                self._grid.addWidget(cell, number, column, _side(column))


def _side(column: int) -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft


def _number(value: float | None, digits: int) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"


def _above(value: float | None, attention: float, danger: float) -> str:
    if value is None or value < attention:
        return ""
    return "danger" if value >= danger else "attention"


def main() -> None:
    """Show a motor that is hot and one that complains."""
    from widgets import demo

    def build() -> QWidget:
        card = MotorHealth()
        card.set_motors(
            (
                MotorRow("shoulder pan", 31.0, 7.4, 0.05, 0.02, 0),
                MotorRow("shoulder lift", 52.0, 7.3, 0.61, 0.44, 3),
                MotorRow("gripper", 63.0, 7.1, 1.4, 0.91, 0, "overload"),
            )
        )
        return card

    demo.show(build, size=(340, 220))


if __name__ == "__main__":
    main()
