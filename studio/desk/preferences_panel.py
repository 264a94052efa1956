"""Preferences: look, sounds, first steps, and the numbers other pages begin with.

Every change acts and is saved at once; there is nothing to confirm.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from studio.actions import action
from studio.session import Session
from studio.settings import CHOICES, Preferences
from widgets.card import Heading, button, label
from widgets.overlay import Overlay
from widgets.strip import indent

KEPT = ("task", "operator", "bench", "steps_done")  # by "Use the defaults": no matter of taste


class PreferencesPanel(Overlay):
    """Wired to the session's preferences."""

    def __init__(self, session: Session, *, parent: QWidget) -> None:
        super().__init__("Preferences", size=QSize(640, 500), parent=parent)
        self._session = session
        self._rows = QGridLayout()
        self._rows.setVerticalSpacing(12)
        self._rows.setHorizontalSpacing(18)
        self._rows.setColumnStretch(1, 1)
        self._add_look()
        self._add_work()
        self.body.addLayout(self._rows)
        self.body.addStretch(1)
        self.body.addLayout(self._foot())
        session.preferencesChanged.connect(self._show)
        self._show(session.preferences)

    def first_focus(self) -> QWidget:
        return self.theme

    # ── panels ─────────────────────────────────────────────────────────────────────────────────

    def _add_look(self) -> None:
        self._heading("Look and sound")
        self.theme = QComboBox()
        for name in CHOICES["theme"]:
            self.theme.addItem(name.capitalize(), name)
        self.theme.activated.connect(lambda _: self._set(theme=self.theme.currentData()))
        self._row("Theme", self.theme, f"Also {action('theme').shortcuts[0]}")
        self.sounds = self._check("Sounds", "sounds", "Take over, hand back, takes, faults")
        self.first_steps = self._check("First steps", "first_steps", "The way for newcomers")

    def _add_work(self) -> None:
        self.operator = QLineEdit()
        self.operator.setPlaceholderText("Your name")
        self.operator.editingFinished.connect(
            lambda: self._set(operator=self.operator.text().strip())
        )
        self._row("Who works here", self.operator, "Written into every episode")
        self._heading("At the start")
        self.autoconnect = self._check("Connect the arm", "autoconnect", "When the window opens")
        self.autonomy = QComboBox()
        for name in CHOICES["autonomy"]:
            self.autonomy.addItem(name.capitalize(), name)
        self.autonomy.activated.connect(lambda _: self._set(autonomy=self.autonomy.currentData()))
        self._row("A policy may", self.autonomy, "The first plan is always shown first")
        self.minutes = QDoubleSpinBox()
        self.minutes.setRange(0.5, 600)
        self.minutes.setDecimals(1)
        self.minutes.setSuffix(" min")
        indent(self.minutes)
        self.minutes.editingFinished.connect(lambda: self._set(train_minutes=self.minutes.value()))
        self._row("Train for", self.minutes, "Unless you say otherwise on Train")
        self.episodes = QSpinBox()
        self.episodes.setRange(1, 500)
        self.episodes.setSuffix(" episodes")
        indent(self.episodes)
        self.episodes.editingFinished.connect(
            lambda: self._set(demonstrations=self.episodes.value())
        )
        self._row("The demonstrator records", self.episodes, "Unless you say otherwise on Teach")

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(label(f"Saved in {self._session.folders.preferences}", role="small"), 1)
        defaults = button("Use the defaults", kind="quiet", icon="reset")
        defaults.clicked.connect(self._on_defaults_clicked)
        row.addWidget(defaults)
        return row

    def _heading(self, text: str) -> None:
        at = self._rows.rowCount()
        self._rows.setRowMinimumHeight(at, 34)
        self._rows.addWidget(Heading(text), at, 0, 1, 3, Qt.AlignmentFlag.AlignBottom)

    def _row(self, name: str, control: QWidget, remark: str) -> None:
        at = self._rows.rowCount()
        control.setAccessibleName(name)
        self._rows.addWidget(label(name), at, 0)
        self._rows.addWidget(control, at, 1)
        self._rows.addWidget(label(remark, role="quiet"), at, 2)

    def _check(self, name: str, preference: str, remark: str) -> QCheckBox:
        box = QCheckBox()
        box.clicked.connect(lambda on: self._set(**{preference: on}))
        self._row(name, box, remark)
        return box

    # ── showing and setting ────────────────────────────────────────────────────────────────────

    def _show(self, preferences: Preferences) -> None:
        self.theme.setCurrentIndex(self.theme.findData(preferences.theme))
        self.autonomy.setCurrentIndex(self.autonomy.findData(preferences.autonomy))
        self.sounds.setChecked(preferences.sounds)
        self.operator.setText(preferences.operator)
        self.first_steps.setChecked(preferences.first_steps)
        self.autoconnect.setChecked(preferences.autoconnect)
        self.minutes.setValue(preferences.train_minutes)
        self.episodes.setValue(preferences.demonstrations)

    def _set(self, **changes: object) -> None:
        self._session.prefer(**changes)

    def _on_defaults_clicked(self) -> None:
        fresh, now = Preferences(), self._session.preferences
        kept = {name: getattr(now, name) for name in KEPT}
        wanted = {name: getattr(fresh, name) for name in Preferences.__slots__}
        self._session.prefer(**{**wanted, **kept})
