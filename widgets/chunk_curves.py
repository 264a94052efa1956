"""What a policy would have planned beside what was recorded: one small plot per joint.

Shows chunks it is given, one at a time. Knows no training and no robot; grippers are in per cent,
all else in degrees.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from widgets.card import Heading, label
from widgets.palette import COLORS
from widgets.plan_words import spaced
from widgets.plot_canvas import PlotCanvas
from widgets.plot_legend import PlotLegend

F64 = npt.NDArray[np.float64]
_LEAST = {"°": 10.0, " %": 20.0}  # a plot never shows less: noise must not look like motion
_STEPS = (0.5, 1, 2, 5, 10, 20, 30, 45, 90, 180)


@dataclass(frozen=True, slots=True)
class ChunkPair:
    """One moment of an episode."""

    recorded: F64  # (h, n) rad, grippers opening fraction 0 … 1
    planned: F64  # (h, n)
    valid: npt.NDArray[np.bool_]  # (h,) rows that were really recorded


class ChunkCurves(QWidget):
    """Solid is recorded, dashed is planned; a button per moment."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pairs: list[ChunkPair] = []
        self._dt_s = 0.1
        self._units: list[str] = []
        self._charts: list[_Chart] = []
        self._legend = PlotLegend()
        self._legend.setMaximumWidth(280)
        self._legend.setToolTip("")
        self.words = label("", role="quiet", wrap=True)
        self._moments = QButtonGroup(self)
        self._moments.idClicked.connect(lambda _: self._draw())
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(4)
        self._grid = QGridLayout()
        self._grid.setSpacing(6)
        top = QHBoxLayout()
        top.setSpacing(14)
        top.addWidget(Heading("Held-out moments"))
        top.addWidget(self._legend, 1)
        top.addStretch(1)
        top.addLayout(self._buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(top)
        column.addLayout(self._grid, 1)
        column.addWidget(self.words)
        self._dress()

    # ── setters ────────────────────────────────────────────────────────────────────────────

    def set_joints(self, names: Sequence[str], is_gripper: Sequence[bool]) -> None:
        """One plot for each; the same joints again keep theirs."""
        units = [" %" if gripper else "°" for gripper in is_gripper]
        if units == self._units and [chart.name for chart in self._charts] == list(names):
            return
        for chart in self._charts:
            self._grid.removeWidget(chart)
            chart.hide()
            chart.deleteLater()
        self._units = units
        self._charts = [_Chart(name, unit) for name, unit in zip(names, units, strict=True)]
        columns = max(1, math.ceil(math.sqrt(1.5 * len(names))))
        for i, chart in enumerate(self._charts):
            self._grid.addWidget(chart, i // columns, i % columns)

    def set_chunks(self, pairs: Sequence[ChunkPair], *, dt_s: float, words: str = "") -> None:
        """Show these moments, rows ``dt_s`` apart; the chosen one stays chosen."""
        self._pairs, self._dt_s = list(pairs), dt_s
        self._offer(len(pairs))
        self.words.setText(words)
        self._draw()

    @property
    def moment(self) -> int:
        """Which moment is on screen, 0 the first."""
        return max(0, self._moments.checkedId())

    def show_moment(self, number: int) -> None:
        """Bring this moment to the front."""
        self._moments.button(number).setChecked(True)
        self._draw()

    @property
    def titles(self) -> list[str]:
        """What is written over the plots."""
        return [chart.title.text() for chart in self._charts]

    def sizeHint(self) -> QSize:
        return QSize(640, 320)

    # ── drawing ────────────────────────────────────────────────────────────────────────────

    def _offer(self, count: int) -> None:
        present = self._moments.buttons()
        if len(present) == count:
            return
        for item in present:
            self._moments.removeButton(item)
            self._buttons.removeWidget(item)
            item.hide()
            item.deleteLater()
        for number in range(count):
            item = QPushButton(f"Moment {number + 1}")
            item.setCheckable(True)
            item.setChecked(number == 0)
            item.setProperty("segment", "true")
            item.setFixedWidth(76)
            self._moments.addButton(item, number)
            self._buttons.addWidget(item)

    def _draw(self) -> None:
        if self.moment >= len(self._pairs):
            return
        pair = self._pairs[self.moment]
        t_s = self._dt_s * np.arange(len(pair.planned), dtype=np.float64)
        for i, (chart, unit) in enumerate(zip(self._charts, self._units, strict=True)):
            recorded, planned = (
                part[:, i] * 100.0 if unit == " %" else np.degrees(part[:, i])
                for part in (pair.recorded, pair.planned)
            )
            chart.show_pair(t_s, recorded, planned, pair.valid)

    def _dress(self) -> None:
        self._legend.set_entries([("recorded", COLORS.measured), ("planned", COLORS.plan_near)])
        for chart in self._charts:
            chart.dress()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self._dress()
        super().changeEvent(event)


class _Chart(QWidget):
    """One joint over the seconds of a chunk."""

    def __init__(self, name: str, unit: str) -> None:
        super().__init__()
        self.name = name
        self._unit = unit
        self.title = label(spaced(name), role="quiet")
        self._plot = PlotCanvas()
        self._plot.setMinimumSize(110, 70)
        self._recorded = self._plot.add_plain_curve()
        self._planned = self._plot.add_plain_curve()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(self.title)
        column.addWidget(self._plot, 1)
        self.dress()

    def show_pair(
        self, t_s: F64, recorded: F64, planned: F64, valid: npt.NDArray[np.bool_]
    ) -> None:
        """Both curves in shown units; the recorded one only where there is a recording."""
        self._recorded.setData(t_s[valid], recorded[valid])
        self._planned.setData(t_s, planned)
        low, high = room(np.concatenate([recorded[valid], planned]), least=_LEAST[self._unit])
        self._plot.set_y(low, high)
        self._plot.set_x(0.0, max(float(t_s[-1]), 1e-3))
        marks = [(v, f"{v:.0f}{self._unit}") for v in round_values(low, high)]
        self._plot.set_ticks("left", marks)
        seconds = round_values(0.0, float(t_s[-1]))
        self._plot.set_ticks("bottom", [(v, f"{v:g} s") for v in seconds])
        apart = float(np.abs(planned - recorded)[valid].mean()) if valid.any() else math.nan
        said = f" · {apart:.1f}{self._unit} apart" if math.isfinite(apart) else ""
        self.title.setText(spaced(self.name) + said)

    def dress(self) -> None:
        """Take the colours of the palette in use."""
        self._plot.dress()
        self._recorded.setPen(pg.mkPen(COLORS.measured, width=1))
        self._planned.setPen(pg.mkPen(COLORS.plan_near, width=1, dash=(5, 4)))


def room(values: F64, *, least: float) -> tuple[float, float]:
    """The range to show: all of ``values``, some air, never less than ``least``."""
    low, high = float(values.min()), float(values.max())
    span = max(high - low, least)
    middle = (low + high) / 2
    return middle - 0.58 * span, middle + 0.58 * span


def round_values(low: float, high: float) -> list[float]:
    """Two to five round numbers between ``low`` and ``high``; fewer where there are none."""
    step = next((s for s in _STEPS if (high - low) / s <= 4), 360)
    return [float(v) for v in np.arange(math.ceil(low / step) * step, high + 1e-9, step)]


def main() -> None:
    """Show a made-up policy that has nearly understood."""
    from widgets import demo
    from widgets.demo_scene import IS_GRIPPER, JOINTS, plan

    def build() -> QWidget:
        view = ChunkCurves()
        view.set_joints(JOINTS, IS_GRIPPER)
        q = np.asarray(plan(), dtype=float)
        wave = 0.06 * np.sin(np.linspace(0, 5, len(q)))[:, None]
        ends = np.arange(len(q)) < 20
        pairs = [ChunkPair(q, q + wave, ends | True), ChunkPair(q, q - 2 * wave, ends)]
        view.set_chunks(pairs, dt_s=0.1, words="Planned at step 1290, on episodes kept aside.")
        return view

    demo.show(build, size=(900, 420))


if __name__ == "__main__":
    main()
