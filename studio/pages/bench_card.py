"""The bench file being put together: its cameras, what is missing, and opening it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from devices.cameras.listing import list_cameras
from studio.session import Session
from widgets.card import Card, button, label

ROLES = ("front", "wrist", "top", "left", "right")
NO_ROLE = "Not used"


class BenchCard(Card):
    """Emits nothing: asks the session's part."""

    def __init__(self, session: Session) -> None:
        super().__init__("Cameras and bench file")
        self._session = session
        self._part = session.setting_up
        self._shown: object = None
        self._typed: dict[str, str] = {}  # address → name
        self._cameras = QVBoxLayout()
        self._cameras.setSpacing(6)
        self.address = QLineEdit()
        self.address.setPlaceholderText("Another camera, e.g. http://…/video")
        self.address.setAccessibleName("Address of another camera")
        self.add = button("Add", tip="A network camera (MJPEG) or a video file")
        row = QHBoxLayout()
        row.addWidget(self.address, 1)
        row.addWidget(self.add)
        self._file = label("", role="quiet", wrap=True)
        self._missing = label("", role="value", wrap=True)
        self.save = button("Save and open", kind="primary", icon="keep")
        self.edit = button("Edit", kind="quiet", tip="Open the bench file in your text editor")
        foot = QHBoxLayout()
        foot.addWidget(self.save)
        foot.addWidget(self.edit)
        foot.addStretch(1)
        self.body.addLayout(self._cameras)
        self.body.addLayout(row)
        for widget in (self._file, self._missing):
            self.body.addWidget(widget)
        self.body.addLayout(foot)
        self._part.changed.connect(self._show)
        self.add.clicked.connect(self._on_add_clicked)
        self.address.returnPressed.connect(self._on_add_clicked)
        self.save.clicked.connect(self._part.write)
        self.edit.clicked.connect(self._on_edit_clicked)

    def _show(self) -> None:
        part = self._part
        if not part.shown:
            return
        self._file.setText(f"Bench file: {part.file}")
        self._missing.setText(part.kit.missing)
        self._missing.setVisible(bool(part.kit.missing))
        self.save.setEnabled(not part.kit.missing and not part.busy)
        self.edit.setEnabled(part.file.exists())
        self._show_cameras()

    def _show_cameras(self) -> None:
        cameras = self._part.kit.draft.cameras
        found = {c.address: c.name for c in list_cameras() if c.address} | self._typed
        found |= {c.address: c.address for c in cameras if c.address not in found}
        roles = {c.address: c.role for c in cameras}
        shown = (found, roles)
        if shown == self._shown:
            return
        self._shown = shown
        while (entry := self._cameras.takeAt(0)) is not None:
            widget = entry.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for address, name in found.items():
            self._cameras.addWidget(self._row(address, name, roles.get(address, "")))
        if not found:
            self._cameras.addWidget(label("No camera is plugged in.", role="quiet", wrap=True))

    def _row(self, address: str, name: str, role: str) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        words = label(name, role="value", wrap=True)
        words.setToolTip(address)
        box = QComboBox()
        box.setAccessibleName(f"Role of {name}")
        box.addItem(NO_ROLE, "")
        for known in dict.fromkeys((*ROLES, *filter(None, (role,)))):
            box.addItem(known.capitalize(), known)
        box.setCurrentIndex(max(0, box.findData(role)))
        box.activated.connect(partial(self._on_role_activated, address, box))
        line.addWidget(words, 1)
        line.addWidget(box)
        return row

    def _on_role_activated(self, address: str, box: QComboBox, _index: int) -> None:
        self._part.use_camera(address, box.currentData())

    def _on_add_clicked(self) -> None:
        address = self.address.text().strip()
        if address:
            self._typed[address] = address
            taken = {camera.role for camera in self._part.kit.draft.cameras}
            free = next((role for role in ROLES if role not in taken), "")
            self.address.clear()
            self._part.use_camera(address, free)

    def _on_edit_clicked(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._part.file)))
