"""The one timeline at the foot of the window: the last minute live, or the open episode.

Shows, and asks Review to move its cursor; plays nothing itself.
"""

from __future__ import annotations

import time

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from recordings.reader import Episode
from studio.actions import action
from studio.desk.trail import SECONDS, Trail
from studio.parts.review import SPEEDS
from studio.session import Session
from widgets.card import button, label, tiny_button
from widgets.strip import bar
from widgets.timeline import Timeline

TICKS = 6  # between two looks (5 Hz)


class TimeBar:
    """``panel`` is what the window shows."""

    def __init__(self, session: Session) -> None:
        self._review = session.review
        self._editing = session.editing
        self._trail = Trail(session)
        self._ticks = 0
        self._replaying = False
        self.play = button("Play", icon="play", key="␣", kind="primary", tip=action("play").tip)
        self.words = label("Last minute", role="quiet")
        self.back = tiny_button("step_back", action("step_back").tip)
        self.forward = tiny_button("step_forward", action("step_forward").tip)
        self.speed = QComboBox()
        self.speed.setAccessibleName("Speed of the replay")
        self.speed.setToolTip("Speed of the replay (- slower, + faster)")
        self.speed.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}×", speed)
        self.timeline = Timeline()
        self.panel = self._panel()
        self.play.clicked.connect(self._review.toggle_play)
        self.back.clicked.connect(self._review.step_back)
        self.forward.clicked.connect(self._review.step_forward)
        self.speed.activated.connect(self._on_speed_activated)
        self.timeline.partMoved.connect(self._editing.set_part)
        self._editing.changed.connect(self._on_editing_changed)
        self.timeline.cursorMoved.connect(self._on_timeline_cursor_moved)
        self.timeline.playRequested.connect(self._review.toggle_play)
        self._review.opened.connect(self._on_review_opened)
        self._review.cursorMoved.connect(self._on_review_cursor_moved)
        session.ticked.connect(self._on_session_ticked)
        self.show_live()

    def _panel(self) -> QWidget:
        panel = bar(self.play, self.back, self.forward, self.speed, self.words, self.timeline)
        panel.setProperty("role", "bar")
        layout = panel.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.setContentsMargins(14, 4, 14, 4)
        layout.setStretch(5, 1)
        self.play.setMinimumWidth(104)
        self.words.setMinimumWidth(104)
        return panel

    def show_live(self) -> None:
        """The last minute until now."""
        self._replaying = False
        self._show_controls(False)
        self.words.setVisible(True)
        self.timeline.set_duration(SECONDS)
        self.timeline.setEnabled(True)
        self.timeline.set_live(True)

    def show_replay(self) -> None:
        """The open episode and its cursor."""
        self._replaying = True
        self._show_controls(True)
        self.words.setVisible(False)
        self.timeline.set_live(False)
        self._on_review_opened(self._review.episode)
        if self._review.episode is not None:
            self._on_review_cursor_moved(self._review.row)

    def _show_controls(self, shown: bool) -> None:
        for item in (self.play, self.back, self.forward, self.speed):
            item.setVisible(shown)

    # ── facts ──────────────────────────────────────────────────────────────────────────────────

    def _on_session_ticked(self) -> None:
        self._ticks += 1
        if self._ticks % TICKS:
            return
        now_ns = time.monotonic_ns()
        self._trail.look(now_ns)
        if self._replaying:
            self._show_playing()
            return
        times, authority, marks = self._trail.seen(now_ns)
        self.timeline.set_authority(times, authority)
        self.timeline.set_marks(marks)

    def _show_playing(self) -> None:
        text = "Pause   ␣" if self._review.playing else "Play   ␣"
        self.speed.setCurrentIndex(self.speed.findData(self._review.speed))
        if text != self.play.text():
            self.play.setText(text)
            self.play.set_icon("pause" if self._review.playing else "play")

    def _on_review_opened(self, episode: Episode | None) -> None:
        if not self._replaying:
            return
        for item in (self.play, self.back, self.forward, self.speed, self.timeline):
            item.setEnabled(episode is not None)
        self.timeline.set_duration(float(self._review.t_s[-1]) if episode is not None else 0.0)
        if episode is not None:
            self.timeline.set_authority(self._review.t_s, episode.authority)

    def _on_review_cursor_moved(self, row: int) -> None:
        if self._replaying:
            self.timeline.set_cursor(float(self._review.t_s[row]))

    def _on_editing_changed(self) -> None:
        if self._replaying:
            self.timeline.set_part(*(self._editing.part or (None, None)))

    def _on_speed_activated(self, _: int) -> None:
        self._review.speed = float(self.speed.currentData())

    def _on_timeline_cursor_moved(self, seconds: float) -> None:
        if self._review.playing:
            self._review.toggle_play()
        self._review.seek_s(seconds)
