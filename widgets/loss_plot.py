"""Training curves: loss while it falls, held-out loss beside it, and when it will be done.

Shows numbers it is given. Knows no job and no model.
"""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from widgets.card import Heading, label
from widgets.job_card import grouped, remaining
from widgets.palette import COLORS
from widgets.plot_canvas import PlotCanvas
from widgets.plot_legend import PlotLegend

_EMPTY = "Curves appear with the first steps of a training"
_MOST_POINTS = 1500  # then every second one is dropped


_FEWEST_TICKS = 3
_DIGITS = ((1, 2, 5), range(1, 10), [tenth / 10 for tenth in range(10, 100, 2)])  # coarse to fine


class LossPlot(QWidget):
    """Loss of the training data and of held-out episodes over steps."""

    def __init__(self, title: str = "Loss", *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._train: list[tuple[float, float]] = []
        self._heldout: list[tuple[float, float]] = []
        self._caption = label(_EMPTY, role="quiet")
        self._legend = PlotLegend()
        self._legend.setMaximumWidth(280)
        self._legend.setToolTip("")
        self.log_button = QPushButton("Logarithmic")
        self.log_button.setCheckable(True)
        self.log_button.setChecked(True)
        self.log_button.setProperty("segment", "true")
        self.log_button.setFixedWidth(92)
        self.log_button.toggled.connect(self._on_log_toggled)
        self._plot = PlotCanvas()
        self._plot.set_title("bottom", "steps")
        self._plot.set_title("left", "loss")
        self._plot.set_log_y(True)
        self._plot.set_x(0, 100)
        self._plot.set_y(-2, 0)
        self._curves = (self._plot.add_curve(), self._plot.add_curve())
        top = QHBoxLayout()
        top.setSpacing(14)
        top.addWidget(Heading(title))
        top.addWidget(self._legend, 1)
        top.addStretch(1)
        top.addWidget(self.log_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(top)
        column.addWidget(self._plot, 1)
        column.addWidget(self._caption)
        self._dress()

    def add(self, step: int, loss: float, heldout: float | None = None) -> None:
        """One more point; a step that goes back starts a new curve."""
        if self._train and step < self._train[-1][0]:
            self.clear()
        if math.isfinite(loss) and loss > 0:
            self._train.append((float(step), loss))
        if heldout is not None and math.isfinite(heldout) and heldout > 0:
            self._heldout.append((float(step), heldout))
        if len(self._train) > _MOST_POINTS:
            self._train = self._train[:-1:2] + self._train[-1:]
        self._draw()

    def clear(self) -> None:
        self._train.clear()
        self._heldout.clear()
        self._caption.setText(_EMPTY)
        self._draw()

    def set_eta(self, step: int, total: int, eta_s: float | None) -> None:
        """The line below: where it is, how good it is, when it ends."""
        parts = [f"Step {grouped(step)} of {grouped(total)}" if total else f"Step {grouped(step)}"]
        if self._train:
            parts.append(f"loss {self._train[-1][1]:.3g}")
        if self._heldout:
            parts.append(f"held-out {self._heldout[-1][1]:.3g}")
        if step < total or not total:
            parts.append(remaining(eta_s))
        self._caption.setText(" · ".join(parts))

    @property
    def caption(self) -> str:
        return self._caption.text()

    @property
    def points(self) -> tuple[int, int]:
        """How many points each curve has."""
        return len(self._train), len(self._heldout)

    def sizeHint(self) -> QSize:
        return QSize(640, 280)

    def _draw(self) -> None:
        for curve, points in zip(self._curves, (self._train, self._heldout), strict=True):
            xy = np.array(points, dtype=float).reshape(-1, 2)
            curve.setData(xy[:, 0], xy[:, 1])
        values = [loss for _, loss in (*self._train, *self._heldout)]
        if not values:
            return
        last = max(self._train[-1][0] if self._train else 0.0, 10.0)
        self._plot.set_x(0, last * 1.03)
        low, high = self._range(min(values), max(values))
        self._plot.set_y(low, high)
        self._plot.set_ticks("left", ticks(low, high) if self.log_button.isChecked() else None)

    def _range(self, low: float, high: float) -> tuple[float, float]:
        if self.log_button.isChecked():
            return math.log10(low) - 0.1, math.log10(high) + 0.1
        return 0.0, high * 1.08

    def _on_log_toggled(self, logarithmic: bool) -> None:
        self._plot.set_log_y(logarithmic)
        self._draw()

    def _dress(self) -> None:
        self._plot.dress()
        train, heldout = COLORS.plan_near, COLORS.attention
        self._curves[0].setPen(pg.mkPen(train, width=1))
        self._curves[1].setPen(pg.mkPen(heldout, width=1))
        self._curves[1].setSymbol("o")
        self._curves[1].setSymbolSize(5)
        self._curves[1].setSymbolBrush(heldout)
        self._curves[1].setSymbolPen(None)
        self._legend.set_entries([("training", train), ("held-out", heldout)])

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self._dress()
        super().changeEvent(event)


def ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Labels between two powers of ten, at their logarithms: 1, 2, 5 per decade, or finer ones."""
    decades = range(math.floor(low), math.ceil(high) + 1)
    marks: list[float] = []
    for digits in _DIGITS:
        wanted = [digit * 10.0**decade for decade in decades for digit in digits]
        marks = [m for m in wanted if low <= math.log10(m) <= high]
        if len(marks) >= _FEWEST_TICKS:
            break
    return [(math.log10(m), f"{m:g}") for m in marks]


def main() -> None:
    """Show a made-up training."""
    from widgets import demo

    def build() -> QWidget:
        view = LossPlot()
        random = np.random.default_rng(2)
        for step in range(0, 1300, 10):
            loss = 0.9 * math.exp(-step / 260) + 0.045 + 0.012 * random.normal()
            heldout = 0.9 * math.exp(-step / 280) + 0.062 if step % 100 == 0 else None
            view.add(step, abs(loss), heldout)
        view.set_eta(1290, 4000, 374.0)
        return view

    demo.show(build, size=(760, 330))


if __name__ == "__main__":
    main()
