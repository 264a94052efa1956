"""Whether runs of the policy are recorded, and how the one that is recorded went."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QHBoxLayout

from studio.actions import action
from studio.session import Session
from widgets import theme
from widgets.card import Card, button, label

_MARKS = {None: "not marked yet", True: "success", False: "failure"}


class RolloutCard(Card):
    """Switch, state, success and failure marks, and the end of the run."""

    def __init__(self, session: Session) -> None:
        super().__init__("Recording of runs")
        self._rollout = session.rollout
        self.wanted = QCheckBox("Record every run")
        self.wanted.setChecked(self._rollout.wanted)
        self.wanted.toggled.connect(self._rollout.set_wanted)
        self.words = label("", role="quiet", wrap=True)
        self.success = button("Success", key="S", tip=action("run_success").tip)
        self.failure = button("Failure", key="F", tip=action("run_failure").tip)
        self.end = button("End run", icon="keep", key="→", tip=action("end_run").tip)
        self.success.clicked.connect(self._rollout.mark_success)
        self.failure.clicked.connect(self._rollout.mark_failure)
        self.end.clicked.connect(self._rollout.end)
        above, below = QHBoxLayout(), QHBoxLayout()
        above.addWidget(self.wanted, 1)
        above.addWidget(self.end)
        for item in (self.success, self.failure):
            below.addWidget(item, 1)
        self.body.addLayout(above)
        self.body.addWidget(self.words)
        self.body.addLayout(below)
        self._rollout.changed.connect(self._on_rollout_changed)
        self._on_rollout_changed()

    def tick(self) -> None:
        """The length of the run grows."""
        if self._rollout.recording:
            self.words.setText(self._sentence())

    def _on_rollout_changed(self) -> None:
        recording, mark = self._rollout.recording, self._rollout.mark
        self.words.setText(self._sentence())
        for item in (self.success, self.failure, self.end):
            item.setEnabled(recording)
        theme.restyle(self.success, kind="ok" if recording and mark is True else "")
        theme.restyle(self.failure, kind="danger" if recording and mark is False else "")

    def _sentence(self) -> str:
        rollout = self._rollout
        if rollout.recording:
            return f"Recording {rollout.seconds:.0f} s · {_MARKS[rollout.mark]}"
        if rollout.sealing:
            return f"Saving {rollout.sealing}"
        if rollout.wanted:
            return "Begins with the hand-over; your corrections are part of it."
        return "Runs are not recorded."
