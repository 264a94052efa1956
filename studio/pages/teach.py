"""Teach: drive the arm, record takes, or let the demonstrator record them."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from recordings.types import Authority
from studio.actions import action
from studio.pages.page import Page, column
from studio.pages.tool_pad import ToolPad
from studio.session import Session
from widgets import theme
from widgets.card import Card, KeyRow, button, label
from widgets.job_card import remaining
from widgets.strip import bar, indent

TARGET = 50  # a good first number of demonstrations


class TeachPage(Page):
    """Controls of a take below the 3D view; task, counter, pad and demonstrator on the right."""

    key = "teach"
    left_px = 336

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._teaching = session.teaching
        self.state = label("Ready", role="subtitle")
        self.state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.pad = ToolPad(session)
        self.left = column(self._task_card(), self._pad_card(), self._help_card())
        self.inspector = column(self._count_card(), self._demonstrator_card())
        self.strip = self._strip()
        self._teaching.changed.connect(self._show)
        session.authorityChanged.connect(lambda _: self._show())
        self._show()

    # ── panels ─────────────────────────────────────────────────────────────────────────────────

    def _strip(self) -> QWidget:
        self.drive = button("Drive", icon="hand", tip="The arm follows you; nothing is recorded")
        self.record = button("Record", kind="primary", icon="record", key="␣", tip=tip("record"))
        self.keep = button("Keep", kind="ok", icon="keep", key="→", tip=tip("keep"))
        self.redo = button("Redo", icon="redo", key="←", tip=tip("redo"))
        self.drive.clicked.connect(self._on_drive_clicked)
        self.record.clicked.connect(self._teaching.toggle)
        self.keep.clicked.connect(self._teaching.keep)
        self.redo.clicked.connect(self._teaching.redo)
        strip = bar(self.drive, self.record, self.keep, self.redo, self.state)
        layout = strip.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.setStretch(4, 1)
        return strip

    def _task_card(self) -> QWidget:
        card = Card("Task")
        self.task = QLineEdit(self._teaching.task)
        self.task.setPlaceholderText("What the arm shall do, in a few words")
        self.task.editingFinished.connect(lambda: self._session.set_task(self.task.text()))
        scene = button("New start scene", icon="reset", key="Ctrl+N", tip=tip("new_scene"))
        scene.clicked.connect(self._session.new_scene)
        card.body.addWidget(self.task)
        card.body.addWidget(scene)
        return card

    def _count_card(self) -> QWidget:
        card = Card("Episodes")
        self.count = label("0", role="big")
        self.count_text = label("", role="quiet", wrap=True)
        self.count_bar = QProgressBar()
        self.count_bar.setRange(0, TARGET)
        self.count_bar.setTextVisible(False)
        row = QHBoxLayout()
        row.addWidget(self.count)
        row.addWidget(self.count_text, 1)
        card.body.addLayout(row)
        card.body.addWidget(self.count_bar)
        recent = button("Save the last minute", icon="record", key=action("save_recent").cap)
        recent.setToolTip("Whatever just happened becomes a take, recorded or not")
        recent.clicked.connect(self._teaching.save_recent)
        card.body.addWidget(recent)
        return card

    def _demonstrator_card(self) -> QWidget:
        card = Card("Demonstrator")
        self.demo_text = label("", role="quiet", wrap=True)
        self.demo_count = QSpinBox()
        self.demo_count.setRange(1, 500)
        self.demo_count.setValue(self._session.preferences.demonstrations)
        self.demo_count.setSuffix(" episodes")
        indent(self.demo_count)
        self.demo = button("Let it record", icon="robot")
        self.demo.clicked.connect(self._on_demo_clicked)
        row = QHBoxLayout()
        row.addWidget(self.demo_count)
        row.addWidget(self.demo, 1)
        card.body.addWidget(self.demo_text)
        card.body.addLayout(row)
        return card

    def _pad_card(self) -> QWidget:
        card = Card("Drive the tool")
        card.body.addWidget(self.pad)
        return card

    def _help_card(self) -> QWidget:
        card = Card("Keys")
        for key in ("record", "keep", "redo", "success", "failure", "trash_last", "end_session"):
            entry = action(key)
            card.body.addWidget(KeyRow(entry.text, entry.cap))
        return card

    # ── showing ────────────────────────────────────────────────────────────────────────────────

    def tick(self) -> None:
        if self._teaching.active:
            self.state.setText(self._state_text())

    def _show(self) -> None:
        teaching = self._teaching
        taking = teaching.recording
        self.record.setText("End take   ␣" if taking else "Record   ␣")
        theme.restyle(self.record, kind="danger" if taking else "primary")
        self.record.setEnabled(not teaching.demonstrating)
        for item in (self.keep, self.redo):
            item.setEnabled(taking)
        self.drive.setEnabled(not teaching.demonstrating)
        driving = self._session.status.authority is Authority.LEADER
        self.drive.setText("Hold" if driving and not teaching.demonstrating else "Drive")
        self.state.setText(self._state_text())
        self._show_count()
        self._show_demonstrator()

    def _state_text(self) -> str:
        teaching = self._teaching
        if teaching.active:
            mark = {None: "", True: " · success", False: " · failure"}[teaching.mark]
            return f"Recording {teaching.seconds:.0f} s{mark}"
        if teaching.demonstrating:
            return "Next scene"
        return f"Saving {teaching.sealing}" if teaching.sealing else "Ready"

    def _show_count(self) -> None:
        kept = sum(e.phase.value == "kept" for e in self._session.review.episodes)
        self.count.setText(str(kept))
        self.count_bar.setValue(min(kept, TARGET))
        self.count_text.setText(
            f"kept, of {TARGET} for a good start\n"
            f"this session: {self._teaching.kept} kept, {self._teaching.discarded} discarded"
        )

    def _show_demonstrator(self) -> None:
        series = self._teaching.series
        self.demo_count.setEnabled(series is None)
        if series is None:
            self.demo.setText("Let it record")
            self.demo_text.setText(
                "Picks the cube and puts it in the tray by itself, like a person."
            )
        else:
            self.demo.setText("Stop")
            self.demo_text.setText(
                f"Episode {min(series.kept + 1, series.count)} of {series.count} · "
                f"{series.failed} failed and made again · {remaining(self._teaching.series_left_s)}"
            )

    # ── intents ────────────────────────────────────────────────────────────────────────────────

    def _on_drive_clicked(self) -> None:
        if self._session.status.authority is Authority.LEADER:
            self._session.hold()
        else:
            self._teaching.drive()

    def _on_demo_clicked(self) -> None:
        if self._teaching.demonstrating:
            self._teaching.end()
        else:
            self._teaching.demonstrate(self.demo_count.value())

    def enter(self) -> None:
        self._show()


def tip(key: str) -> str:
    """Tooltip of an action's button."""
    return action(key).tip
