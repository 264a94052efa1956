"""What a person wants of the tool, from a puck or a gamepad: directions, gripper and clutch. Pure.

Axes of the person: x to the right, y away, z up; turns are about the same axes. Which way that is
for the robot depends on where the person stands, which the leader knows. Knows no robot.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.inputs.gamepad import Pad
from devices.inputs.spacemouse import Puck

Axes = tuple[float, float, float]
NONE: Axes = (0.0, 0.0, 0.0)
DEAD_BAND = 0.05  # of full scale; a puck's zero wanders, a worn stick does not come back to its own
PAD_DEAD_BAND = 0.12

# Signs from raw axes (x right, y towards the person, z down) to the person's, as is common
# practice; a model that differs gets a row of its own here.
PUCK_LINEAR_SIGNS: Axes = (1.0, -1.0, -1.0)
PUCK_ANGULAR_SIGNS: Axes = (-1.0, -1.0, 1.0)  # pitch, roll, yaw


@dataclass(frozen=True, slots=True)
class Wish:
    """Fractions of full speed."""

    linear: Axes = NONE
    angular: Axes = NONE
    gripper: float = 0.0  # positive opens
    clutch: bool = True  # closed: the wish counts

    @property
    def is_still(self) -> bool:
        """Nothing is asked for; the clutch does not matter."""
        return not (any(self.linear) or any(self.angular) or self.gripper)


def from_puck(puck: Puck) -> Wish:
    """The cap moves the tool, the left button closes the gripper and the right one opens it.

    Both buttons together open the clutch: the cap can be touched without moving the arm.
    """
    left, right = 0 in puck.buttons, 1 in puck.buttons
    if left and right:
        return Wish(clutch=False)
    return Wish(
        _signed(puck.translation, PUCK_LINEAR_SIGNS),
        _signed(puck.rotation, PUCK_ANGULAR_SIGNS),
        gripper=float(right) - float(left),
    )


def from_pad(pad: Pad) -> Wish:
    """The right shoulder is the clutch: the sticks move the tool only while it is held.

    Left stick: sideways and away. Right stick: turn left or right and bend up or down; with the
    left shoulder held it goes up and down and rolls instead. Triggers: left opens, right closes.
    """
    x, y = (eased(v, PAD_DEAD_BAND) for v in pad.left)
    u, v = (eased(value, PAD_DEAD_BAND) for value in pad.right)
    lifting = "lb" in pad.buttons
    gripper = eased(pad.left_trigger, DEAD_BAND) - eased(pad.right_trigger, DEAD_BAND)
    linear = (x, y, v if lifting else 0.0)
    angular = (0.0, u, 0.0) if lifting else (v, 0.0, -u)
    return Wish(linear, angular, gripper, clutch="rb" in pad.buttons)


def eased(value: float, dead_band: float) -> float:
    """Nothing within the dead band, then from zero on with the square: fine near the middle."""
    size = max(0.0, abs(value) - dead_band) / (1.0 - dead_band)
    return size * size if value > 0 else -size * size


def _signed(axes: Axes, signs: Axes) -> Axes:
    x, y, z = (sign * eased(value, DEAD_BAND) for value, sign in zip(axes, signs, strict=True))
    return x, y, z
