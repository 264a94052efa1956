"""Connect: what stands between a person and the first demonstration, and setting up a kit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Literal

from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from recordings.rig_status import RigPhase, RigStatus
from studio.actions import action
from studio.blockers import Blocker
from studio.desk.first_steps import STEPS, FirstSteps
from studio.pages.devices_card import DevicesCard
from studio.pages.motor_rows import ARM, motor_rows
from studio.pages.page import Page, column
from studio.pages.stage import Stage
from studio.pages.step_card import StepCard
from studio.session import Session
from widgets.blocker_list import BlockerItem, BlockerList
from widgets.card import Card, ValueRow, button, label, tiny_button
from widgets.motor_health import Bounds, MotorHealth
from widgets.strip import bar

if TYPE_CHECKING:  # loaded when a kit is set up
    from devices.setup.messages import Measured
    from studio.pages.setup_panel import SetupPanel

TICKS = 10  # between two looks at the blockers
REPORTS_SHOWN = 5  # every fifth status (4 Hz) changes the numbers of the motors
SETUP_PX = 392  # of the cards that set up a kit
WARM_BELOW_C = 10.0  # from here on to the hottest a motor is worth a look


class ConnectPage(Page):
    """Blockers on the right, the live bench in the middle, the way through the work on the left."""

    key = "connect"

    def __init__(
        self, session: Session, steps: FirstSteps, go: Callable[[str], None], stage: Stage
    ) -> None:
        super().__init__()
        self._go = go
        self._stage = stage
        self._steps = steps
        self._ticks, self._reports = 0, 0
        self._session = session
        self.blockers = BlockerList()
        self.blockers.fixRequested.connect(self._on_fix_requested)
        self.scene_row = ValueRow("Start scene", "–")
        self.devices = DevicesCard(session.cell.bench)
        hottest_c = session.cell.bench.settings.hottest_c
        bounds = Bounds(hottest_c - WARM_BELOW_C, hottest_c)
        arms = session.cell.bench.arms
        self.motors = {ARM: MotorHealth(bounds=bounds)}
        for name in () if arms is None else arms.leader_names:
            self.motors[name] = MotorHealth(f"Motors of the leader {name}", bounds=bounds)
        cards = (*self.motors.values(), self.devices, self._bench_card())
        self.inspector = column(self.blockers, *cards)
        self.setup: SetupPanel | None = None
        self._steps_panel = column(*self._step_cards())
        self.left = self._lefts = QStackedWidget()
        self._lefts.addWidget(self._steps_panel)
        self.strip = bar(*self._strip_parts())
        self._in_front = False
        session.setupOpened.connect(self._build_setup)
        session.statusChanged.connect(self._on_session_status_changed)
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
            ("Cameras", ", ".join(robot.camera_names) or "none"),
            ("Control", f"{robot.control_hz:.0f} Hz"),
        ):
            card.body.addWidget(ValueRow(name, value))
        card.body.addWidget(self.scene_row)
        self.scene_row.setVisible(bench.is_simulated)
        return card

    def _strip_parts(self) -> list[QWidget]:
        simulated = self._session.cell.bench.is_simulated
        bench = self._session.cell.bench
        name = "Simulated bench" if simulated else f"{bench.robot.name} · {bench.name}"
        self.set_up = button("Set up a kit", icon="connect", tip=action("set_up").tip)
        self.set_up.clicked.connect(self._session.set_up)
        if simulated:
            other = button(
                "New start scene", icon="reset", key="Ctrl+N", tip=action("new_scene").tip
            )
            other.clicked.connect(self._session.new_scene)
        else:
            other = button("Simulated bench", icon="cube", tip=action("open_simulation").tip)
            other.clicked.connect(self._session.open_simulation)
        words = label(name, role="value")
        words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        return [words, self.set_up, other]

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
        setting_up = self.setup is not None and self._session.setting_up.shown
        return self._steps.shown or setting_up

    def enter(self) -> None:
        self._in_front = True
        self._show_blockers()
        self.devices.look()

    def leave(self) -> None:
        self._in_front = False
        self._stage.unpose()

    # ── setting up ─────────────────────────────────────────────────────────────────────────────

    def _build_setup(self) -> None:
        if self.setup is None:
            from studio.pages.setup_panel import SetupPanel

            self.setup = SetupPanel(self._session)
            self._lefts.addWidget(self.setup.panel)
            self._session.setting_up.changed.connect(self._on_setting_up_changed)
            self._session.setting_up.measured.connect(self._on_setting_up_measured)

    def _on_setting_up_changed(self) -> None:
        assert self.setup is not None
        shown = self._session.setting_up.shown
        self.set_up.setVisible(not shown)
        wanted = self.setup.panel if shown else self._steps_panel
        if self._lefts.currentWidget() is not wanted:
            self._lefts.setCurrentWidget(wanted)
            self.left_px = SETUP_PX if shown else Page.left_px
            self._go(self.key)
        if not self._session.setting_up.measuring:
            self._stage.unpose()

    def _on_setting_up_measured(self, measured: Measured) -> None:
        if self._in_front:
            self._stage.pose(measured)

    def _on_session_status_changed(self, status: RigStatus) -> None:
        self._reports += 1
        if self._in_front and self._reports % REPORTS_SHOWN == 0:
            joints = self._session.cell.bench.robot.joint_names
            for device, card in self.motors.items():
                card.set_motors(motor_rows(status, joints, device=device))

    # ── before you can start ───────────────────────────────────────────────────────────────────

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
        if key in ("reconnect", "connect_rig", "set_up"):
            getattr(self._session, key)()
