"""New motors become the motors of an arm, one at a time. Asks the part; knows no bus."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QHBoxLayout

from studio.setting_up.part import SettingUp
from widgets.card import Card, button, label

HOW = (
    "Servos leave the factory with id 1. Plug only the new one into the adapter, with its power; "
    "those that have their number may stay."
)


class MotorsCard(Card):
    """Folded until somebody has new motors."""

    def __init__(self, part: SettingUp) -> None:
        super().__init__("New motors")
        self._part = part
        self.fold = button("Set up new motors…", kind="quiet", icon="chip")
        self._how = label(HOW, role="quiet", wrap=True)
        self.ports = QComboBox()
        self.ports.setAccessibleName("Adapter of the new motors")
        self._next = label("", role="subtitle", wrap=True)
        self._list = label("", role="quiet", wrap=True)
        self.go = button("Set it up", kind="primary", tip="Gives the motor its id and speed")
        self.over = button("Another arm", kind="quiet", tip="Begin again with the first motor")
        foot = QHBoxLayout()
        foot.addWidget(self.go)
        foot.addWidget(self.over)
        foot.addStretch(1)
        self.body.addWidget(self.fold)
        self._parts = (self._how, self.ports, self._list, self._next, self.go, self.over)
        for widget in self._parts[:4]:
            self.body.addWidget(widget)
        self.body.addLayout(foot)
        self._open = False
        part.changed.connect(self._show)
        self.fold.clicked.connect(self._on_fold_clicked)
        self.ports.activated.connect(lambda _: self._show())
        self.go.clicked.connect(self._on_go_clicked)
        self.over.clicked.connect(part.start_motors_over)
        self._show()

    @property
    def joint(self) -> str:
        """Whose motor is to be plugged in now, "" when all are set up."""
        done = {motor.joint for motor in self._part.motors}
        return next((joint for joint in self._part.motor_order if joint not in done), "")

    def _show(self) -> None:
        part, joint = self._part, self.joint
        self.fold.setVisible(not self._open)
        for widget in self._parts:
            widget.setVisible(self._open)
        names = [look.port for look in part.kit.ports]
        if names != [self.ports.itemData(i) for i in range(self.ports.count())]:
            chosen = self.ports.currentData()
            self.ports.clear()
            for look in part.kit.ports:
                self.ports.addItem(f"{look.adapter} · {look.port.rpartition('/')[2]}", look.port)
            self.ports.setCurrentIndex(max(0, self.ports.findData(chosen)))
        words = joint.replace("_", " ")
        self._next.setText(
            f"Plug in the motor of the {words}." if joint else "All motors are set up. Plug them "
            "together, then look again and calibrate."
        )  # fmt: skip
        self._list.setText(
            "\n".join(
                f"✓ {m.joint.replace('_', ' ')}: id {m.id}"
                f" (was {m.id_before} at {m.baud_before} bit/s)"
                for m in part.motors
            )
        )
        self._list.setVisible(self._open and bool(part.motors))
        self.go.setText(f"Set up the {words}" if joint else "Done")
        self.go.setEnabled(bool(joint) and self._usable and not part.busy)
        self.over.setVisible(self._open and bool(part.motors))

    @property
    def _usable(self) -> bool:
        """The chosen port is there, and the rig has not got it."""
        chosen = self.ports.currentData()
        return any(p.port == chosen and not p.taken for p in self._part.kit.ports)

    def _on_fold_clicked(self) -> None:
        self._open = True
        self._show()

    def _on_go_clicked(self) -> None:
        self._part.set_up_motor(self.ports.currentData(), self.joint)
