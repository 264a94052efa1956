"""What surrounds the pages: help, search, preferences, sounds, first steps, errors, support.

Its public methods are the ``desk.`` intents of the action table. Panels are built when they are
first wanted, so the window opens without them. Decides nothing about the arm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QWidget

from studio.actions import action
from studio.desk.bundle_panel import BundlePanel
from studio.desk.coach import Coach
from studio.desk.command_list import commands
from studio.desk.compact_panel import CompactPanel
from studio.desk.export_panel import ExportPanel
from studio.desk.first_steps import FirstSteps
from studio.desk.help_pages import TOPICS, help_page, is_global
from studio.desk.import_panel import ImportPanel
from studio.desk.preferences_panel import PreferencesPanel
from studio.desk.sound_cues import SoundCues
from studio.desk.troubles import Troubles
from studio.session import Session
from studio.settings import Preferences
from studio.support_bundle import LoopHistory
from widgets import theme
from widgets.command_palette import CommandPalette
from widgets.details_view import DetailsView
from widgets.help_view import HelpView
from widgets.overlay import Overlay
from widgets.palette import COLORS
from widgets.sounds import Sounds
from widgets.toast import Toasts

P = TypeVar("P", bound=Overlay)


class Place(Protocol):
    """What the desk asks of its window."""

    page: str

    def go(self, key: str) -> None:
        """Bring a page to the front."""
        ...

    def do(self, key: str) -> None:
        """Carry out an action."""
        ...

    def reset_layout(self) -> None:
        """Put all panels where they were at first."""
        ...


class Desk(QObject):
    """One per window; ``host`` is the part of it that panels cover."""

    def __init__(self, session: Session, place: Place, host: QWidget) -> None:
        super().__init__(host)
        self._session = session
        self._place = place
        self._host = host
        self._panels: dict[type[Overlay], Overlay] = {}
        self.toasts = Toasts(host)
        self.troubles = Troubles(session)
        self.history = LoopHistory()
        self.steps = FirstSteps(session, self)
        self.coach = Coach(self.steps, place.go)
        self.sounds = Sounds(self)
        self.sounds.muted = not session.preferences.sounds
        SoundCues(session, self.sounds)
        self.toasts.detailsRequested.connect(self._show_details)
        session.noticed.connect(self.tell)
        session.statusChanged.connect(self.history.add)
        session.preferencesChanged.connect(self._on_session_preferences_changed)

    def close(self) -> None:
        self.troubles.close()

    def dismiss(self) -> None:
        """Close whatever panel is in front."""
        for panel in self._panels.values():
            panel.dismiss()

    # ── telling ────────────────────────────────────────────────────────────────────────────────

    def tell(self, text: str, level: str, details: str = "") -> None:
        """Show a message; behind one that tells of an error there are details."""
        if level != "danger":
            self.toasts.show(text, level)
            return
        trouble = self.troubles.add(text, details)
        self.toasts.show(trouble.sentence, level, details=trouble.details)

    def _show_details(self, sentence: str, details: str) -> None:
        view = self._panel(DetailsView, self._build_details)
        view.set_details(sentence, details)
        view.open()

    # ── intents ────────────────────────────────────────────────────────────────────────────────

    def show_help(self) -> None:
        self._show_topic(self._place.page)

    def find_action(self) -> None:
        palette = self._panel(CommandPalette, self._build_palette)
        palette.set_commands(commands(self._session, self._place.page))
        palette.open()

    def show_preferences(self) -> None:
        self._panel(PreferencesPanel, self._build_preferences).open()

    def save_support_bundle(self) -> None:
        self._panel(BundlePanel, self._build_bundle).open()

    def show_export(self) -> None:
        self._panel(ExportPanel, lambda: ExportPanel(self._session, parent=self._host)).open()

    def show_import(self) -> None:
        self._panel(ImportPanel, lambda: ImportPanel(self._session, parent=self._host)).open()

    def show_compact(self) -> None:
        self._panel(CompactPanel, lambda: CompactPanel(self._session, parent=self._host)).open()

    def switch_theme(self) -> None:
        self._session.prefer(theme="light" if COLORS.name == "dark" else "dark")

    def switch_sounds(self) -> None:
        on = not self._session.preferences.sounds
        self._session.prefer(sounds=on)
        known = "" if self.sounds.available else " This computer cannot play them: see Help."
        self.tell(f"Sounds are {'on' if on else 'off'}.{known if on else ''}", "info")

    def switch_first_steps(self) -> None:
        self._session.prefer(first_steps=not self._session.preferences.first_steps)

    def reset_layout(self) -> None:
        self._place.reset_layout()

    def open_data_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._session.folders.data)))

    def train(self) -> None:
        self._session.training.start(self._session.preferences.train_minutes)

    def demonstrate(self) -> None:
        self._session.teaching.demonstrate(self._session.preferences.demonstrations)

    def load_newest(self) -> None:
        """Load the newest run that has a checkpoint."""
        usable = [run for run in self._session.training.runs if run.usable]
        if usable:
            self._session.running.choose(usable[0].path)

    # ── inside ─────────────────────────────────────────────────────────────────────────────────

    def _on_palette_chosen(self, key: str) -> None:
        entry = action(key)
        if not is_global(entry) and self._place.page not in entry.pages:
            self._place.go(entry.pages[0])
            if entry.look_first:
                return
        self._place.do(key)

    def _on_session_preferences_changed(self, preferences: Preferences) -> None:
        self.sounds.muted = not preferences.sounds
        app = QApplication.instance()
        if preferences.theme != COLORS.name and isinstance(app, QApplication):
            theme.apply(app, preferences.theme)

    def _show_topic(self, topic: str) -> None:
        view = self._panel(HelpView, self._build_help)
        view.set_page(topic, help_page(topic))
        view.open()

    def _panel(self, kind: type[P], build: Callable[[], P]) -> P:
        panel = self._panels.get(kind)
        if not isinstance(panel, kind):
            panel = self._panels[kind] = build()
        return panel

    def _build_help(self) -> HelpView:
        view = HelpView(TOPICS, parent=self._host)
        view.topicRequested.connect(self._show_topic)
        return view

    def _build_palette(self) -> CommandPalette:
        palette = CommandPalette(parent=self._host)
        palette.chosen.connect(self._on_palette_chosen)
        return palette

    def _build_details(self) -> DetailsView:
        view = DetailsView(parent=self._host)
        view.bundleRequested.connect(self._on_details_bundle_requested)
        return view

    def _on_details_bundle_requested(self) -> None:
        self._panel(DetailsView, self._build_details).dismiss()
        self.save_support_bundle()

    def _build_preferences(self) -> PreferencesPanel:
        return PreferencesPanel(self._session, parent=self._host)

    def _build_bundle(self) -> BundlePanel:
        return BundlePanel(self._session, self.history, self.troubles, parent=self._host)
