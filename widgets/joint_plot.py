"""Joints over time: what was measured, solid; what is planned, dashed, right of the now-line.

Shows arrays it is given. Knows joint names, no robot and no clock. Ranges are rolled here, never by
autorange, and pens are one pixel wide: both are what makes it cheap (fixed ranges cost a third).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from widgets.card import Heading
from widgets.palette import COLORS
from widgets.plan_words import spaced
from widgets.plot_canvas import PlotCanvas
from widgets.plot_legend import PlotLegend

HISTORY_S = 10.0
FUTURE_S = 3.2
_MOST_POINTS = 400  # per curve: about one per pixel
_GRID_DEG = 30.0

F64 = npt.NDArray[np.float64]


class JointPlot(QWidget):
    """Arm joints in degrees on the left axis, grippers in per cent on the right one."""

    def __init__(
        self, title: str = "Joints · measured and planned", *, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._is_gripper = np.zeros(0, dtype=bool)
        self._range_deg = (-90.0, 90.0)
        self._now_s = 0.0
        self._measured: list[pg.PlotCurveItem] = []
        self._sent: list[pg.PlotCurveItem] = []
        self._planned: list[pg.PlotCurveItem] = []
        self._plan: tuple[F64, F64] | None = None
        self._whole = False
        self._legend = PlotLegend()
        self._legend.toggled.connect(self._on_legend_toggled)
        self._plot = PlotCanvas(right_axis=True)
        self._plot.set_x(-HISTORY_S, FUTURE_S)
        seconds = [(float(t), f"{t:+d} s" if t else "now") for t in (-10, -8, -6, -4, -2, 0, 2)]
        self._plot.set_ticks("bottom", seconds)
        self._now_line = self._plot.add_line(0.0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        if title:
            column.addWidget(Heading(title))
        column.addWidget(self._legend)
        column.addWidget(self._plot, 1)
        self._dress()

    # ── setters ────────────────────────────────────────────────────────────────────────────

    def set_joints(self, names: Sequence[str], is_gripper: Sequence[bool]) -> None:
        """Start over with these joints; grippers are drawn in per cent."""
        self._names = tuple(names)
        self._is_gripper = np.array(is_gripper, dtype=bool)
        for item in (*self._measured, *self._sent, *self._planned):
            self._plot.remove(item)
        self._sent = [self._plot.add_plain_curve() for _ in names]
        self._measured = [self._plot.add_plain_curve() for _ in names]
        self._planned = [self._plot.add_plain_curve() for _ in names]
        self._set_range((-90.0, 90.0))
        self._dress()

    def set_history(
        self,
        t_s: npt.ArrayLike,
        q: npt.ArrayLike,
        action: npt.ArrayLike | None = None,
        *,
        now_s: float | None = None,
    ) -> None:
        """Show the last seconds.

        Args:
            t_s: (m,) s, rising, on any clock; a recording may go on after "now".
            q: (m, n) rad measured, gripper columns 0…1.
            action: (m, n) as sent, drawn faint; None: not drawn.
            now_s: where "now" is on that clock; None: the last of ``t_s``.
        """
        times = np.asarray(t_s, dtype=float)
        if not len(times):
            return
        self._now_s = float(times[-1]) if now_s is None else now_s
        stride = max(1, len(times) // _MOST_POINTS)
        at = times[::stride] - self._now_s
        shown = self._shown_units(np.asarray(q, dtype=float)[::stride])
        self._roll_range(shown)
        for i, item in enumerate(self._measured):
            item.setData(at, self._scaled(shown, i))
        if action is not None:
            sent = self._shown_units(np.asarray(action, dtype=float)[::stride])
            for i, item in enumerate(self._sent):
                item.setData(at, self._scaled(sent, i))
        last = shown[max(0, int(np.searchsorted(at, 1e-9, side="right")) - 1)]
        self._legend.set_values(
            [
                f"{v:.0f} %" if g else f"{v:.1f}°"
                for v, g in zip(last, self._is_gripper, strict=True)
            ]
        )
        self._draw_plan()

    def set_plan(
        self, t_s: npt.ArrayLike | None, q: npt.ArrayLike | None = None, *, whole: bool = False
    ) -> None:
        """Show a plan: ``t_s`` (h,) s on the clock of the history, ``q`` (h, n) rad; None: none.

        Rows before now are drawn only of a ``whole`` one, to be compared with what was recorded.
        """
        self._whole = whole
        if t_s is None or q is None:
            self._plan = None
        else:
            self._plan = (np.asarray(t_s, dtype=float), np.asarray(q, dtype=float))
        self._draw_plan()

    def sizeHint(self) -> QSize:
        return QSize(640, 220)

    # ── drawing ────────────────────────────────────────────────────────────────────────────

    def _draw_plan(self) -> None:
        if self._plan is None:
            for item in self._planned:
                item.setData([], [])
            return
        at = self._plan[0] - self._now_s
        ahead = at >= (-np.inf if self._whole else -0.05)
        shown = self._shown_units(self._plan[1])
        for i, item in enumerate(self._planned):
            item.setData(at[ahead], self._scaled(shown, i)[ahead])

    def _shown_units(self, q: F64) -> F64:
        return np.where(self._is_gripper, q * 100.0, np.degrees(q))

    def _scaled(self, shown: F64, joint: int) -> F64:
        """A column on the left axis; per cent are stretched over the whole height."""
        if not self._is_gripper[joint]:
            return shown[:, joint]
        low, high = self._range_deg
        return low + (0.04 + 0.92 * shown[:, joint] / 100.0) * (high - low)

    def _roll_range(self, shown: F64) -> None:
        arm = shown[:, ~self._is_gripper]
        if not arm.size or not np.isfinite(arm).any():
            return
        new = rolled(self._range_deg, float(np.nanmin(arm)), float(np.nanmax(arm)))
        if new != self._range_deg:
            self._set_range(new)

    def _set_range(self, new: tuple[float, float]) -> None:
        self._range_deg = new
        low, high = new
        self._plot.set_y(low, high)
        step = _GRID_DEG if high - low <= 240 else 2 * _GRID_DEG
        degrees = [
            (v, f"{v:.0f}°") for v in np.arange(math.ceil(low / step) * step, high + 1, step)
        ]
        self._plot.set_ticks("left", degrees)
        span = high - low
        shares = [(low + (0.04 + 0.92 * s) * span, f"{100 * s:.0f} %") for s in (0, 0.5, 1)]
        self._plot.set_ticks("right", shares if self._is_gripper.any() else [])

    def _dress(self) -> None:
        """Take the colours of the palette in use."""
        self._plot.dress()
        self._now_line.setPen(pg.mkPen(COLORS.quiet, width=1))
        colors = [COLORS.series[i % len(COLORS.series)] for i in range(len(self._names))]
        for i, color in enumerate(colors):
            faint = QColor(color)
            faint.setAlpha(80)
            self._measured[i].setPen(pg.mkPen(color, width=1))
            self._sent[i].setPen(pg.mkPen(faint, width=1))
            self._planned[i].setPen(pg.mkPen(color, width=1, dash=(5, 4)))
        names = [spaced(name) for name in self._names]
        self._legend.set_entries(list(zip(names, colors, strict=True)))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self._dress()
        super().changeEvent(event)

    def _on_legend_toggled(self, joint: int, visible: bool) -> None:
        for items in (self._measured, self._sent, self._planned):
            items[joint].setVisible(visible)


def rolled(current: tuple[float, float], low: float, high: float) -> tuple[float, float]:
    """The range to show for data ``low … high``: multiples of 30°, changed only when it must be.

    It grows at once and shrinks only when more than two grid steps would be empty.
    """
    wanted = (
        math.floor((low - 4) / _GRID_DEG) * _GRID_DEG,
        math.ceil((high + 4) / _GRID_DEG) * _GRID_DEG,
    )
    fits = current[0] <= wanted[0] and wanted[1] <= current[1]
    waste = (current[1] - current[0]) - (wanted[1] - wanted[0])
    return current if fits and waste <= 2 * _GRID_DEG else wanted


def main() -> None:
    """Show made-up joints in motion with a plan."""
    from PySide6.QtCore import QTimer

    from widgets import demo
    from widgets.demo_scene import IS_GRIPPER, JOINTS, plan

    def build() -> QWidget:
        view = JointPlot()
        view.set_joints(JOINTS, IS_GRIPPER)
        clock = QTimer(view)
        clock.setInterval(50)
        start = [0.0]

        def tick() -> None:
            start[0] += 0.05
            t = start[0] + np.linspace(-10, 0, 1000)
            phase = np.arange(6) * 1.1
            q = 0.9 * np.sin(0.5 * t[:, None] + phase) * np.array([0.5, 0.8, 0.6, 1.0, 0.7, 0.5])
            q[:, 5] = np.clip(0.5 + q[:, 5], 0, 1)
            view.set_history(t, q, np.concatenate([q[6:], np.repeat(q[-1:], 6, axis=0)]))
            planned = plan() - plan()[0] + q[-1]
            planned[:, 5] = np.clip(planned[:, 5], 0, 1)
            view.set_plan(t[-1] + 0.1 * np.arange(30), planned)

        clock.timeout.connect(tick)
        clock.start()
        tick()
        return view

    demo.show(build, size=(760, 270))


if __name__ == "__main__":
    main()
