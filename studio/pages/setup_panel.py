"""The place where a kit is set up without a terminal: ports, roles, calibration, motors, bench.

A column of cards beside the 3D view. While an arm is measured only that is shown. Decides nothing.
"""

from __future__ import annotations

from PySide6.QtCore import QObject

from devices.setup.messages import Calibrated, Measured
from studio.pages.arms_card import ArmsCard
from studio.pages.bench_card import BenchCard
from studio.pages.motors_card import MotorsCard
from studio.pages.page import column
from studio.pages.setup_rows import sweep_rows
from studio.session import Session
from widgets.sweep_card import SweepCard


class SetupPanel(QObject):
    """The cards; ``panel`` goes beside the rail."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._part = session.setting_up
        self.sweep = SweepCard()
        self.arms = ArmsCard(session)
        self.motors = MotorsCard(self._part)
        self.bench = BenchCard(session)
        self.panel = column(self.sweep, self.arms, self.motors, self.bench)
        self._part.changed.connect(self._show)
        self._part.measured.connect(self._on_measured)
        self._part.calibrated.connect(self._on_calibrated)
        self.sweep.nextRequested.connect(self._part.next_joint)
        self.sweep.storeRequested.connect(self._part.finish)
        self.sweep.cancelRequested.connect(self._part.leave)
        self._show()

    def _show(self) -> None:
        part = self._part
        for card in (self.arms, self.motors, self.bench):
            card.setVisible(not part.measuring)
        self.sweep.setVisible(bool(part.measuring))
        if part.measuring and part.progress is None:
            self.sweep.set_sweep(part.doing, (), may_store=False)

    def _on_measured(self, measured: Measured) -> None:
        guidance, fault = measured.guidance, self._part.fault
        self.sweep.set_title(f"Calibrate the {measured.name}")
        self.sweep.set_sweep(
            guidance.advice,
            sweep_rows(guidance),
            may_store=guidance.may_finish,
            remark=fault.message if fault is not None else guidance.remark,
        )

    def _on_calibrated(self, told: Calibrated) -> None:
        name = told.name.capitalize()
        if told.undone:
            text = f"{name} has its calibration from before again, in file and motors."
        elif told.changes is None:
            text = f"{name} is calibrated: {told.path.name}, and for LeRobot beside it."
        else:
            text = f"{name} is calibrated. " + (
                f"Against the one before: {'; '.join(told.changes)}."
                if told.changes
                else "Nothing noticeable changed against the one before."
            )
        self._part.noticed.emit(text, "ok")
