"""Review: the episodes, and one of them replayed: pictures, joints and 3D under one time cursor."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QVBoxLayout, QWidget

from recordings.reader import Episode
from recordings.types import EpisodeInfo
from studio.pages.ask_card import AskCard
from studio.pages.edit_card import EditCard
from studio.pages.episode_card import EpisodeCard, HealthCard
from studio.pages.page import Page, column, show_in
from studio.pages.replay_card import ReplayCard
from studio.pages.set_card import CoverageCard, SetCard, TransferCard
from studio.session import Session
from widgets.episode_model import COLUMNS
from widgets.episode_table import EpisodeTable

HIDDEN = ("Episode", "Steps", "Success", "Take-overs", "When")  # what others show as well


class ReviewPage(Page):
    """Table beside the rail, replay on the stage, facts on the right; the cursor is below."""

    key = "review"
    left_px = 500
    left_least_px = 418

    def __init__(self, session: Session, do: Callable[[str], None]) -> None:
        super().__init__()
        self._session = session
        self._review = session.review
        self._inspecting = session.inspecting
        self.table = EpisodeTable()
        self._set_columns()
        self.edit_card = EditCard(session)
        self.left = self._list()
        self.transfer_card = TransferCard(session)
        self.health_card = HealthCard(session)
        self.coverage_card = CoverageCard(session)
        self.ask_card = AskCard(session)
        self.replay_card = ReplayCard(session)
        self.inspector = column(
            self.transfer_card,
            EpisodeCard(session),
            self.health_card,
            self.replay_card,
            self.ask_card,
            self.coverage_card,
            SetCard(session, do),
        )
        self._connect(do)

    def _connect(self, do: Callable[[str], None]) -> None:
        session, table = self._session, self.table
        self._review.episodesChanged.connect(self._on_review_episodes_changed)
        self._review.opened.connect(self._on_review_opened)
        self._inspecting.pictured.connect(table.set_thumbnail)
        self._inspecting.judged.connect(self._on_inspecting_judged)
        session.asking.answered.connect(lambda: show_in(self.inspector, self.ask_card))
        session.editing.fieldWanted.connect(self._on_editing_field_wanted)
        session.transferring.changed.connect(self._on_transferring_changed)
        table.episodeSelected.connect(self._on_table_episode_selected)
        table.chosenChanged.connect(session.editing.choose)
        table.keepRequested.connect(lambda: do("keep_episode"))
        table.trashRequested.connect(lambda: do("trash_episode"))

    # ── panels ─────────────────────────────────────────────────────────────────────────────────

    def _set_columns(self) -> None:
        for name in HIDDEN:
            self.table.view.setColumnHidden(COLUMNS.index(name), True)
        header = self.table.view.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(COLUMNS.index("Task"), QHeaderView.ResizeMode.Stretch)

    def _list(self) -> QWidget:
        panel = QWidget()
        panel.setProperty("role", "panel")
        panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QVBoxLayout(panel)
        layout.setContentsMargins(8, 10, 6, 8)
        layout.setSpacing(8)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.edit_card)
        return panel

    # ── life ───────────────────────────────────────────────────────────────────────────────────

    def enter(self) -> None:
        if self._review.episode is None and self._review.episodes:
            self._review.select(self._review.episodes[0].id)
        self.table.select(self._review.selected)

    def leave(self) -> None:
        if self._review.playing:
            self._review.toggle_play()

    def tick(self) -> None:
        self._inspecting.go_on()
        self.replay_card.show_state()

    # ── facts ──────────────────────────────────────────────────────────────────────────────────

    def _on_review_episodes_changed(self, episodes: list[EpisodeInfo]) -> None:
        self.table.set_episodes(episodes)

    def _on_review_opened(self, episode: Episode | None) -> None:
        if episode is not None and self._review.selected != self.table.selected:
            self.table.select(self._review.selected)

    def _on_table_episode_selected(self, episode_id: str) -> None:
        if episode_id != self._review.selected or self._review.episode is None:
            self._review.select(episode_id)

    def _on_inspecting_judged(self, episode_id: str) -> None:
        health = self._inspecting.health(episode_id)
        self.table.set_health(episode_id, health.weight if health else None)

    def _on_editing_field_wanted(self, field: str) -> None:
        if field == "filter":
            self.table.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.table.filter.selectAll()

    def _on_transferring_changed(self) -> None:
        if self._session.transferring.running and not self.transfer_card.isVisible():
            show_in(self.inspector, self.transfer_card)
