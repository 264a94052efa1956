"""The open episode on the stage at its cursor: arm, things on the table, curves, pictures.

Draws what Review has; moves no cursor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recordings.types import F32
from studio.pages.asked_overlay import AskedOverlay
from studio.session import Session
from widgets.arm_view import ArmView
from widgets.camera_view import CameraView

if TYPE_CHECKING:
    from widgets.joint_plot import JointPlot

BEFORE, AFTER = 1000, 320  # recorded steps drawn on either side of the cursor (10 s and 3.2 s)


class Replay:
    """One moment of a recording in all views."""

    def __init__(
        self,
        session: Session,
        arm: ArmView,
        joints: JointPlot,
        views: dict[str, CameraView],
        asked: AskedOverlay,
    ) -> None:
        self._session = session
        self._arm = arm
        self._joints = joints
        self._views = views
        self.asked = asked

    def show(self, row: int) -> None:
        """Show this row of the open episode, and what a policy said about it."""
        review, space = self._session.review, self._session.space
        q: F32 = review.state[row]
        self._arm.set_measured(space.poses(q))
        scene = review.scene
        self._arm.set_objects(list(space.objects(scene)) if scene else [])
        near = slice(max(0, row - BEFORE), row + AFTER)
        t_s = np.asarray(review.t_s[near] - review.t_s[row], dtype=np.float64)
        self._joints.set_history(t_s, review.state[near], review.action[near], now_s=0.0)
        self._show_pictures()
        self.asked.show(float(review.t_s[row]), q)

    def show_none(self) -> None:
        """No episode is open."""
        self.asked.clear()
        for view in self._views.values():
            view.set_offline("Choose an episode to replay it")

    def _show_pictures(self) -> None:
        review = self._session.review
        known = review.episode.frame_index if review.episode else {}
        for name, view in self._views.items():
            image = review.image(name) if name in known else None
            if image is None:
                view.set_offline("No picture yet at this time")
            else:
                view.set_recorded(image)
