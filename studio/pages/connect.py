"""Connect: what stands between a person and the first demonstration, and what the bench sees."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from recordings.rig_status import RigPhase
from studio.actions import action
from studio.desk.first_steps import STEPS, FirstSteps
from studio.pages.devices_card import DevicesCard
from studio.pages.page import Page, column
from studio.session import Blocker, Session
from widgets import theme
from widgets.blocker_list import BlockerItem, BlockerList
from widgets.card import Card, ValueRow, button, label, tiny_button
from widgets.strip import bar

TICKS = 10  # between two looks at the blockers


class StepCard(Card):
    """One step of the way; a click goes there."""

    clicked = Signal()

    def __init__(self, number: int, title: str, text: str) -> None:
        super().__init__()
        self._number = number
        self.body.setSpacing(3)
        self._mark = label("", role="value")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._mark)
        row.addWidget(label(title, role="value"), 1)
        self.body.addLayout(row)
        self.body.addWidget(label(text, role="quiet", wrap=True))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._title = title
        self.set_state(done=False, current=False)

    def set_state(self, *, done: bool, current: bool) -> None:
        """A tick when it is done; the one to do next is framed."""
        self._mark.setText("✓" if done else str(self._number))
        theme.restyle(self._mark, tone="ok" if done else "")
        theme.restyle(self, current="true" if current else "false")
        self.setAccessibleName(f"{self._title}, {'done' if done else 'to do'}")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)


class ConnectPage(Page):
    """Blockers on the right, the live bench in the middle, the way through the work on the left."""

    key = "connect"

    def __init__(self, session: Session, steps: FirstSteps, go: Callable[[str], None]) -> None:
        super().__init__()
        self._go = go
        self._steps = steps
        self._ticks = 0
        self._session = session
        self.blockers = BlockerList()
        self.blockers.fixRequested.connect(self._on_fix_requested)
        self.scene_row = ValueRow("Start scene", "–")
        self.devices = DevicesCard(session.cell.bench)
        self.inspector = column(self.blockers, self.devices, self._bench_card())
        self.left = column(*self._step_cards())
        self.strip = bar(label("Simulated bench", role="value"), self._scene_controls())
        session.sceneChanged.connect(lambda s: self.scene_row.set_value(f"seed {s.seed}"))
        steps.changed.connect(self._show_steps)
        self._show_blockers()
        self._show_steps()

    def _bench_card(self) -> QWidget:
        bench = self._session.cell.bench
        card = Card("Bench")
        robot = bench.robot
        for name, value in (
            ("Name", bench.name),
            ("Arm", robot.name),
            ("Joints", str(len(robot.joints))),
            ("Cameras", ", ".join(robot.camera_names)),
            ("Control", f"{robot.control_hz:.0f} Hz"),
        ):
            card.body.addWidget(ValueRow(name, value))
        card.body.addWidget(self.scene_row)
        return card

    def _scene_controls(self) -> QWidget:
        place = QWidget()
        row = QHBoxLayout(place)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        scene = button("New start scene", icon="reset", key="Ctrl+N", tip=action("new_scene").tip)
        scene.clicked.connect(self._session.new_scene)
        row.addWidget(scene)
        return place

    def _step_cards(self) -> list[QWidget]:
        title = Card("First time here")
        close = tiny_button("close", "Hide the first steps")
        close.clicked.connect(self._steps.dismiss)
        title.heading_row.addStretch(1)
        title.heading_row.addWidget(close)
        title.body.addWidget(label("Five short steps", role="subtitle"))
        title.body.addWidget(
            label("Nothing needs to be plugged in: this arm is simulated.", role="quiet", wrap=True)
        )
        self.cards: dict[str, StepCard] = {}
        for number, step in enumerate(STEPS, start=1):
            card = StepCard(number, step.title, step.text)
            card.clicked.connect(partial(self._go, step.page))
            self.cards[step.key] = card
        return [title, *self.cards.values()]

    def _show_steps(self) -> None:
        for step in STEPS:
            current = step is self._steps.current
            self.cards[step.key].set_state(done=self._steps.done(step), current=current)

    @property
    def shows_left(self) -> bool:
        return self._steps.shown

    def enter(self) -> None:
        self._show_blockers()
        self.devices.look()

    def tick(self) -> None:
        self._ticks += 1
        if self._ticks % TICKS == 0:
            self._show_blockers()
            self.devices.look()

    def _show_blockers(self) -> None:
        self.blockers.set_items([self._item(line) for line in self._session.blockers])

    def _item(self, line: Blocker) -> BlockerItem:
        connecting = self._session.status.phase in (RigPhase.CONNECTING, RigPhase.OFFLINE)
        waiting = connecting and not self._session.rig_gone
        state: Literal["ok", "attention", "blocked"] = (
            "ok" if line.ok else "attention" if waiting or not line.blocks else "blocked"
        )
        return BlockerItem(line.fix or line.name, state, line.name, line.text, line.fix_text)

    def _on_fix_requested(self, key: str) -> None:
        if key in ("reconnect", "connect_rig"):
            getattr(self._session, key)()
