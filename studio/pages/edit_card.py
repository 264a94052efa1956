"""What can be done to the chosen episodes: mark, rename, cut, join, copy, and undo all of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCompleter, QGridLayout, QLineEdit

from studio.actions import action
from studio.session import Session
from widgets.card import Button, Card, button
from widgets.problem_line import ProblemLine

# Rows of (action, words); the words are short because the key stands beside them.
GRID = (
    (("mark_success", "Success"), ("mark_failure", "Failure"), ("flag", "Flag")),
    (("part_begin", "In"), ("part_end", "Out"), ("trim", "Trim")),
    (("split", "Split"), ("join", "Join"), ("duplicate", "Copy")),
    (("undo", "Undo"), ("redo_change", "Redo"), ("untrim", "Untrim")),
)


class EditCard(Card):
    """Acts through the session's ``editing``; says below the buttons why something did not work."""

    def __init__(self, session: Session) -> None:
        super().__init__("Edit")
        self._editing = session.editing
        self._review = session.review
        self.task = QLineEdit()
        self.task.setAccessibleName("Task of the chosen episodes")
        self.task.setPlaceholderText("Task: what the robot was told to do")
        self.task.setToolTip(action("relabel").tip)
        self.problem = ProblemLine()
        self.buttons: dict[str, Button] = {}
        self._build()
        self.task.editingFinished.connect(self._on_task_editing_finished)
        self._editing.changed.connect(self.show_state)
        self._editing.fieldWanted.connect(self._on_editing_field_wanted)
        self._review.episodesChanged.connect(lambda _: self.show_state())
        self.show_state()

    def _build(self) -> None:
        self.body.addWidget(self.task)
        grid = QGridLayout()
        grid.setSpacing(6)
        for row, line in enumerate(GRID):
            for at, (key, words) in enumerate(line):
                entry = action(key)
                item = button(words, key=entry.cap, tip=entry.tip)
                item.setProperty("dense", "true")
                item.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the list its keys
                item.clicked.connect(getattr(self._editing, entry.intent.rpartition(".")[2]))
                grid.addWidget(item, row, at)
                self.buttons[key] = item
        for at in range(len(GRID[0])):
            grid.setColumnStretch(at, 1)
        self.body.addLayout(grid)
        self.body.addWidget(self.problem)

    def show_state(self) -> None:
        """Bring the card up to date."""
        editing, opened = self._editing, self._review.episode is not None
        infos = editing.infos
        self.set_title("Edit" if len(infos) < 2 else f"Edit {len(infos)} episodes")
        self.problem.set_problem(editing.problem, editing.details)
        if not self.task.hasFocus():
            self._show_task()
        for key in ("mark_success", "mark_failure", "flag"):
            self.buttons[key].setEnabled(bool(infos))
        for key in ("part_begin", "part_end", "split", "duplicate"):
            self.buttons[key].setEnabled(opened)
        self.buttons["trim"].setEnabled(opened and editing.part is not None)
        self.buttons["untrim"].setEnabled(opened and any(info.trimmed for info in infos))
        self.buttons["join"].setEnabled(len(infos) > 1)
        self.task.setEnabled(bool(infos))

    def _show_task(self) -> None:
        tasks = list(dict.fromkeys(info.task for info in self._editing.infos))
        self.task.setText(tasks[0] if len(tasks) == 1 else "")
        self.task.setCursorPosition(0)
        several = f"{len(tasks)} tasks: type one for all of them"
        self.task.setPlaceholderText(several if len(tasks) > 1 else "Task of the episode")

    def _on_task_editing_finished(self) -> None:
        self._editing.relabel(self.task.text())
        self.task.clearFocus()
        self._show_task()

    def _on_editing_field_wanted(self, field: str) -> None:
        if field != "task":
            return
        known = sorted({info.task for info in self._review.episodes if info.task})
        completer = QCompleter(known, self.task)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.task.setCompleter(completer)
        self.task.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.task.selectAll()
