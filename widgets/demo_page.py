"""All views of the Run page together with made-up values: what the product should look like.

For people who work on widgets; the real page is composed in the studio.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from recordings.types import Authority, Autonomy, PlanCheck, PlanReport, Verdict
from widgets import demo, demo_scene
from widgets.arm_view import ArmView
from widgets.autonomy_picker import AutonomyPicker
from widgets.camera_view import CameraView
from widgets.card import Heading, button
from widgets.chunk_strip import ChunkStrip
from widgets.depth_view import DepthView
from widgets.joint_plot import JointPlot
from widgets.nav_rail import NavRail
from widgets.plan_view import PlanView
from widgets.top_bar import TopBar

CHECKS = (
    PlanCheck("Joint limits", Verdict.OK, 21, "wrist_flex", 0.314, 0.0, "rad"),
    PlanCheck("Speed", Verdict.OK, 4, "shoulder_pan", 1.23, 3.0, "rad/s"),
    PlanCheck("Start", Verdict.OK, 0, "elbow_flex", 0.004, 0.12, "rad"),
    PlanCheck("Table", Verdict.OK, 28, "jaw", 0.024, -0.01, "m"),
    PlanCheck("Itself", Verdict.OK, 28, "jaw and base", 0.013, -0.005, "m"),
    PlanCheck("Seen in your demos", Verdict.WARN, 22, "wrist_roll", 83.0, 90.0, "%"),
)


def page() -> QWidget:
    """The whole page."""
    top, rail = TopBar(), NavRail()
    top.set_authority(Authority.POLICY)
    top.set_task("put the red cube in the tray")
    top.set_policy("cube-tray · run 14")
    top.set_loop(100.0, 0.6)
    top.set_plan_age(84)
    top.set_recording("ep 37", 18)
    rail.set_current("run")
    result = QWidget()
    column = QVBoxLayout(result)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(1)
    below = QHBoxLayout()
    below.setSpacing(1)
    middle = QVBoxLayout()
    middle.setSpacing(1)
    upper = QHBoxLayout()
    upper.setSpacing(1)
    upper.addLayout(_center(), 1)
    upper.addWidget(_side())
    middle.addLayout(upper, 1)
    middle.addWidget(_bottom())
    below.addWidget(rail)
    below.addLayout(middle, 1)
    column.addWidget(top)
    column.addLayout(below, 1)
    return result


def _center() -> QVBoxLayout:
    plan = demo_scene.plan()
    view = ArmView()
    view.set_shapes(demo_scene.shapes())
    view.set_measured(demo_scene.link_poses(plan[8]))
    view.set_ghost(demo_scene.link_poses(plan[-1]))
    view.set_trace(demo_scene.tips(plan), 12, 10, plan[:, 5])
    view.set_fan(demo_scene.fan())
    view.set_objects(demo_scene.objects())
    view.set_title("Plan 212 · 30 steps · 3.0 s")
    strip = ChunkStrip()
    strip.set_progress(12, 10, 30, 8.0)
    foot = QWidget()
    foot.setProperty("role", "bar")
    row = QHBoxLayout(foot)
    row.setContentsMargins(14, 10, 14, 10)
    row.setSpacing(10)
    row.addWidget(button("Hold", icon="hold", key="Space"))
    row.addWidget(button("Take over", kind="primary", icon="hand", key="Tab"))
    row.addWidget(strip, 1)
    column = QVBoxLayout()
    column.setSpacing(0)
    column.addWidget(view, 1)
    column.addWidget(foot)
    return column


def _side() -> QWidget:
    side = QWidget()
    side.setProperty("role", "panel")
    side.setFixedWidth(330)
    column = QVBoxLayout(side)
    column.setContentsMargins(12, 12, 12, 12)
    column.setSpacing(10)
    column.addWidget(Heading("Cameras · plan projected"))
    for name, age in (("front", 21.0), ("wrist", 23.0)):
        camera = CameraView(name)
        camera.setFixedHeight(140)
        camera.set_frame(demo_scene.picture(), 30.0, age)
        camera.set_trace(demo_scene.picture_trace(), 12, 10)
        column.addWidget(camera)
    plan = PlanView()
    plan.set_plan(
        212, 30, 3.0, PlanReport(212, CHECKS), "Runs now. Refuse stops it.", waiting=False
    )
    picker = AutonomyPicker()
    picker.set_autonomy(Autonomy.VETO)
    column.addWidget(plan)
    column.addWidget(picker)
    column.addStretch(1)
    return side


def _bottom() -> QWidget:
    joints = JointPlot()
    joints.set_joints(demo_scene.JOINTS, demo_scene.IS_GRIPPER)
    t = np.linspace(-10, 0, 1000)
    plan = demo_scene.plan()
    q = plan[8] + 0.5 * (np.sin(0.5 * t[:, None] + np.arange(6)) - np.sin(np.arange(6)))
    q[:, 5] = np.clip(q[:, 5], 0, 1)
    joints.set_history(t, q, q)
    joints.set_plan(0.1 * np.arange(22), plan[8:])
    bottom = QWidget()
    bottom.setProperty("role", "panel")
    bottom.setFixedHeight(230)
    row = QHBoxLayout(bottom)
    row.setContentsMargins(14, 10, 14, 12)
    row.setSpacing(14)
    row.addWidget(joints, 3)
    row.addWidget(DepthView(), 1)
    return bottom


def main() -> None:
    """Show the page."""
    demo.show(page, size=(1440, 900), margin_px=0)


if __name__ == "__main__":
    main()
