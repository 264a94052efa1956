"""The arms of a kit in one card: what was found, which is which, what is wrong, and the fixes.

Shows the state of :class:`studio.setting_up.part.SettingUp` and turns clicks into its intents.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from devices.calibration.lerobot import find_lerobot
from devices.setup.bench_draft import FOLLOWER
from studio.pages.setup_rows import arm_items
from studio.session import Session
from widgets import theme
from widgets.arm_list import ArmList
from widgets.card import Card, button, label, tiny_button

EMPTY = "No adapter is plugged in. Plug in the USB cable of each arm and its power supply."
IN_USE = "This bench has its arms open. Disconnect it to set them up."


class ArmsCard(Card):
    """Ports, roles, calibrations."""

    def __init__(self, session: Session, choose_file: Callable[..., str] | None = None) -> None:
        """A card of what is known now.

        Args:
            session: whose kit it is.
            choose_file: asks for a file, (title, filter, save) → path or ""; Qt's dialog if absent.
        """
        super().__init__("Set up a kit")
        self._session = session
        self._part = session.setting_up
        self.choose_file = choose_file or _ask_for_file
        self.list = ArmList()
        self.close_button = tiny_button("close", "Close; what is being measured is put back")
        self.look = tiny_button("redo", "Look again; moves and writes nothing")
        self.heading_row.addStretch(1)
        self.heading_row.addWidget(self.look)
        self.heading_row.addWidget(self.close_button)
        self._words = label("", role="quiet", wrap=True)
        self._fault = label("", tone="danger", wrap=True)
        self.store = button("Write it into the motors", tip="The file's numbers replace theirs")
        self.disconnect_button = button("Disconnect", icon="connect")
        self._swap_words = label("", tone="attention", wrap=True)
        self.swap = button("Swap them", kind="primary", tip="Exchange the two ports")
        for widget in (
            self._words, self.disconnect_button, self._fault, self.store,
            self._swap_words, self.swap, self.list,
        ):  # fmt: skip
            self.body.addWidget(widget)
        self.body.addLayout(self._finders())
        self._connect()
        self.show_kit()

    def _finders(self) -> QVBoxLayout:
        rows, first, second = QVBoxLayout(), QHBoxLayout(), QHBoxLayout()
        rows.setSpacing(8)
        self._which = label(
            "Which is which? Let them go limp and move one.", role="quiet", wrap=True
        )
        self.finder = button("Find by moving", tip="The arms go limp: support them. Then move it.")
        self.role = QComboBox()
        self.role.setAccessibleName("Role of the arm that is moved")
        self.cancel = button("Stop watching", tip="The arms stay limp")
        for part in (self.role, self.finder, self.cancel):
            first.addWidget(part)
        first.addStretch(1)
        self.two_arms = QCheckBox("Two arms, left and right")
        rows.addWidget(self._which)
        self.port = QLineEdit()
        self.port.setPlaceholderText("Another port, e.g. /dev/ttyUSB0")
        self.port.setAccessibleName("Another port")
        self.add = button("Add", tip="Look at this port too")
        second.addWidget(self.port, 1)
        second.addWidget(self.add)
        rows.addLayout(first)
        rows.addWidget(self.two_arms)
        rows.addLayout(second)
        return rows

    def _connect(self) -> None:
        part = self._part
        part.changed.connect(self.show_kit)
        self.list.roleChosen.connect(part.assign)
        self.list.calibrateRequested.connect(lambda port: part.calibrate(self._role(port)))
        self.list.undoRequested.connect(lambda port: part.undo(self._role(port)))
        self.list.importRequested.connect(self._on_import_requested)
        self.list.exportRequested.connect(self._on_export_requested)
        self.list.copyRequested.connect(lambda text: QApplication.clipboard().setText(text))
        self.close_button.clicked.connect(part.hide)
        self.look.clicked.connect(part.look)
        self.finder.clicked.connect(lambda: part.find(self.role.currentData()))
        self.two_arms.clicked.connect(part.use_two_arms)
        self.cancel.clicked.connect(part.leave)
        self.add.clicked.connect(self._on_add_clicked)
        self.port.returnPressed.connect(self._on_add_clicked)
        self.store.clicked.connect(part.store_refused)
        self.swap.clicked.connect(part.swap)
        self.disconnect_button.clicked.connect(self._session.disconnect_rig)

    # ── showing ────────────────────────────────────────────────────────────────────────────────

    def show_kit(self) -> None:
        """Bring everything up to date."""
        part, kit = self._part, self._part.kit
        self._words.setText(self._sentence())
        theme.restyle(self._words, role="subtitle" if part.watching else "quiet")
        self.disconnect_button.setVisible(part.rig_has_arms)
        fault, free = part.fault, not part.busy
        self._fault.setText(f"{fault.message} {fault.hint}".strip() if fault else "")
        self._fault.setVisible(fault is not None)
        self.store.setVisible(part.refused_file is not None and fault is not None and free)
        self._show_swapped()
        self.list.set_arms(arm_items(kit), empty=EMPTY, enabled=free)
        found = any(look.arm is not None for look in kit.ports)
        for widget in (self._which, self.role, self.finder):
            widget.setVisible(not part.finding and found)
            widget.setEnabled(free)
        self._show_roles()
        self.two_arms.setChecked(kit.draft.two_arms)
        self.two_arms.setEnabled(free)
        self.look.setEnabled(free)
        self.cancel.setVisible(bool(part.finding))

    def _show_roles(self) -> None:
        """Leaders first: who finds the leader of two arms has found the follower too."""
        roles = sorted(self._part.kit.roles.items(), key=lambda r: r[0].endswith(FOLLOWER))
        if [self.role.itemData(i) for i in range(self.role.count())] != [key for key, _ in roles]:
            self.role.clear()
            for key, words in roles:
                self.role.addItem(words, key)

    def _show_swapped(self) -> None:
        pair = self._part.kit.swapped
        if pair is not None:
            names = " and ".join(self._part.name_of(role) for role in pair)
            self._swap_words.setText(
                f"{names.capitalize()} are swapped: each holds the calibration of the other."
            )
        for widget in (self._swap_words, self.swap):
            widget.setVisible(pair is not None)

    def _sentence(self) -> str:
        part = self._part
        if part.finding and part.watching:
            return f"The arms are limp: support them. Move the {part.name_of(part.finding)} now."
        if part.doing:
            return part.doing
        return IN_USE if part.rig_has_arms else "Nothing here moves an arm."

    # ── files ──────────────────────────────────────────────────────────────────────────────────

    def _role(self, port: str) -> str:
        kit = self._part.kit
        return next((kit.role_of(look) for look in kit.ports if look.port == port), "")

    def _on_import_requested(self, port: str) -> None:
        role = self._role(port)
        known = find_lerobot("follower" if role.endswith(FOLLOWER) else "leader")
        if not known:
            self._import(role, "")
            return
        menu = QMenu(self)
        for path in known:
            entry = menu.addAction(f"{path.stem}  ({path.parent.name})")
            entry.triggered.connect(lambda _=False, p=path: self._import(role, str(p)))
        menu.addSeparator()
        menu.addAction("Another file…").triggered.connect(lambda: self._import(role, ""))
        menu.popup(self.list.mapToGlobal(self.list.rect().center()))

    def _import(self, role: str, chosen: str) -> None:
        wanted = "Calibrations (*.json *.toml)"
        path = chosen or self.choose_file("Take over a calibration", wanted, False)
        if path:
            self._part.take_over(role, Path(path))

    def _on_export_requested(self, port: str) -> None:
        path = self.choose_file("Save for LeRobot", "LeRobot calibrations (*.json)", True)
        if path:
            self._part.export(self._role(port), Path(path).with_suffix(".json"))

    def _on_add_clicked(self) -> None:
        self._part.add_port(self.port.text())
        self.port.clear()


def _ask_for_file(title: str, kinds: str, save: bool) -> str:
    ask = QFileDialog.getSaveFileName if save else QFileDialog.getOpenFileName
    parent: QWidget | None = QApplication.activeWindow()
    return ask(parent, title, "", kinds)[0]
