"""Asks where the support bundle goes and whether pictures are in it, writes it, says the result."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLineEdit, QWidget

from studio.desk.troubles import Troubles
from studio.session import Session
from studio.support_bundle import LoopHistory, bundle_name, write_bundle
from widgets import theme
from widgets.card import button, label
from widgets.overlay import Overlay

CONTENTS = (
    "Logs, preferences, versions, the bench, the errors you saw, and the last minute of "
    "control-loop statistics. Your home folder's name is replaced by ~. Nothing is sent anywhere."
)


class BundlePanel(Overlay):
    """Writes one zip file."""

    def __init__(
        self, session: Session, history: LoopHistory, troubles: Troubles, *, parent: QWidget
    ) -> None:
        super().__init__("Support bundle", size=QSize(620, 320), parent=parent)
        self._session = session
        self._history = history
        self._troubles = troubles
        self.folder = QLineEdit(str(_downloads(session.folders.data)))
        self.folder.setAccessibleName("Folder")
        self.images = QCheckBox("With the newest picture of each camera")
        self.save = button("Save", kind="primary", icon="folder")
        self.show_folder = button("Open the folder", kind="quiet", icon="folder")
        self.show_folder.setVisible(False)
        choose = button("Choose…")
        self.result = label("", wrap=True)
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(choose)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.show_folder)
        foot.addWidget(self.save)
        self.body.addWidget(label(CONTENTS, role="quiet", wrap=True))
        self.body.addLayout(row)
        self.body.addWidget(self.images)
        self.body.addWidget(self.result)
        self.body.addStretch(1)
        self.body.addLayout(foot)
        choose.clicked.connect(self._on_choose_clicked)
        self.save.clicked.connect(self._on_save_clicked)
        self.show_folder.clicked.connect(self._on_show_folder_clicked)

    def first_focus(self) -> QWidget:
        return self.save

    def _on_choose_clicked(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder", self.folder.text())
        if chosen:
            self.folder.setText(chosen)

    def _on_save_clicked(self) -> None:
        target = Path(self.folder.text()) / bundle_name()
        session = self._session
        images = {name: frame.image for name, frame in session.frames.items()}
        try:
            names = write_bundle(
                target,
                folders=session.folders,
                preferences=session.preferences,
                bench=session.cell.bench,
                loop=self._history.rows,
                troubles=self._troubles.text,
                images=images if self.images.isChecked() else None,
            )
        except OSError as error:
            self._say(f"Not saved: {error}. Choose another folder.", "danger")
            return
        size_kb = target.stat().st_size / 1000
        self._say(f"Saved {target.name} ({size_kb:.0f} kB, {len(names)} files).", "ok")
        self.show_folder.setVisible(True)

    def _say(self, text: str, tone: str) -> None:
        self.result.setText(text)
        theme.restyle(self.result, tone=tone)

    def _on_show_folder_clicked(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self.folder.text()))


def _downloads(otherwise: Path) -> Path:
    """Where a person looks for files, or the data folder."""
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DownloadLocation)
    return Path(place) if place and Path(place).is_dir() else otherwise
