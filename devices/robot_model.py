"""The MuJoCo model of the arms of a bench: one description as it is, or several side by side.

Several arms become one model, so that kinematics, shapes and distances treat them as one robot:
joints in the order of the arms, names with the arm's prefix, bases where the bench says. Knows no
bench and steps no physics.
"""

# pyright: reportAttributeAccessIssue=false
# (MuJoCo's compiled module carries no type information)

from __future__ import annotations

import math
from collections.abc import Sequence

import mujoco

from devices.description import Standing, robot_folder


def model_of(arms: Sequence[Standing]) -> mujoco.MjModel:
    """The arms as one model.

    Raises:
        UnknownRobot: no such description.
    """
    if len(arms) == 1:
        return mujoco.MjModel.from_xml_path(_path(arms[0]))
    both = mujoco.MjSpec()
    both.compiler.degree = False
    for arm in arms:
        half = arm.turn_rad / 2
        frame = both.worldbody.add_frame(
            pos=list(arm.place_m), quat=[math.cos(half), 0.0, 0.0, math.sin(half)]
        )
        one = mujoco.MjSpec.from_file(_path(arm))
        one.option = both.option  # of the physics, which nobody steps here
        both.attach(one, prefix=arm.prefix, frame=frame)
    return both.compile()


def _path(arm: Standing) -> str:
    return str(robot_folder(arm.robot) / "robot.xml")
