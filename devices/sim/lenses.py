"""How the simulated cameras map directions to pixels: exactly, from their field of view.

Reads the descriptions as text; does not load MuJoCo.
"""

from __future__ import annotations

import math
from xml.etree import ElementTree

from devices.description import robot_folder
from devices.sim.robot import CAMERAS, ROBOT
from recordings.bench_note import LensNote

_FILES = ("bench.xml", "robot.xml")


def sim_lenses(size: tuple[int, int]) -> dict[str, LensNote]:
    """Camera → its lens at pictures of ``size``, (width, height) px."""
    width, height = size
    found: dict[str, LensNote] = {}
    for name in _FILES:
        for camera in ElementTree.parse(robot_folder(ROBOT) / name).iter("camera"):
            if camera.get("name") in CAMERAS:
                upright_rad = math.radians(float(camera.get("fovy", "45")))
                focal = height / 2 / math.tan(upright_rad / 2)  # px, square pixels
                matrix = (focal, 0.0, width / 2, 0.0, focal, height / 2, 0.0, 0.0, 1.0)
                found[camera.get("name", "")] = LensNote(width, height, matrix)
    return found
