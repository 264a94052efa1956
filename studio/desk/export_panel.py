"""Asks what shall be exported, in which format and where to, and starts it."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QHBoxLayout, QWidget

from studio.desk.path_row import PathRow
from studio.parts.transferring import Export
from studio.session import Session
from widgets.card import button, label
from widgets.overlay import Overlay
from widgets.problem_line import ProblemLine

FORMATS = (
    ("lerobot", "LeRobot dataset (v3.0)"),
    ("aloha", "ALOHA (HDF5)"),
    ("robomimic", "robomimic (HDF5)"),
    ("mcap", "MCAP, for viewers"),
)
MODES = (
    ("fast", "Fast: the pictures as they are"),
    ("compact", "Compact: video, slower to write"),
)
LEROBOT_TELLS = (
    "Adds what a dataset of ours in this folder lacks. It takes every episode that training would"
    " use and that is not trashed."
)
OTHERS_TELL = "Writes the chosen episodes; all that training would use when fewer than two are."


class ExportPanel(Overlay):
    """Starts one export; the card on Review shows how it goes."""

    def __init__(self, session: Session, *, parent: QWidget) -> None:
        super().__init__("Export episodes", size=QSize(620, 400), parent=parent)
        self._session = session
        self.format, self.mode = QComboBox(), QComboBox()
        for box, entries in ((self.format, FORMATS), (self.mode, MODES)):
            for key, words in entries:
                box.addItem(words, key)
        self.folder = PathRow("Folder", session.folders.data / "export")
        self.failures = QCheckBox("Failed episodes too")
        self.fresh = QCheckBox("Replace the dataset that is there")
        self.words = label("", role="quiet", wrap=True)
        self.problem = ProblemLine()
        self.start = button("Export", kind="primary", icon="folder")
        self._build()
        self.format.currentIndexChanged.connect(lambda _: self._show())
        self.start.clicked.connect(self._on_start_clicked)
        self._show()

    def _build(self) -> None:
        form = QFormLayout()
        form.setSpacing(10)
        form.addRow("Format", self.format)
        form.addRow("Pictures", self.mode)
        form.addRow("Folder", self.folder)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.start)
        self.body.addWidget(self.words)
        self.body.addLayout(form)
        self.body.addWidget(self.failures)
        self.body.addWidget(self.fresh)
        self.body.addWidget(self.problem)
        self.body.addStretch(1)
        self.body.addLayout(foot)

    def open(self) -> None:
        self._show()
        super().open()

    def first_focus(self) -> QWidget:
        return self.start

    def _show(self) -> None:
        lerobot = self.format.currentData() == "lerobot"
        for item in (self.mode, self.failures, self.fresh):
            item.setEnabled(lerobot)
        chosen = len(self._session.editing.ids)
        count = f" {chosen} are chosen now." if chosen > 1 and not lerobot else ""
        self.words.setText(LEROBOT_TELLS if lerobot else OTHERS_TELL + count)
        self.problem.set_problem("")

    def _on_start_clicked(self) -> None:
        out, transferring = self.folder.path, self._session.transferring
        if out is None:
            self.problem.set_problem("Name the folder that it shall go to.")
            return
        if transferring.running:
            self.problem.set_problem("Something is being exported or imported already: wait.")
            return
        chosen = self._session.editing.ids
        transferring.send_out(
            Export(
                out=out,
                format=str(self.format.currentData()),
                mode=str(self.mode.currentData()),
                ids=chosen if len(chosen) > 1 else (),
                with_failures=self.failures.isChecked(),
                fresh=self.fresh.isChecked(),
            )
        )
        self.dismiss()
