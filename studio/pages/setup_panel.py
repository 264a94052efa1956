"""The place where a kit is set up without a terminal: ports, roles, calibration, motors, bench.

A column of cards beside the 3D view. Shows the state of :class:`studio.setting_up.part.SettingUp`
and turns clicks into its intents; decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from devices.calibration.lerobot import find_lerobot
from devices.setup.bench_draft import FOLLOWER, MAIN_LEADER
from devices.setup.messages import Calibrated, Measured
from studio.pages.bench_card import BenchCard
from studio.pages.motors_card import MotorsCard
from studio.pages.page import column
from studio.pages.setup_rows import arm_items, sweep_rows
from studio.session import Session
from widgets.arm_list import ArmList
from widgets.card import Card, button, label, tiny_button
from widgets.sweep_card import SweepCard

EMPTY = "No adapter is plugged in. Plug in the USB cable of each arm and its power supply."
IN_USE = "This bench has its arms open. Disconnect it to set them up."


class SetupPanel(QObject):
    """The cards; ``panel`` goes beside the rail."""

    def __init__(self, session: Session, choose_file: Callable[..., str] | None = None) -> None:
        """Cards of what is known now.

        Args:
            session: whose kit it is.
            choose_file: asks for a file, (title, filter, save) → path or ""; Qt's dialog if absent.
        """
        super().__init__()
        self._session = session
        self._part = session.setting_up
        self._choose_file = choose_file or _ask_for_file
        self.arms = ArmList()
        self.sweep = SweepCard()
        self.motors = MotorsCard(self._part)
        self.bench = BenchCard(session)
        self._arms_card = self._build_arms_card()
        self.panel = column(self.sweep, self._arms_card, self.motors, self.bench)
        self._connect()
        self._show()

    def _build_arms_card(self) -> Card:
        card = Card("Set up a kit")
        close = tiny_button("close", "Close; what is being measured is put back")
        close.clicked.connect(self._part.hide)
        self.look = tiny_button("redo", "Look again; moves and writes nothing")
        card.heading_row.addStretch(1)
        card.heading_row.addWidget(self.look)
        card.heading_row.addWidget(close)
        self._words = label("", role="quiet", wrap=True)
        self._fault = label("", tone="danger", wrap=True)
        self.store = button("Write it into the motors", tip="The file's numbers replace theirs")
        self.disconnect_button = button("Disconnect", icon="connect")
        self.swap_words = label("", tone="attention", wrap=True)
        self.swap = button("Swap them", kind="primary", tip="Exchange the two ports")
        for part in (
            self._words, self.disconnect_button, self._fault, self.store,
            self.swap_words, self.swap, self.arms,
        ):  # fmt: skip
            card.body.addWidget(part)
        card.body.addLayout(self._finders())
        return card

    def _finders(self) -> QVBoxLayout:
        rows, first, second = QVBoxLayout(), QHBoxLayout(), QHBoxLayout()
        rows.setSpacing(8)
        tip = "The arms go limp: support them. Then move the {}."
        self._which = label(
            "Which is which? Let them go limp and move one.", role="quiet", wrap=True
        )
        self.find_leader = button("Find the leader", tip=tip.format("leader"))
        self.find_follower = button("Find the follower", tip=tip.format("follower"))
        self.cancel = button("Stop watching", tip="The arms stay limp")
        for part in (self.find_leader, self.find_follower, self.cancel):
            first.addWidget(part)
        first.addStretch(1)
        rows.addWidget(self._which)
        self.port = QLineEdit()
        self.port.setPlaceholderText("Another port, e.g. /dev/ttyUSB0")
        self.port.setAccessibleName("Another port")
        self.add = button("Add", tip="Look at this port too")
        second.addWidget(self.port, 1)
        second.addWidget(self.add)
        rows.addLayout(first)
        rows.addLayout(second)
        return rows

    def _connect(self) -> None:
        part = self._part
        part.changed.connect(self._show)
        part.measured.connect(self._on_measured)
        part.calibrated.connect(self._on_calibrated)
        self.arms.roleChosen.connect(part.assign)
        self.arms.calibrateRequested.connect(lambda port: part.calibrate(self._role(port)))
        self.arms.undoRequested.connect(lambda port: part.undo(self._role(port)))
        self.arms.importRequested.connect(self._on_import_requested)
        self.arms.exportRequested.connect(self._on_export_requested)
        self.arms.copyRequested.connect(lambda text: QApplication.clipboard().setText(text))
        self.look.clicked.connect(part.look)
        self.find_leader.clicked.connect(lambda: part.find(MAIN_LEADER))
        self.find_follower.clicked.connect(lambda: part.find(FOLLOWER))
        self.cancel.clicked.connect(part.leave)
        self.add.clicked.connect(self._on_add_clicked)
        self.port.returnPressed.connect(self._on_add_clicked)
        self.store.clicked.connect(part.store_refused)
        self.swap.clicked.connect(part.swap)
        self.disconnect_button.clicked.connect(self._session.disconnect_rig)
        self.sweep.nextRequested.connect(part.next_joint)
        self.sweep.storeRequested.connect(part.finish)
        self.sweep.cancelRequested.connect(part.leave)

    # ── showing ────────────────────────────────────────────────────────────────────────────────

    def _show(self) -> None:
        if not self._part.shown:
            return
        part, kit = self._part, self._part.kit
        free = not part.busy
        self._words.setText(self._sentence())
        self.disconnect_button.setVisible(part.rig_has_arms)
        fault = part.fault
        self._fault.setText(f"{fault.message} {fault.hint}".strip() if fault else "")
        self._fault.setVisible(fault is not None)
        self.store.setVisible(part.refused_file is not None and fault is not None and free)
        pair = kit.swapped
        if pair is not None:
            names = " and ".join(part.name_of(role) for role in pair)
            self.swap_words.setText(
                f"{names.capitalize()} are swapped: each holds the calibration of the other."
            )
        for widget in (self.swap_words, self.swap):
            widget.setVisible(pair is not None)
        self.arms.set_arms(arm_items(kit), empty=EMPTY, enabled=free)
        found = any(look.arm is not None for look in kit.ports)
        for widget in (self._which, self.find_leader, self.find_follower):
            widget.setVisible(not part.finding and found)
            widget.setEnabled(free)
        self.look.setEnabled(free)
        self.cancel.setVisible(bool(part.finding))
        for widget in (self._arms_card, self.motors, self.bench):
            widget.setVisible(not part.measuring)
        self.sweep.setVisible(bool(part.measuring))
        if part.measuring and part.progress is None:
            self.sweep.set_sweep(part.doing, (), may_store=False)

    def _sentence(self) -> str:
        part = self._part
        if part.finding and part.watching:
            return f"The arms are limp: support them. Move the {part.name_of(part.finding)} now."
        if part.doing:
            return part.doing
        return IN_USE if part.rig_has_arms else "Nothing here moves an arm."

    def _on_measured(self, measured: Measured) -> None:
        guidance = measured.guidance
        self.sweep.set_title(f"Calibrate the {measured.name}")
        self.sweep.set_sweep(
            guidance.advice, sweep_rows(guidance), may_store=guidance.may_finish,
            remark=guidance.remark,
        )  # fmt: skip

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

    # ── files ──────────────────────────────────────────────────────────────────────────────────

    def _role(self, port: str) -> str:
        kit = self._part.kit
        return next((kit.role_of(look) for look in kit.ports if look.port == port), "")

    def _on_import_requested(self, port: str) -> None:
        role = self._role(port)
        known = find_lerobot("follower" if role == FOLLOWER else "leader")
        if not known:
            self._import(role, "")
            return
        menu = QMenu(self.panel)
        for path in known:
            entry = menu.addAction(f"{path.stem}  ({path.parent.name})")
            entry.triggered.connect(lambda _=False, p=path: self._import(role, str(p)))
        menu.addSeparator()
        menu.addAction("Another file…").triggered.connect(lambda: self._import(role, ""))
        menu.popup(self.arms.mapToGlobal(self.arms.rect().center()))

    def _import(self, role: str, chosen: str) -> None:
        wanted = "Calibrations (*.json *.toml)"
        path = chosen or self._choose_file("Take over a calibration", wanted, False)
        if path:
            self._part.take_over(role, Path(path))

    def _on_export_requested(self, port: str) -> None:
        path = self._choose_file("Save for LeRobot", "LeRobot calibrations (*.json)", True)
        if path:
            self._part.export(self._role(port), Path(path).with_suffix(".json"))

    def _on_add_clicked(self) -> None:
        self._part.add_port(self.port.text())
        self.port.clear()


def _ask_for_file(title: str, kinds: str, save: bool) -> str:
    ask = QFileDialog.getSaveFileName if save else QFileDialog.getOpenFileName
    parent: QWidget | None = QApplication.activeWindow()
    return ask(parent, title, "", kinds)[0]
