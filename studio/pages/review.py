"""Review: the episodes, and one of them replayed: pictures, joints and 3D under one time cursor."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QVBoxLayout, QWidget

from recordings.reader import Episode
from recordings.types import Authority, EpisodeInfo, EpisodePhase
from studio.actions import action
from studio.demonstrations import DEMONSTRATOR, DRIVER
from studio.pages.ask_card import AskCard
from studio.pages.page import Page, column, show_in
from studio.parts.training import TrainingSet
from studio.session import Session
from widgets.card import Card, ValueRow, button, label
from widgets.episode_model import COLUMNS
from widgets.episode_table import EpisodeTable

HIDDEN = ("Task", "Steps", "Take-overs", "Success")  # columns that the card on the right shows


class ReviewPage(Page):
    """Table beside the rail, replay on the stage, facts on the right; the cursor is below."""

    key = "review"
    left_px = 470

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._review = session.review
        self.table = EpisodeTable()
        for name in HIDDEN:
            self.table.view.setColumnHidden(COLUMNS.index(name), True)
        header = self.table.view.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.left = self._list()
        self.ask_card = AskCard(session)
        self.inspector = column(self._episode_card(), self.ask_card, self._set_card())
        self._review.episodesChanged.connect(self._on_review_episodes_changed)
        self._review.opened.connect(self._on_review_opened)
        session.asking.answered.connect(self._on_asking_answered)
        self.table.episodeSelected.connect(self._review.select)
        self.table.keepRequested.connect(self._review.keep)
        self.table.trashRequested.connect(self._review.trash)
        self._show_facts(None)

    # ── panels ─────────────────────────────────────────────────────────────────────────────────

    def _list(self) -> QWidget:
        panel = QWidget()
        panel.setProperty("role", "panel")
        panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QVBoxLayout(panel)
        layout.setContentsMargins(6, 10, 4, 0)
        layout.addWidget(self.table)
        return panel

    def _episode_card(self) -> QWidget:
        card = Card("Episode")
        self.title = label("", role="subtitle", wrap=True)
        card.body.addWidget(self.title)
        self.rows = {
            name: ValueRow(name)
            for name in ("Length", "Verdict", "Driven by", "Cameras", "Steps", "Recorded")
        }
        for row in self.rows.values():
            card.body.addWidget(row)
        self.problem = label("", tone="danger", wrap=True)
        card.body.addWidget(self.problem)
        return card

    def _set_card(self) -> QWidget:
        card = Card("Ready for training")
        self.set_rows = {name: ValueRow(name) for name in ("Episodes", "Motion", "Tasks")}
        for row in self.set_rows.values():
            card.body.addWidget(row)
        undo = button("Restore from trash", icon="redo", key="Ctrl+Z", tip=action("undo_trash").tip)
        undo.clicked.connect(self._review.restore_last)
        card.body.addWidget(undo)
        return card

    # ── showing ────────────────────────────────────────────────────────────────────────────────

    def enter(self) -> None:
        if self._review.episode is None and self._review.episodes:
            self._review.select(self._review.episodes[0].id)
            self.table.select(self._review.selected)

    def leave(self) -> None:
        if self._review.playing:
            self._review.toggle_play()

    def tick(self) -> None:
        thumbnail = self._review.next_thumbnail()
        if thumbnail is not None:
            self.table.set_thumbnail(*thumbnail)

    def _on_review_episodes_changed(self, episodes: list[EpisodeInfo]) -> None:
        self.table.set_episodes(episodes)
        known = TrainingSet.of(episodes)
        self.set_rows["Episodes"].set_value(str(known.episodes))
        self.set_rows["Motion"].set_value(f"{known.minutes:.1f} min")
        self.set_rows["Tasks"].set_value(str(len(known.tasks)))
        self._show_facts(self._info())

    def _info(self) -> EpisodeInfo | None:
        selected = self._review.selected
        return next((e for e in self._review.episodes if e.id == selected), None)

    def _on_review_opened(self, episode: Episode | None) -> None:
        self._show_facts(self._info())

    def _on_asking_answered(self) -> None:
        show_in(self.inspector, self.ask_card)

    def _show_facts(self, info: EpisodeInfo | None) -> None:
        self.title.setText(info.task or info.id if info else "Choose an episode")
        self.problem.setText(info.problem if info else "")
        self.problem.setVisible(bool(info and info.problem))
        values = _facts(info, self._review.episode) if info else {}
        for name, row in self.rows.items():
            text, tone = values.get(name, ("–", ""))
            row.set_value(text, tone=tone)


def _facts(info: EpisodeInfo, episode: Episode | None) -> dict[str, tuple[str, str]]:
    """Value and tone per row of the episode card."""
    verdict = {True: ("success", "ok"), False: ("failure", "danger"), None: ("not marked", "")}
    kept = info.phase is EpisodePhase.KEPT
    word, tone = verdict[info.success]
    facts = {
        "Length": (f"{info.duration_s:.1f} s", ""),
        "Verdict": (
            f"{'kept' if kept else info.phase.value} · {word}",
            tone or ("ok" if kept else ""),
        ),
        "Cameras": (", ".join(info.cameras), ""),
        "Steps": (f"{info.steps:,} at 100 Hz, {info.frames:,} frames", ""),
        "Recorded": (time.strftime("%d %b %Y, %H:%M", time.localtime(info.created_wall_s)), ""),
    }
    if episode is not None and episode.info.id == info.id:
        facts["Driven by"] = (_drivers(episode), "")
    return facts


def _drivers(episode: Episode) -> str:
    """Who moved the arm in this episode, in words."""
    notes = [event["data"] for event in episode.events if event["kind"] == DRIVER]
    shown = any(note.get("leader") == DEMONSTRATOR for note in notes)
    words = {
        Authority.LEADER: "the demonstrator" if shown else "you",
        Authority.POLICY: "the policy",
    }
    present = {Authority(int(value)) for value in set(episode.authority.tolist())}
    return " and ".join(words[who] for who in words if who in present) or "nobody"
