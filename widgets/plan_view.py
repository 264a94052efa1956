"""The inspector card of a plan: its checks in plain words, Approve and Refuse.

Shows a report it is given and emits the id the person agreed to. Knows no rig and no plan data.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QProgressBar, QWidget

from recordings.types import PlanReport
from widgets import theme
from widgets.card import Card, button, label
from widgets.plan_words import CheckWords, in_words

_COUNTDOWN_STEPS = 1000
_WAITING_HINT = "No plan yet. Load a policy and choose a task; the next plan appears here."


class PlanView(Card):
    """Emits ``approveRequested(plan_id)`` and ``refuseRequested(plan_id)``.

    Enter and Backspace do the same while the card has the focus; on the rest of a page the
    application's own actions do it.
    """

    approveRequested = Signal(int)
    refuseRequested = Signal(int)

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__("Plan checks", parent=parent)
        self._plan_id = -1
        self._title = label("", role="small")
        self._state = label("", role="quiet", wrap=True)
        self._countdown = QProgressBar()
        self._countdown.setRange(0, _COUNTDOWN_STEPS)
        self._countdown.setTextVisible(False)
        self._countdown.setVisible(False)
        self._rows = QGridLayout()
        self._rows.setContentsMargins(0, 2, 0, 2)
        self._rows.setHorizontalSpacing(8)
        self._rows.setVerticalSpacing(5)
        self._rows.setColumnStretch(1, 1)
        self.approve_button = button("Approve", kind="ok", icon="approve", key="Enter")
        self.refuse_button = button("Refuse", key="⌫")
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self._buttons.addWidget(self.approve_button, 3)
        self._buttons.addWidget(self.refuse_button, 2)
        self.heading_row.addWidget(self._title, 1, Qt.AlignmentFlag.AlignRight)
        self.body.addWidget(self._state)
        self.body.addWidget(self._countdown)
        self.body.addLayout(self._rows)
        self.body.addLayout(self._buttons)
        self.approve_button.clicked.connect(self._on_approve_clicked)
        self.refuse_button.clicked.connect(self._on_refuse_clicked)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.set_plan(-1, 0, 0.0, None, _WAITING_HINT)

    def set_plan(
        self,
        plan_id: int,
        steps: int,
        seconds: float,
        report: PlanReport | None,
        state: str,
        *,
        waiting: bool | None = None,
    ) -> None:
        """Show a plan and its checks.

        Args:
            plan_id: -1: no plan.
            steps: rows of the plan.
            seconds: time it covers.
            report: its checks; None while they are unknown (nothing can be approved then).
            state: one sentence: what happens with it now.
            waiting: whether a person may decide now; None: whenever there is a plan.
        """
        self._plan_id = plan_id
        self._title.setText(
            f"Plan {plan_id} · {steps} steps · {seconds:.1f} s" if plan_id >= 0 else ""
        )
        self._title.setVisible(plan_id >= 0)
        self._state.setText(state)
        self._state.setVisible(bool(state))
        self._show_checks(report)
        decide = plan_id >= 0 if waiting is None else waiting and plan_id >= 0
        blocked = report is None or not report.may_run
        self.approve_button.setEnabled(decide and not blocked)
        self.refuse_button.setEnabled(decide)
        self.approve_button.setToolTip(
            "A failed check: this plan cannot run" if report and blocked else "Let this plan run"
        )

    def set_countdown(self, left_s: float, total_s: float) -> None:
        """How much longer a person can refuse before the plan runs by itself; 0: not counting."""
        counting = left_s > 0.0
        self._countdown.setVisible(counting)
        self._countdown.setValue(round(_COUNTDOWN_STEPS * min(1.0, left_s / max(total_s, 1e-6))))
        if counting:
            self._state.setText(f"Runs in {left_s:.1f} s unless you refuse it.")
            self._state.setVisible(True)

    @property
    def state(self) -> str:
        """The sentence about what happens with the plan now."""
        return self._state.text()

    @property
    def words(self) -> list[str]:
        """What the check rows say, one string each."""
        texts = []
        for row in range(self._rows.rowCount()):
            cells = (self._rows.itemAtPosition(row, column) for column in range(3))
            labels = [cell.widget() for cell in cells if cell is not None]
            text = " ".join(w.text() for w in labels if isinstance(w, QLabel) and w.text())
            if text:
                texts.append(text)
        return texts

    def _show_checks(self, report: PlanReport | None) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for row, check in enumerate(report.checks if report else ()):
            self._add_row(row, in_words(check))

    def _add_row(self, row: int, words: CheckWords) -> None:
        mark = label(words.mark, tone=words.tone)
        theme.restyle(mark, role="value")
        mark.setFixedWidth(14)
        name = label(words.name, role="quiet")
        value = label(words.value, role="value", tone=words.tone)
        value.setToolTip(words.bound)
        value.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._rows.addWidget(mark, row, 0, Qt.AlignmentFlag.AlignTop)
        self._rows.addWidget(name, row, 1, Qt.AlignmentFlag.AlignTop)
        self._rows.addWidget(value, row, 2, Qt.AlignmentFlag.AlignTop)
        name.setToolTip(words.bound)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.approve_button.click()
        elif event.key() == Qt.Key.Key_Backspace:
            self.refuse_button.click()
        else:
            super().keyPressEvent(event)

    def _on_approve_clicked(self) -> None:
        self.approveRequested.emit(self._plan_id)

    def _on_refuse_clicked(self) -> None:
        self.refuseRequested.emit(self._plan_id)


def main() -> None:
    """Show a plan with one warning beside one that must not run."""
    from recordings.types import PlanCheck, Verdict
    from widgets import demo

    good = (
        PlanCheck("Joint limits", Verdict.OK, 21, "wrist_flex", 0.314, 0.0, "rad"),
        PlanCheck("Speed", Verdict.OK, 4, "shoulder_pan", 1.23, 3.0, "rad/s"),
        PlanCheck("Table", Verdict.OK, 28, "jaw", 0.024, -0.01, "m"),
        PlanCheck("Itself", Verdict.OK, 28, "jaw and base", 0.013, -0.005, "m"),
        PlanCheck("Start", Verdict.OK, 0, "elbow_flex", 0.004, 0.12, "rad"),
        PlanCheck("Seen in your demos", Verdict.WARN, 22, "wrist_roll", 83.3, 90.0, "%"),
    )
    bad = (
        *good[:2],
        PlanCheck("Table", Verdict.FAIL, 17, "gripper", -0.016, -0.01, "m"),
    )

    def build() -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        for plan_id, checks, state in (
            (212, good, "Waiting for your approval. Nothing moves before it."),
            (213, bad, "Cannot run: the gripper would hit the table."),
        ):
            view = PlanView()
            view.set_plan(plan_id, 30, 3.0, PlanReport(plan_id, checks), state)
            row.addWidget(view, 1, Qt.AlignmentFlag.AlignTop)
        row.addWidget(PlanView(), 1, Qt.AlignmentFlag.AlignTop)
        return page

    demo.show(build, size=(1020, 380))


if __name__ == "__main__":
    main()
