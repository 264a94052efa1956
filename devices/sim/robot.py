"""Which robot the simulated bench presents: an SO-101 with a front and a wrist camera."""

from __future__ import annotations

from devices.description import joint_specs, robot_folder
from recordings.types import CameraSpec, RobotSpec

ROBOT = "so101"
CAMERAS = ("front", "wrist")
CONTROL_HZ = 100.0
HOME = (0.0, -0.60, 0.20, 1.35, 0.0, 0.05)  # rad: tip at about 0.2 m, 0.14 m above the table
CAMERA_FPS = 30.0


def sim_robot(
    *, camera_size: tuple[int, int] = (320, 240), camera_fps: float = CAMERA_FPS
) -> RobotSpec:
    """The robot of the simulated bench.

    Args:
        camera_size: (width, height) px of both pictures.
        camera_fps: pictures per second.
    """
    width, height = camera_size
    return RobotSpec(
        name=ROBOT,
        joints=joint_specs(robot_folder(ROBOT) / "robot.xml"),
        cameras=tuple(CameraSpec(c, width, height, camera_fps) for c in CAMERAS),
        control_hz=CONTROL_HZ,
    )
