"""What would the policy do here? The run, the question, and how far its answer is from the take."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QComboBox, QProgressBar

from recordings.types import JobPhase, RobotSpec
from studio.actions import action
from studio.parts.asked import Answer
from studio.parts.runs import RunInfo
from studio.session import Session
from widgets import theme
from widgets.card import Card, button, label
from widgets.plan_words import quantity, sentence_case
from widgets.value_table import ValueTable


class AskCard(Card):
    """Asking moves nothing: the policy looks at the recorded pictures in a process of its own."""

    def __init__(self, session: Session) -> None:
        super().__init__("What would the policy do here?")
        self._session = session
        self._asking = session.asking
        self.runs = QComboBox()
        self.runs.setAccessibleName("Which run is asked")
        self.ask = button(
            "Ask", kind="primary", icon="chip", key=action("ask").cap, tip=action("ask").tip
        )
        self.cancel = button("Cancel", icon="close", tip="Thinks no further; nothing is lost")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.words = label("", role="quiet", wrap=True)
        self.apart = ValueTable("Apart from what was recorded")
        self.took = ValueTable("Time it took")
        for part in (self.runs, self.ask, self.cancel, self.bar, self.words, self.apart, self.took):
            self.body.addWidget(part)
        self.runs.currentIndexChanged.connect(lambda _: self._asking.choose(self._chosen()))
        self.ask.clicked.connect(self._asking.ask_here)
        self.cancel.clicked.connect(self._asking.cancel)
        self._asking.changed.connect(self.show_state)
        session.review.opened.connect(lambda _: self.show_state())
        session.training.runsChanged.connect(self._on_training_runs_changed)
        self._on_training_runs_changed(session.training.runs)

    def show_state(self) -> None:
        """Bring the card up to date."""
        asking, status = self._asking.asking, self._asking.status
        self.ask.setVisible(not asking)
        self.ask.setEnabled(
            self._session.review.episode is not None and self._asking.run is not None
        )
        self.cancel.setVisible(asking)
        self.bar.setVisible(asking)
        if status is not None:
            self.bar.setRange(0, status.total)  # 0: nobody knows yet
            self.bar.setValue(status.step)
        text, tone = self._state()
        self.words.setText(text)
        theme.restyle(self.words, tone=tone)
        answer = self._asking.answer
        self.apart.set_rows(self._apart(answer) if answer else [])
        self.took.set_rows(_took(answer) if answer else [])

    def _state(self) -> tuple[str, str]:
        """Words and their tone."""
        asking = self._asking
        if asking.asking and asking.status is not None:
            doing = asking.status.message or "Starting the planner"
            usual = f", last time {asking.expected_s:.0f} s" if asking.expected_s else ""
            return f"{doing}… {asking.waited_s:.0f} s{usual}", "quiet"
        if asking.answer is not None:
            return self._said(asking.answer), "quiet"
        if asking.status is not None and asking.status.phase is JobPhase.FAILED:
            return asking.status.message, "danger"
        if asking.status is not None and asking.status.phase is JobPhase.CANCELLED:
            return "Cancelled: it was not answered.", "attention"
        if not self.runs.count():
            return "No trained run yet: train one on Train.", "attention"
        return "Asks about the moment under the time cursor. Nothing moves.", "quiet"

    def _said(self, answer: Answer) -> str:
        plans = len(answer.samples)
        told = f"{answer.policy} at {answer.at_s:.2f} s: {plans} plans of {answer.seconds:.1f} s."
        rows = int(answer.valid.sum())
        if not rows:
            told += " Nothing was recorded after this moment to compare with."
        elif rows < len(answer.valid):
            told += (
                f" Compared over {rows * answer.dt_s:.1f} s: then the take ends or changes hands."
            )
        return "\n".join((told, *answer.notes))

    def _apart(self, answer: Answer) -> list[tuple[str, str]]:
        found = answer.difference(self._session.space.tips)
        if found is None:
            return []
        most = f"{quantity(found.tip_most_m, 'm')} after {found.tip_most_s:.1f} s"
        robot = self._session.cell.bench.robot
        return [
            ("Tool tip, mean", quantity(found.tip_mean_m, "m")),
            ("Tool tip, most", most),
            *_joints(robot, found.per_joint),
        ]

    def _chosen(self) -> Path | None:
        run = self.runs.currentData()
        return run if isinstance(run, Path) else None

    def _on_training_runs_changed(self, runs: list[RunInfo]) -> None:
        chosen = self._asking.run
        self.runs.blockSignals(True)  # what is chosen is told once, at the end
        self.runs.clear()
        for run in runs:
            if run.usable:
                self.runs.addItem(run.name, run.path)
        self.runs.setCurrentIndex(max(0, self.runs.findData(chosen)))
        self.runs.blockSignals(False)
        self.runs.setVisible(self.runs.count() > 0)
        self._asking.choose(self._chosen())
        self.show_state()


def _joints(robot: RobotSpec, per_joint: tuple[float, ...]) -> list[tuple[str, str]]:
    """Mean difference of every joint, in degrees or per cent."""
    units = ("fraction" if joint.is_gripper else "rad" for joint in robot.joints)
    return [
        (f"{sentence_case(joint.name)}, mean", quantity(value, unit))
        for joint, value, unit in zip(robot.joints, per_joint, units, strict=True)
    ]


def _took(answer: Answer) -> list[tuple[str, str]]:
    """Milliseconds per stage, as on every plan."""
    return [(sentence_case(name), f"{ms:.0f} ms") for name, ms in answer.timings_ms.items()]
