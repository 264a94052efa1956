"""Asks before recordings are rewritten: what will be gone afterwards, and what stays."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from recordings.library import list_trash
from studio.session import Session
from widgets.card import button, label
from widgets.overlay import Overlay
from widgets.problem_line import ProblemLine


class CompactPanel(Overlay):
    """The only place of the window that makes edits final."""

    def __init__(self, session: Session, *, parent: QWidget) -> None:
        super().__init__("Compact the recordings", size=QSize(560, 300), parent=parent)
        self._session = session
        self._trimmed = 0  # episodes
        self.words = label("", wrap=True)
        self.trash = QCheckBox()
        self.problem = ProblemLine()
        self.start = button("Compact", kind="danger")
        self.stop = button("Leave them as they are", kind="primary")
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.stop)
        foot.addWidget(self.start)
        self.body.addWidget(self.words)
        self.body.addWidget(self.trash)
        self.body.addWidget(self.problem)
        self.body.addStretch(1)
        self.body.addLayout(foot)
        self.stop.clicked.connect(self.dismiss)
        self.start.clicked.connect(self._on_start_clicked)
        self.trash.toggled.connect(lambda _: self._show_button())

    def open(self) -> None:
        review = self._session.review
        trimmed = sum(info.trimmed for info in review.episodes)
        trashed = len(list_trash(review.folder))
        self.words.setText(
            f"{trimmed} of {len(review.episodes)} episodes are trimmed. Compacting rewrites them"
            " without what was trimmed off: the disk gets its room back, and the trim can no longer"
            " be undone. All other edits stay as they are."
        )
        self.trash.setText(f"Also delete for good what is in the trash ({trashed} files)")
        self.trash.setChecked(False)
        self.trash.setEnabled(trashed > 0)
        self.problem.set_problem("")
        self._trimmed = trimmed
        self._show_button()
        super().open()

    def first_focus(self) -> QWidget:
        return self.stop

    def _show_button(self) -> None:
        self.start.setEnabled(self._trimmed > 0 or self.trash.isChecked())

    def _on_start_clicked(self) -> None:
        if self._session.transferring.running:
            self.problem.set_problem("Something is being exported or imported: wait for it.")
            return
        self._session.transferring.compact(empty_trash=self.trash.isChecked())
        self.dismiss()
