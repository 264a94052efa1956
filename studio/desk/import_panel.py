"""Asks what shall be imported and what its numbers mean, and starts it."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QHBoxLayout, QLineEdit, QWidget

from recordings.joint_units import Units
from studio.desk.path_row import PathRow
from studio.parts.transferring import Import
from studio.session import Session
from widgets.card import button, label
from widgets.overlay import Overlay
from widgets.problem_line import ProblemLine

FORMATS = (
    ("lerobot", "LeRobot dataset (v3.0 or v2.1)"),
    ("aloha", "ALOHA (HDF5)"),
    ("robomimic", "robomimic (HDF5)"),
)
UNIT_WORDS = {Units.RADIANS: "radians"}
TELLS = (
    "Copies the episodes into this list; what is there already is skipped, and Ctrl+Z takes the"
    " import back. Units are never guessed: say them where the source does not."
)


class ImportPanel(Overlay):
    """Starts one import; the card on Review shows how it goes."""

    def __init__(self, session: Session, *, parent: QWidget) -> None:
        super().__init__("Import episodes", size=QSize(620, 400), parent=parent)
        self._session = session
        self.format, self.units = QComboBox(), QComboBox()
        for key, words in FORMATS:
            self.format.addItem(words, key)
        self.units.addItem("as the source says", "")
        for unit in Units:
            self.units.addItem(UNIT_WORDS.get(unit, unit.value), unit.value)
        self.source = PathRow("Source", files=lambda: self.format.currentData() != "lerobot")
        self.task = QLineEdit()
        self.task.setPlaceholderText("only where the source does not say")
        self.like = QCheckBox("Of the same robot as the open episode: take its limits")
        self.problem = ProblemLine()
        self.start = button("Import", kind="primary", icon="plus")
        self._build()
        self.start.clicked.connect(self._on_start_clicked)

    def _build(self) -> None:
        form = QFormLayout()
        form.setSpacing(10)
        form.addRow("Format", self.format)
        form.addRow("Source", self.source)
        form.addRow("Joint units", self.units)
        form.addRow("Task", self.task)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.start)
        self.body.addWidget(label(TELLS, role="quiet", wrap=True))
        self.body.addLayout(form)
        self.body.addWidget(self.like)
        self.body.addWidget(self.problem)
        self.body.addStretch(1)
        self.body.addLayout(foot)

    def open(self) -> None:
        self.problem.set_problem("")
        opened = self._session.review.episode is not None
        self.like.setEnabled(opened)
        self.like.setChecked(opened)
        super().open()

    def first_focus(self) -> QWidget:
        return self.source.field

    def _on_start_clicked(self) -> None:
        source, transferring = self.source.path, self._session.transferring
        if source is None or not source.exists():
            self.problem.set_problem(f"{source or 'Nothing'} is not there: choose the source.")
            return
        if transferring.running:
            self.problem.set_problem("Something is being exported or imported already: wait.")
            return
        episode = self._session.review.episode
        like = str(episode.path) if episode is not None and self.like.isChecked() else ""
        transferring.bring_in(
            Import(
                source=source,
                format=str(self.format.currentData()),
                units=str(self.units.currentData()),
                task=self.task.text().strip(),
                like=like,
            )
        )
        self.dismiss()
