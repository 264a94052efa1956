"""The arm being measured in the 3D view: about as it stands, the joint to move lit.

Borrows the view of the stage and gives it back. Loads MuJoCo with the first pose, long after the
first paint.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from widgets.arm_view import ArmView
from widgets.palette import COLORS, rgb

if TYPE_CHECKING:  # loaded with the first pose
    from devices.calibration.guide import Guidance
    from devices.kinematics import Kinematics
    from devices.robot_shapes import LinkShape
    from devices.setup.messages import Measured


class PosedArm:
    """Draws one arm that is not the rig's."""

    def __init__(self, view: ArmView) -> None:
        self._view = view
        self._lit: tuple[str, str] | None = None  # robot and joint on screen

    @property
    def shown(self) -> bool:
        return self._lit is not None

    def show(self, measured: Measured) -> None:
        """Draw it as it stands now."""
        from devices.setup.makes import MAKES

        guidance, robot = measured.guidance, MAKES[measured.make].robot
        kinematics = kinematics_of(robot)
        lit = (robot, guidance.joint)
        if lit != self._lit:
            self._lit = lit
            self._view.set_shapes(lit_shapes(kinematics, guidance.joint))
            self._view.set_objects([])
            self._view.set_title(_title(measured.name, guidance))
            self._view.set_measured_word("about where it is, until it is measured")
        self._view.set_measured(kinematics.link_poses(guidance.q))

    def give_back(self) -> bool:
        """Forget it; True when the view must be drawn anew by whoever owns it."""
        was, self._lit = self._lit is not None, None
        return was


@lru_cache(maxsize=2)
def kinematics_of(robot: str) -> Kinematics:
    """Geometry of a robot; for the window's thread only."""
    from devices.kinematics import Kinematics

    return Kinematics.of(robot)


def lit_shapes(kinematics: Kinematics, joint: str) -> list[LinkShape]:
    """What the arm looks like, the link that ``joint`` turns in the colour of a person."""
    shapes = list(kinematics.shapes())
    if joint not in {spec.name for spec in kinematics.joints}:
        return shapes
    link, color = kinematics.link_of(joint), (*rgb(COLORS.human), 1.0)
    return [replace(s, rgba=color) if s.link == link else s for s in shapes]


def _title(name: str, guidance: Guidance) -> str:
    joint = guidance.joint.replace("_", " ")
    return f"Calibrating the {name}" + (f" · {joint}" if joint else "")
