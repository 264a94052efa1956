"""The main window: bar above, places at the left, the stage, the inspector, and what the keys do.

Arranges and routes; it decides nothing about the arm and holds no state but which page is in front.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import attrgetter
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSettings, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QKeyEvent,
    QKeySequence,
    QPaintEvent,
    QShortcut,
    QShowEvent,
    QWindow,
)
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QHBoxLayout,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QSplitter,
    QStackedWidget,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from recordings.types import RigPhase, RigStatus
from studio.actions import ACTIONS, PAGES, Action, action
from studio.pages.connect import ConnectPage
from studio.pages.page import Page, give_left_its_width
from studio.pages.review import ReviewPage
from studio.pages.run import RunPage
from studio.pages.stage import Stage
from studio.pages.teach import TeachPage
from studio.pages.train import TrainPage
from studio.session import Session
from widgets.nav_rail import NavRail
from widgets.toast import Toasts
from widgets.top_bar import TopBar

STOP_KEYS = (Qt.Key.Key_F12, Qt.Key.Key_Pause)
INSPECTOR_PX = 348
REPORTS_SHOWN = 4  # every fourth status (5 Hz) changes the numbers above: readable, and cheaper


class Window(QMainWindow):
    """One window, five places."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setWindowTitle("Foresight")
        self.resize(1500, 940)
        self.bar = TopBar()
        self.rail = NavRail()
        self.stage = Stage(session)
        self.pages: dict[str, Page] = {
            page.key: page
            for page in (
                ConnectPage(session, self.go),
                TeachPage(session),
                ReviewPage(session),
                TrainPage(session, self.preview),
                RunPage(session, self.stage),
            )
        }
        self.page = PAGES[0]
        self._ticks = 0
        self._reports = 0
        self._painted = False
        self._arrange()
        self._bind_keys()
        self._connect_facts()
        self.go(self.page)
        self._restore_layout()

    # ── layout ─────────────────────────────────────────────────────────────────────────────────

    def _arrange(self) -> None:
        self._lefts = QStackedWidget()
        self._strips = QStackedWidget()
        self._centres = QStackedWidget()
        self._inspectors = QStackedWidget()
        self._centres.addWidget(self.stage.centre)
        for page in self.pages.values():
            for stack, panel in (
                (self._lefts, page.left),
                (self._strips, page.strip),
                (self._centres, page.centre),
                (self._inspectors, page.inspector),
            ):
                if panel is not None:
                    stack.addWidget(panel)
        self.stage.strip_place.addWidget(self._strips)
        right = QWidget()
        right.setProperty("role", "panel")
        right.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        right.setMinimumWidth(INSPECTOR_PX)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.stage.cameras)
        column.addWidget(self._inspectors, 1)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        for panel in (self._lefts, self._centres, right):
            self._splitter.addWidget(panel)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([272, 2000, INSPECTOR_PX])
        self._splitter.setChildrenCollapsible(False)
        self._put_together()

    def _put_together(self) -> None:
        ground = QWidget()
        ground.setProperty("role", "page")
        rows = QVBoxLayout(ground)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.bar)
        below = QHBoxLayout()
        below.setSpacing(0)
        below.addWidget(self.rail)
        below.addWidget(self._splitter, 1)
        rows.addLayout(below, 1)
        self.setCentralWidget(ground)
        self.toasts = Toasts(ground)

    def _restore_layout(self) -> None:
        layout = QSettings("foresight", "window")
        geometry, splitter = layout.value("geometry"), layout.value("splitter")
        if geometry is not None:
            self.restoreGeometry(geometry)
        if splitter is not None:
            self._splitter.restoreState(splitter)

    # ── pages ──────────────────────────────────────────────────────────────────────────────────

    def go(self, key: str) -> None:
        """Bring this page to the front."""
        if key != self.page:
            self.pages[self.page].leave()
        self.page = key
        page = self.pages[key]
        self.rail.set_current(key)
        self._lefts.setVisible(page.left is not None)
        give_left_its_width(self._splitter, page.left_px)
        for stack, panel in (
            (self._lefts, page.left),
            (self._strips, page.strip),
            (self._centres, page.centre or self.stage.centre),
            (self._inspectors, page.inspector),
        ):
            if panel is not None:
                stack.setCurrentWidget(panel)
        self.stage.cameras.setVisible(page.uses_stage)
        if key == "review":
            self.stage.show_replay()
        else:
            self.stage.show_live()
        page.enter()

    def preview(self, run: Path) -> None:
        """Load the policy of ``run`` and look at what it plans."""
        self.session.running.choose(run)
        self.go("run")

    # ── keys ───────────────────────────────────────────────────────────────────────────────────

    def _bind_keys(self) -> None:
        """Everything but STOP is a shortcut of the window."""
        by_key: dict[str, list[Action]] = {}
        for entry in ACTIONS:
            for shortcut in entry.shortcuts if entry.key != "stop" else ():
                by_key.setdefault(shortcut, []).append(entry)
        for shortcut, entries in by_key.items():
            bound = QShortcut(QKeySequence(shortcut), self)
            bound.setAutoRepeat(False)
            bound.activated.connect(partial(self._on_key, entries))
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusWindowChanged.connect(self._on_app_focus_window_changed)

    def _on_app_focus_window_changed(self, focused: QWindow | None) -> None:
        """STOP is heard in every window of ours, dialogs included, before anybody else."""
        if focused is not None:
            focused.installEventFilter(self)

    def _on_key(self, entries: list[Action]) -> None:
        for entry in entries:
            if entry.pages and self.page not in entry.pages:
                continue
            if is_typing() and not entry.while_typing:
                continue
            self.do(entry.key)
            return
        if is_typing() or Qt.Key.Key_Tab.name[4:] in (s for e in entries for s in e.shortcuts):
            self.focusNextChild()

    def do(self, key: str) -> None:
        """Carry out an action of the table."""
        entry = action(key)
        if key.startswith("go."):
            self.go(key.removeprefix("go."))
        elif key == "stop":
            self.bar.stop_button.press()
        else:
            intent: Callable[[], None] = attrgetter(entry.intent)(self.session)
            intent()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
            if plain and event.key() in STOP_KEYS:
                if not event.isAutoRepeat():
                    self.do("stop")
                return True
        return super().eventFilter(watched, event)

    # ── facts ──────────────────────────────────────────────────────────────────────────────────

    def _connect_facts(self) -> None:
        session = self.session
        self.rail.placeSelected.connect(self.go)
        self.bar.stopRequested.connect(session.stop)
        self.bar.torqueReleaseRequested.connect(session.release_torque)
        self.bar.resumeRequested.connect(session.release_stop)
        session.statusChanged.connect(self._on_session_status_changed)
        session.noticed.connect(self.toasts.show)
        session.ticked.connect(self._on_session_ticked)
        session.review.episodesChanged.connect(lambda _: self.pages["teach"].enter())

    def _on_session_status_changed(self, status: RigStatus) -> None:
        self._show_authority(status)
        self._reports += 1
        if self._reports % REPORTS_SHOWN == 1:
            self._show_numbers(status)

    def _show_authority(self, status: RigStatus) -> None:
        fault = "its process is gone" if self.session.rig_gone else None
        if status.phase is RigPhase.FAULT and status.fault:
            fault = status.fault.message
        driver = "" if status.leader_is_person else status.leader
        self.bar.set_authority(
            status.authority, status.handing_over, fault, status.stopped, status.torque, driver
        )

    def _show_numbers(self, status: RigStatus) -> None:
        running = status.phase is RigPhase.READY and not self.session.rig_gone
        self.bar.set_loop(status.loop.hz if running else None, status.loop.p99_ms)
        self.bar.set_plan_age(status.plan_age_ms if status.active_plan >= 0 else None)
        self.bar.set_policy(self.session.running.policy)
        self.bar.set_task(self.session.teaching.task)

    def _on_session_ticked(self) -> None:
        self._ticks += 1
        page = self.pages[self.page]
        if page.uses_stage:
            self.stage.tick(arm_visible=True)
        if self._ticks % 2 == 0:
            page.tick()
            self.bar.set_recording(*self.session.recorded)

    # ── end ────────────────────────────────────────────────────────────────────────────────────

    def fill(self) -> None:
        """What may wait until the window is on screen."""
        self.session.load()
        self.stage.build()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._on_app_focus_window_changed(self.windowHandle())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.fill)

    def closeEvent(self, event: QCloseEvent) -> None:
        layout = QSettings("foresight", "window")
        layout.setValue("geometry", self.saveGeometry())
        layout.setValue("splitter", self._splitter.saveState())
        self.session.close()
        super().closeEvent(event)


def is_typing() -> bool:
    """Whether the focus is in a field that takes text."""
    focus = QApplication.focusWidget()
    return isinstance(focus, QLineEdit | QTextEdit | QPlainTextEdit | QAbstractSpinBox)
