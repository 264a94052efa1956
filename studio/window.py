"""The main window: bar above, places at the left, the stage in cells, the timeline below.

Arranges and routes; decides nothing about the arm, holds no state but which page is in front.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from pathlib import Path

from PySide6.QtCore import QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from recordings.rig_status import RigPhase, RigStatus
from studio.actions import DESK, PAGES, action
from studio.desk.desk import Desk
from studio.desk.foot import Foot
from studio.desk.keys import Keys
from studio.desk.time_bar import TimeBar
from studio.pages.connect import ConnectPage
from studio.pages.page import Page, give_left_its_width
from studio.pages.review import ReviewPage
from studio.pages.run import RunPage
from studio.pages.stage import Stage
from studio.pages.teach import TeachPage
from studio.pages.train import TrainPage
from studio.session import Session
from widgets.cells import BOTTOM, RIGHT, Cells
from widgets.nav_rail import NavRail
from widgets.top_bar import TopBar

INSPECTOR_PX, INSPECTOR_LEAST_PX, CENTRE_LEAST_PX = 348, 312, 440
LOW_PX = 880  # a window lower than this shows the cameras beside each other
REPORTS_SHOWN = 4  # every fourth status (5 Hz) changes the numbers above: readable, and cheaper
STAGE_CELLS = ("cameras", "curves")


class Window(QMainWindow):
    """One window, five places."""

    painted = Signal()  # for the first time: what was put off may begin

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setWindowTitle("Foresight")
        self.resize(1500, 940)
        self.bar = TopBar()
        self.rail = NavRail()
        self.ground = QWidget(self)  # parents come first: a tree that moves is styled again
        self.below = QWidget(self.ground)  # panels may cover it; the bar stays free
        self.desk = Desk(session, self, self.below)
        self.toasts = self.desk.toasts
        self.stage = Stage(session)
        self.time_bar = TimeBar(session)
        self.pages: dict[str, Page] = {
            page.key: page
            for page in (
                ConnectPage(session, self.desk.steps, self.go, self.stage),
                TeachPage(session),
                ReviewPage(session, self.do),
                TrainPage(session, self.preview),
                RunPage(session, self.stage),
            )
        }
        self.page = PAGES[0]
        self._ticks, self._reports, self._painted = 0, 0, False
        self._arrange()
        self._keys = Keys(self, lambda: self.page, self.do)
        self._connect_facts()
        self.go(self.page)
        self._restore_layout()

    # ── layout ─────────────────────────────────────────────────────────────────────────────────

    def _arrange(self) -> None:
        self._splitter = QSplitter(Qt.Orientation.Horizontal, self.below, childrenCollapsible=False)
        self._left = QWidget(self._splitter)
        self._lefts = QStackedWidget(self._left)
        self._centres = QStackedWidget()
        self.cells = Cells(self._centres, parent=self._splitter)
        self._strips = QStackedWidget()
        self._inspectors = QStackedWidget()
        self._inspectors.setMinimumWidth(INSPECTOR_LEAST_PX)
        self._centres.setMinimumWidth(CENTRE_LEAST_PX)  # or the widest page's counts for all
        self._centres.addWidget(self.stage.view)
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
        self.cells.add("cameras", "Cameras", self.stage.cameras, RIGHT, closable=True)
        self.cells.add("inspector", "Inspector", self._inspectors, RIGHT, closable=False)
        self.cells.add("curves", "Joints", self.stage.curves, BOTTOM, closable=True)
        self._first_layout, _ = self.cells.layout_state()
        self._left.setProperty("role", "panel")
        self._left.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self._left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.desk.coach.card)
        column.addWidget(self._lefts, 1)
        self._splitter.addWidget(self._left)
        self._splitter.addWidget(self.cells)
        self._splitter.setStretchFactor(1, 1)
        self._put_together()

    def _put_together(self) -> None:
        foot = Foot(self.do, self._panel_entries, self)
        for item in foot.buttons:
            self.rail.add_bottom(item)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addWidget(self._splitter, 1)
        lower = QVBoxLayout(self.below)
        lower.setContentsMargins(0, 0, 0, 0)
        lower.setSpacing(0)
        lower.addLayout(middle, 1)
        lower.addWidget(self.time_bar.panel)
        self.toasts.foot_px = self.time_bar.panel.sizeHint().height()
        self.ground.setProperty("role", "page")
        rows = QVBoxLayout(self.ground)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.bar)
        rows.addWidget(self.below, 1)
        self.setCentralWidget(self.ground)

    def _panel_entries(self) -> list[QAction]:
        return self.cells.actions_to_show(STAGE_CELLS if self.pages[self.page].uses_stage else ())

    def reset_layout(self) -> None:
        """Put all panels where they were at first."""
        self.cells.restore_layout(self._first_layout, [])
        self._size_cells()
        self.go(self.page)

    def _size_cells(self) -> None:
        """Cameras as large as the window's height allows, the inspector below them."""
        grid_px = INSPECTOR_PX - 24
        columns = 2 if self.height() < LOW_PX else 1
        cameras_px = 40 + self.stage.grid.height_for(grid_px, columns=columns)
        right = [self.cells.cell(key) for key in ("cameras", "inspector")]
        self.cells.resizeDocks(
            right, [cameras_px, max(200, self.height() - cameras_px)], Qt.Orientation.Vertical
        )
        self.cells.resizeDocks(right[:1], [INSPECTOR_PX], Qt.Orientation.Horizontal)
        curves_px = round(0.26 * self.height())
        self.cells.resizeDocks([self.cells.cell("curves")], [curves_px], Qt.Orientation.Vertical)

    def _restore_layout(self) -> None:
        layout = QSettings(str(self.session.folders.layout), QSettings.Format.IniFormat)
        geometry, state = layout.value("geometry"), layout.value("cells")
        if geometry is not None:
            self.restoreGeometry(geometry)
        closed = layout.value("closed cells") or []
        self._fresh = state is None or not self.cells.restore_layout(state, list(closed))
        self.go(self.page)

    # ── pages ──────────────────────────────────────────────────────────────────────────────────

    def go(self, key: str) -> None:
        """Bring this page to the front."""
        if key != self.page:
            self.pages[self.page].leave()
        self.page = key
        page = self.pages[key]
        self.rail.set_current(key)
        self._left.setVisible(page.shows_left)
        give_left_its_width(self._splitter, page)
        self._strips.setVisible(page.strip is not None)
        for stack, panel in (
            (self._lefts, page.left),
            (self._strips, page.strip),
            (self._centres, page.centre or self.stage.view),
            (self._inspectors, page.inspector),
        ):
            if panel is not None:
                stack.setCurrentWidget(panel)
        self.cells.show_only(("inspector", *(STAGE_CELLS if page.uses_stage else ())))
        self._show_replay_or_live(replay=key == "review")
        self.desk.coach.set_page(key)
        page.enter()

    def _show_replay_or_live(self, *, replay: bool) -> None:
        for part in (self.stage, self.time_bar):
            (part.show_replay if replay else part.show_live)()
        word = "recorded" if replay else "measured and sent"
        self.cells.cell("curves").heading.setText(f"Joints · {word}")
        self.cells.cell("cameras").heading.setText("Cameras · recorded" if replay else "Cameras")

    def preview(self, run: Path) -> None:
        """Load the policy of ``run`` and look at what it plans."""
        self.session.running.choose(run)
        self.go("run")

    def do(self, key: str) -> None:
        """Carry out an action of the table."""
        entry = action(key)
        if key.startswith("go."):
            self.go(key.removeprefix("go."))
        elif key == "stop":
            self.bar.stop_button.press()
        else:
            owner = self.desk if entry.intent.startswith(DESK) else self.session
            intent: Callable[[], None] = attrgetter(entry.intent.removeprefix(DESK))(owner)
            intent()

    # ── facts ──────────────────────────────────────────────────────────────────────────────────

    def _connect_facts(self) -> None:
        session = self.session
        self.rail.placeSelected.connect(self.go)
        self.bar.stopRequested.connect(session.stop)
        self.bar.torqueReleaseRequested.connect(session.release_torque)
        self.bar.resumeRequested.connect(session.release_stop)
        session.statusChanged.connect(self._on_session_status_changed)
        session.ticked.connect(self._on_session_ticked)
        session.review.episodesChanged.connect(lambda _: self.pages["teach"].enter())
        session.preferencesChanged.connect(self._on_session_preferences_changed)

    def _on_session_preferences_changed(self, _: object) -> None:
        self._left.setVisible(self.pages[self.page].shows_left)

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
        self.painted.emit()
        if self._fresh:
            self._size_cells()
        self.session.load()
        self.stage.build()
        QTimer.singleShot(0, self, self.desk.sounds.prepare)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._keys.listen_to(self.windowHandle())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self.fill)

    def closeEvent(self, event: QCloseEvent) -> None:
        layout = QSettings(str(self.session.folders.layout), QSettings.Format.IniFormat)
        state, closed = self.cells.layout_state()
        layout.setValue("geometry", self.saveGeometry())
        layout.setValue("cells", state)
        layout.setValue("closed cells", closed)
        self.desk.close()
        self.session.close()
        super().closeEvent(event)
