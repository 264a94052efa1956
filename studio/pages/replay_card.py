"""Replay of the open episode on the robot: how fast, what will happen, start and hold."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QHBoxLayout

from studio.actions import action
from studio.parts.replaying import SPEEDS, ReplayPhase, words
from studio.session import Session
from widgets.card import Card, button, label
from widgets.plan_words import quantity, sentence_case


class ReplayCard(Card):
    """The rig moves the arm; this asks it to."""

    def __init__(self, session: Session) -> None:
        super().__init__("On the robot")
        self._session = session
        self._replaying = session.replaying
        self.speed = QComboBox()
        self.speed.setAccessibleName("Speed on the robot")
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}× speed", speed)
        self.speed.setCurrentIndex(self.speed.findData(self._replaying.speed))
        self.start = button("Replay", icon="robot", tip="The robot repeats the episode")
        self.hold = button("Hold", kind="danger", icon="hold", key=action("end_replay").cap)
        self.hold.setToolTip(action("end_replay").tip)
        self.words = label("", role="quiet", wrap=True)
        row = QHBoxLayout()
        for item in (self.speed, self.start, self.hold):
            row.addWidget(item, 1)
        self.body.addLayout(row)
        self.body.addWidget(self.words)
        self.speed.activated.connect(self._on_speed_activated)
        self.start.clicked.connect(self._replaying.start)
        self.hold.clicked.connect(self._replaying.end)
        self._replaying.changed.connect(self.show_state)
        self.show_state()

    def show_state(self) -> None:
        """Bring the card up to date; the page does so while it is in front."""
        idle = self._replaying.phase is ReplayPhase.IDLE
        reason = self._replaying.reason_against if idle else ""
        for item in (self.start, self.speed):
            item.setVisible(idle)
            item.setEnabled(not reason)
        self.hold.setVisible(not idle)
        text = reason or words(self._replaying)
        way = self._replaying.way if idle and not reason else None
        if way is not None:
            joint, far = way
            robot = self._session.cell.bench.robot
            grips = robot.joints[robot.joint_names.index(joint)].is_gripper
            far_words = quantity(far, "fraction" if grips else "rad")
            text += f" {sentence_case(joint)} has the farthest way there: {far_words}."
        if text != self.words.text():
            self.words.setText(text)

    def _on_speed_activated(self, _: int) -> None:
        self._replaying.choose_speed(float(self.speed.currentData()))
