"""A pyqtgraph plot as Foresight wants it: fixed ranges, thin pens, no menus, theme colours.

Knows axes and curves, not what they mean. Everything dynamic of pyqtgraph stays in here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from widgets import theme
from widgets.palette import COLORS

Ticks = Sequence[tuple[float, str]]
_WIDTHS_PX = {"left": 46, "right": 46}
_HEIGHT_PX, _TITLE_PX = 20, 18


class PlotCanvas(pg.PlotWidget):
    """Ranges are set, never found: autorange costs three times as much per picture."""

    def __init__(self, *, right_axis: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles: dict[str, str] = {}
        self._item: Any = self.plotItem  # pyqtgraph forwards attributes at run time
        self._axes = ("left", "bottom", "right") if right_axis else ("left", "bottom")
        self._item.setMenuEnabled(False)
        self._item.hideButtons()
        self._item.setMouseEnabled(x=False, y=False)
        self._item.disableAutoRange()
        if right_axis:
            self._item.showAxis("right")
        for name in self._axes:
            axis = self._item.getAxis(name)
            axis.setStyle(tickFont=theme.font(11), tickLength=0, autoExpandTextSpace=False)
            axis.enableAutoSIPrefix(False)
            if name in _WIDTHS_PX:
                axis.setWidth(_WIDTHS_PX[name])
        self._item.getAxis("bottom").setHeight(_HEIGHT_PX)
        self._item.showGrid(x=True, y=True, alpha=0.12)
        self._item.setContentsMargins(0, 5, 0 if right_axis else 12, 0)
        self.dress()

    def add_curve(self) -> pg.PlotDataItem:
        return self._item.plot()

    def add_plain_curve(self) -> pg.PlotCurveItem:
        """A curve without symbols and logarithms: a third of the time of the full one."""
        curve = pg.PlotCurveItem(skipFiniteCheck=True)
        self._item.addItem(curve)
        return curve

    def add_line(self, at: float) -> pg.InfiniteLine:
        """A vertical line."""
        line = pg.InfiniteLine(at, angle=90)
        self._item.addItem(line)
        return line

    def remove(self, curve: pg.PlotCurveItem) -> None:
        self._item.removeItem(curve)

    def set_x(self, low: float, high: float) -> None:
        self._item.setXRange(low, high, padding=0)

    def set_y(self, low: float, high: float) -> None:
        self._item.setYRange(low, high, padding=0)

    def set_log_y(self, logarithmic: bool) -> None:
        self._item.setLogMode(y=logarithmic)

    def set_ticks(self, axis: str, ticks: Ticks | None) -> None:
        """Labels at values; None: pyqtgraph chooses."""
        self._item.getAxis(axis).setTicks(None if ticks is None else [list(ticks)])

    def set_title(self, axis: str, title: str) -> None:
        """What an axis counts, written beside it."""
        self._titles[axis] = title
        item = self._item.getAxis(axis)
        if axis in _WIDTHS_PX:
            item.setWidth(_WIDTHS_PX[axis] + _TITLE_PX)
        else:
            item.setHeight(_HEIGHT_PX + _TITLE_PX)
        self._write_title(axis)

    def _write_title(self, axis: str) -> None:
        style = {"color": COLORS.quiet, "font-size": "11px"}
        self._item.getAxis(axis).setLabel(self._titles[axis], **style)

    def dress(self) -> None:
        """Take the colours of the palette in use."""
        self.setBackground(COLORS.sunken)
        for name in self._axes:
            axis = self._item.getAxis(name)
            axis.setTextPen(COLORS.quiet)
            axis.setPen(pg.mkPen(COLORS.border))
        for name in self._titles:
            self._write_title(name)
