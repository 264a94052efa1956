"""The drive pad wired to the session: pushing it moves the tool, taking over first when need be."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from devices.bench import HAND
from devices.commands import MoveTool
from recordings.rig_status import RigStatus
from recordings.types import Authority
from studio.session import Session
from widgets.drive_pad import DrivePad

Vector = tuple[float, float, float]


class ToolPad(QWidget):
    """A drive pad for the hand leader."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.pad = DrivePad()
        self.pad.setMinimumHeight(186)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pad)
        self.pad.toolMoved.connect(self._on_pad_tool_moved)
        session.statusChanged.connect(self._on_session_status_changed)

    def _on_pad_tool_moved(self, linear: Vector, angular: Vector, gripper: float) -> None:
        session = self._session
        if session.teaching.demonstrating or session.status.stopped:
            return
        if session.status.authority is not Authority.LEADER and any((*linear, *angular, gripper)):
            session.take_over(HAND)
        session.move_tool(MoveTool(linear, angular, gripper))

    def _on_session_status_changed(self, status: RigStatus) -> None:
        if status.stopped:
            hint = "Release STOP first"
        elif self._session.teaching.demonstrating:
            hint = "The demonstrator drives"
        elif status.held_back:
            hint = f"The workspace ends here: {status.held_back}"
        elif status.authority is Authority.POLICY:
            hint = "Pushing takes over"
        else:
            hint = ""
        self.pad.set_hint(hint)
