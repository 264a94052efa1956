"""The bench file being put together: its cameras, what is missing, and opening it."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QLineEdit

from studio.session import Session
from widgets.camera_slots import CameraItem, CameraSlots
from widgets.card import Card, button, label

ONE_ARM, TWO_ARMS = ("front", "wrist", "top"), ("top", "left", "right")


class BenchCard(Card):
    """Emits nothing: asks the session's part."""

    def __init__(self, session: Session) -> None:
        super().__init__("Cameras and bench file")
        self._session = session
        self._part = session.setting_up
        self._of_rig = {c.address: c.spec.name for c in session.cell.bench.cameras}
        self._shown: dict[str, int] = {}  # address → index of the rig's picture that is shown
        self.cameras = CameraSlots()
        self._none = label("No camera is plugged in.", role="quiet", wrap=True)
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
        for widget in (self.cameras, self._none):
            self.body.addWidget(widget)
        self.body.addLayout(row)
        for widget in (self._file, self._missing):
            self.body.addWidget(widget)
        self.body.addLayout(foot)
        self._part.changed.connect(self._show)
        self._part.cameras.changed.connect(self._show)
        self._part.cameras.seen.connect(self._on_cameras_seen)
        session.ticked.connect(self._show_pictures_of_rig)
        self.cameras.placed.connect(self._part.use_camera)
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
        draft = self._part.kit.draft
        places = {camera.address: camera.role for camera in draft.cameras}
        found = self._part.cameras.found
        items = [CameraItem(a, name, places.get(a, "")) for a, name in found.items()]
        slots, others = (TWO_ARMS, ONE_ARM) if draft.two_arms else (ONE_ARM, TWO_ARMS)
        self._shown.clear()  # new tiles begin empty
        self.cameras.set_cameras(items, slots, others)
        self._none.setVisible(not items)
        for address in found:
            self._on_cameras_seen(address)

    def _on_cameras_seen(self, address: str) -> None:
        glance = self._part.cameras.glance(address)
        if glance.picture is not None:
            self.cameras.set_picture(address, glance.picture)
        elif address not in self._of_rig:
            self.cameras.set_trouble(address, glance.trouble)

    def _show_pictures_of_rig(self) -> None:
        """Cameras of the bench that is open are with the rig; here is what it sees."""
        if not self._part.shown:
            return
        for address, role in self._of_rig.items():
            frame = self._session.frames.get(role)
            if frame is None or frame.index == self._shown.get(address):
                continue
            if self._part.cameras.glance(address).picture is None:
                self._shown[address] = frame.index
                self.cameras.set_picture(address, frame.image)

    def _on_add_clicked(self) -> None:
        address = self.address.text().strip()
        if address and self._part.add_camera(address):
            self.address.clear()
            taken = {camera.role for camera in self._part.kit.draft.cameras}
            free = next((place for place in (*ONE_ARM, *TWO_ARMS) if place not in taken), "")
            self._part.use_camera(address, free)

    def _on_edit_clicked(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._part.file)))
