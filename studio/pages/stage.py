"""The stage: 3D view, cameras and joint curves, shared by the pages that look at the arm.

Shows the bench live, or an episode at its cursor. Reads facts, asks for nothing. Draws only what is
on screen: cameras at the rate frames arrive, 3D and curves at half the tick.
"""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from devices.commands import SceneState
from recordings.types import Frame
from studio.pages.asked_overlay import AskedOverlay
from studio.pages.belief import Belief
from studio.pages.frame_rate import FrameRate
from studio.pages.page import framed
from studio.pages.plan_drawing import PlanDrawing
from studio.pages.plan_overlay import PlanOverlay
from studio.pages.posed_arm import PosedArm
from studio.pages.replay import Replay
from studio.session import Session
from widgets.arm_view import ArmView
from widgets.camera_grid import CameraGrid
from widgets.camera_view import CameraView

if TYPE_CHECKING:
    from devices.setup.messages import Measured
    from widgets.joint_plot import JointPlot

DRAWN = 4  # every fourth step is a point of the curves (25 Hz)
HISTORY = 1000  # control steps drawn (10 s at 100 Hz)


class Stage:
    """Three panels for the window: ``view`` (3D and controls), ``cameras`` and ``curves``."""

    def __init__(self, session: Session) -> None:
        self._session = session
        robot = session.cell.bench.robot
        self.arm = ArmView(later=True)
        self.views = {camera.name: CameraView(camera.name) for camera in robot.cameras}
        self.grid = CameraGrid(tuple(self.views.values()))
        self.cameras = framed(self.grid, (12, 4, 12, 4))
        self.curves = framed(None, (16, 2, 12, 6))
        self.belief = Belief(session, self.arm)
        self.strip_place = QVBoxLayout()
        self.view = self._view()
        self.rates = {name: FrameRate() for name in self.views}
        self.arm_rate = FrameRate()
        self._shown: dict[str, int] = {}
        self._scene: SceneState | None = None  # the one on screen
        self._built = False
        self._ticks = 0
        self.replaying = False
        self.posed = PosedArm(self.arm)
        session.review.cursorMoved.connect(self._on_cursor_moved)
        session.review.opened.connect(self._on_episode_opened)
        session.asking.changed.connect(self._on_asking_changed)

    # ── layout ─────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def joints(self) -> JointPlot:
        """The curves; the first use loads pyqtgraph, after the first paint."""
        from widgets.joint_plot import JointPlot

        robot = self._session.cell.bench.robot
        plot = JointPlot("")
        plot.set_joints(robot.joint_names, tuple(j.is_gripper for j in robot.joints))
        return plot

    @cached_property
    def overlay(self) -> PlanOverlay:
        """The plan in all views; needs the curves."""
        return PlanOverlay(self._session, self._drawing)

    @cached_property
    def replay(self) -> Replay:
        """A recorded moment in all views; needs the curves."""
        asked = AskedOverlay(self._session, self._drawing)
        return Replay(self._session, self.arm, self.joints, self.views, asked)

    @property
    def _drawing(self) -> PlanDrawing:
        return PlanDrawing(self._session, self.arm, self.joints, self.views)

    def _view(self) -> QWidget:
        view = QWidget()
        column = QVBoxLayout(view)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.arm, 1)
        self.strip_place.setContentsMargins(12, 6, 12, 10)
        column.addLayout(self.strip_place)
        return view

    def build(self) -> None:
        """What takes long to load, geometry and curves; after the first paint."""
        self.arm.build()
        self.arm.set_shapes(self._session.space.shapes)
        layout = self.curves.layout()
        assert layout is not None
        layout.addWidget(self.joints)
        self._built = True

    # ── live ───────────────────────────────────────────────────────────────────────────────────

    def show_live(self) -> None:
        """Show the bench as it is now."""
        if self.replaying:
            self.replay.asked.clear()
        self._scene = None
        self.replaying = False
        self._shown.clear()
        self.arm.set_title("")
        self.arm.set_measured_word("measured")

    def pose(self, measured: Measured) -> None:
        """Show an arm that is being measured instead of the bench's own."""
        if self._built and not self.replaying:
            self.overlay.clear()
            self.posed.show(measured)

    def unpose(self) -> None:
        """Show the bench's own arm again."""
        if self.posed.give_back():
            self.arm.set_shapes(self._session.space.shapes)
            self.show_live()

    def show_replay(self) -> None:
        """Show the open episode at its cursor."""
        self.replaying = True
        self.overlay.clear()
        self.belief.clear()
        self.arm.set_title("Replay")
        self.arm.set_measured_word("recorded")
        self._on_episode_opened(self._session.review.episode)

    def tick(self, *, arm_visible: bool) -> None:
        """Bring what is on screen up to date."""
        self._ticks += 1
        if self.replaying:
            return
        now_ns = time.monotonic_ns()
        for name, frame in self._session.frames.items():
            if self._shown.get(name) != frame.index:
                self._show_frame(name, frame, now_ns)
        if arm_visible and self._built and not self.posed.shown and self._ticks % 2 == 0:
            self._show_arm(now_ns, curves=self._ticks % 3 == 0)

    def _show_frame(self, name: str, frame: Frame, now_ns: int) -> None:
        self._shown[name] = frame.index
        self.rates[name].count(now_ns)
        self.views[name].set_frame(frame.image, self.rates[name].fps, (now_ns - frame.t_ns) / 1e6)

    def _show_arm(self, now_ns: int, *, curves: bool) -> None:
        session = self._session
        state = session.status.state
        steps = session.steps(HISTORY)
        if len(steps.t_ns):
            q = steps.state[-1]
            if curves:
                t_s = (steps.t_ns[::DRAWN] - now_ns) / 1e9
                self.joints.set_history(t_s, steps.state[::DRAWN], steps.action[::DRAWN])
        elif state is not None:
            q = state.q
        else:
            return
        self.arm.set_measured(session.space.poses(q))
        if session.cell.scene is not self._scene:
            self._scene = session.cell.scene
            self.arm.set_objects(list(session.space.objects(self._scene)) if self._scene else [])
        self.overlay.tick(q, now_ns)
        self.belief.show(self.overlay.proposal, q)
        self.arm_rate.count(now_ns)

    # ── replay ─────────────────────────────────────────────────────────────────────────────────

    def _on_episode_opened(self, episode: object) -> None:
        if not self.replaying:
            return
        if episode is None:
            self.replay.show_none()
        else:
            self._on_cursor_moved(self._session.review.row)

    def _on_cursor_moved(self, row: int) -> None:
        review = self._session.review
        if not self.replaying or review.episode is None or not self._built:
            return
        self.replay.show(row)

    def _on_asking_changed(self) -> None:
        """An answer has come, or the old one is gone; seconds that count on change nothing here."""
        if not self.replaying or not self._built:
            return
        if not self._session.asking.asking or self.replay.asked.visible:
            self._on_cursor_moved(self._session.review.row)
