"""How a plan looks in all views of the stage: ghost, trace and fan in 3D, trace in the pictures.

Draws arrays it is given, live or of a recording. Knows no proposal, no clock and no cursor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from recordings.types import F32
from studio.session import Session
from widgets.arm_view import ArmView
from widgets.camera_view import CameraView

if TYPE_CHECKING:  # heavy to import; whoever has one brings it
    from widgets.joint_plot import JointPlot


class PlanDrawing:
    """The views of one stage, as a plan sees them."""

    def __init__(
        self, session: Session, arm: ArmView, joints: JointPlot, views: dict[str, CameraView]
    ) -> None:
        self._session = session
        self.arm = arm
        self._joints = joints
        self._views = views

    def show_end(self, q: F32, sample_tips: F32 | None) -> None:
        """Ghost at the last row of ``q`` (h, n) rad, and the ways (k, h, 3) m of all samples."""
        self.arm.set_ghost(self._session.space.poses(q[-1]))
        self.arm.set_fan(sample_tips)

    def show_way(self, q: F32, tip: F32, *, committed: int, executing: int) -> None:
        """The trace (h, 3) m of ``q`` (h, n) rad in its three phases; of a pair, both traces."""
        robot = self._session.cell.bench.robot
        grips = [i for i, joint in enumerate(robot.joints) if joint.is_gripper]
        opening = q[:, grips].T
        if len(grips) > 1:
            tip = self._session.space.tip_paths(q)
            self.arm.set_trace(tip, committed=committed, executing=executing, gripper=opening)
            return
        gripper = opening[0] if grips else None
        self.arm.set_trace(tip, committed=committed, executing=executing, gripper=gripper)

    def show_pictures(
        self, q_now: npt.NDArray[np.float32], tip: F32, *, committed: int, executing: int
    ) -> None:
        """The trace in the pictures, taken while the arm was at ``q_now`` (n,) rad."""
        for camera in self._session.cell.bench.robot.cameras:
            points = self._session.space.project(
                camera.name, q_now, tip, size=(camera.width, camera.height)
            )
            self._views[camera.name].set_trace(points, committed, executing)

    def show_curves(self, start_s: float, q: F32, *, dt_s: float, whole: bool = False) -> None:
        """The joints ``q`` (h, n) rad, the first row ``start_s`` after now; ``whole``: past too."""
        self._joints.set_plan(start_s + np.arange(len(q)) * dt_s, q, whole=whole)

    def clear(self) -> None:
        """Take the plan away."""
        self.arm.set_ghost(None)
        self.arm.set_trace(None, committed=0, executing=0, gripper=None)
        self.arm.set_fan(None)
        self.arm.set_mark(None)
        self.arm.set_recorded_way(None)
        self._joints.set_plan(None, None)
        for view in self._views.values():
            view.set_trace(None, 0)
