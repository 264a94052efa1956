"""A plan's depth reasoning as a surface in the 3D view, where a person asks for it.

Off at first. Knows which plan is on screen from whoever calls; fits no numbers itself.
"""

from __future__ import annotations

from devices.commands import PlanProposed
from recordings.types import F32, DepthTrace
from studio.session import Session
from widgets.arm_view import ArmView

NO_SCALE = "Not in 3D: too little of the table and the arm is known at its depth to find a scale."


class Belief:
    """``words`` say what is in the scene, or why nothing is."""

    def __init__(self, session: Session, arm: ArmView) -> None:
        self._session = session
        self._arm = arm
        self._shown = -1  # plan id
        self.wanted = False
        self.words = ""

    def set_wanted(self, wanted: bool) -> None:
        """Show the surface of this and later plans, or none."""
        self.wanted = wanted
        self.clear()

    def show(self, proposal: PlanProposed | None, q: F32) -> None:
        """Show what this plan's policy believed, with the arm at ``q`` (n,) rad; once per plan."""
        trace = proposal.plan.reasoning if proposal is not None else None
        if not self.wanted or proposal is None or trace is None or trace.relative_depth is None:
            self.clear()
        elif proposal.plan.id != self._shown:
            self._shown = proposal.plan.id
            self._show(trace, trace.relative_depth, q)

    def clear(self) -> None:
        """Take the surface away."""
        if self._shown >= 0:
            self._arm.set_surface(None)
        self._shown, self.words = -1, ""

    def _show(self, trace: DepthTrace, relative: F32, q: F32) -> None:
        camera = self._session.cell.bench.robot.cameras[0]  # depth is of the main picture
        frame = self._session.frames.get(camera.name)
        if frame is None:
            return
        found = self._session.space.depth_surface(
            camera.name, q, relative, frame.image, updated=trace.updated
        )
        self._arm.set_surface(None if found is None else (found.points, found.colors, found.joined))
        if found is None:
            self.words = NO_SCALE
        else:
            self.words = (
                "In 3D: the model's belief, not a measurement. Scaled by "
                f"{found.fit.inliers} points of table and arm, to {1e3 * found.fit.error_m:.0f} mm."
            )
